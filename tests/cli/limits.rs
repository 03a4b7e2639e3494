//! `run`: which stages, how many at a time, and what they print.

use super::support::{Folder, TWO, assert_contains};

#[test]
fn limits_are_checked_before_anything_runs() {
    let stages = r#""a": Command(argv: ["true"], outputs: [], resources: {"gpu": 2})"#;
    let folder = Folder::with(&format!("Pipeline(name: \"g\", stages: {{{stages}}})"));
    let (_, stderr) = folder.expect("run p.ron --resources gpu=1", 2);
    assert_contains(&stderr, &["stage `a` takes 2 of `gpu`, the limit is 1", "--resources gpu=2"]);
    for wrong in ["--resources gpu", "--resources gpu=-1", "--jobs 0"] {
        folder.expect(&format!("run p.ron {wrong}"), 2);
    }
    assert_eq!(folder.run("--resources gpu=2,memory=20 --jobs 3", 0), "a:ran");
}

#[test]
fn parts_of_a_pipeline_and_whole_waves() {
    let folder = Folder::with(TWO);
    assert_eq!(folder.run("--from b", 0), "a:ran b:ran");
    assert_eq!(folder.run("--from a --target a --force", 0), "a:ran");
    assert_eq!(folder.run("--from a --force", 0), "a:ran b:hit");
    let planned = |options: &str| -> Vec<String> {
        let plan = &folder.json(&format!("plan p.ron {options}"), 0)[0];
        let stages = plan["stages"].as_array().expect("stages").iter();
        stages.map(|stage| format!("{}:{}", stage["id"], stage["state"]).replace('"', "")).collect()
    };
    assert_eq!(planned("--from a --force"), ["a:run", "b:may_run"]);
    assert_eq!(planned("--from b --force"), ["a:hit", "b:run"]);
    assert_eq!(planned("--from a --target a --force"), ["a:run"]);
    assert_eq!(planned("--from a --force --force-downstream"), ["a:run", "b:run"]);
    assert_eq!(folder.run("--from a --force --force-downstream", 0), "a:ran b:ran");
    folder.expect("plan p.ron --from c", 2);
    folder.expect("run p.ron --from c", 2);
}

#[test]
fn output_is_shown_on_demand() {
    let stages = r#""a": Command(argv: ["echo", "hello", "you"], outputs: [])"#;
    let folder = Folder::with(&format!("Pipeline(name: \"o\", stages: {{{stages}}})"));
    for _ in ["it runs", "it is a hit"] {
        assert_contains(&folder.expect("run p.ron --verbose", 0).1, &["a: hello you"]);
    }
    assert!(!folder.expect("run p.ron", 0).1.contains("hello"));
}
