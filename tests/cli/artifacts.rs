//! `artifacts`: what is listed, found, copied, verified and removed.

use std::path::PathBuf;

use super::support::{Folder, TWO, assert_contains};

/// A folder in which `p.ron` ran with two words, so that the results of the first are nobody's latest.
fn ran_twice() -> Folder {
    let folder = Folder::with(TWO);
    folder.run("", 0);
    folder.run("--set word=other", 0);
    folder
}

/// The folder of a stage's latest result.
fn entry(folder: &Folder, stage: &str) -> PathBuf {
    PathBuf::from(folder.expect(&format!("artifacts path p.ron {stage}"), 0).0.trim_end())
}

fn stored(folder: &Folder) -> usize {
    fs_err::read_dir(folder.path().join("artifacts/store")).map_or(0, Iterator::count)
}

#[test]
fn ls_shows_and_filters() {
    let folder = ran_twice();
    let (table, _) = folder.expect("artifacts ls", 0);
    assert_contains(&table, &["two/a", "Command", "latest", "4 results, "]);
    let lines = folder.json("artifacts ls two/b --sort size", 0);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines.iter().filter(|line| line["latest_of"][0] == "two/b").count(), 1);
    assert_contains(&Folder::with(TWO).expect("artifacts ls", 0).0, &["0 results"]);
}

#[test]
fn path_takes_a_pipeline_or_the_start_of_a_fingerprint() {
    let folder = ran_twice();
    let path = entry(&folder, "a");
    assert_eq!(fs_err::read_to_string(path.join("a.txt")).expect("a file"), "other\n");
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
    for words in ["two a", &name[..10], name] {
        assert_eq!(folder.expect(&format!("artifacts path {words}"), 0).0.trim_end(), path.display().to_string());
    }
}

#[test]
fn what_is_not_there_brings_suggestions() {
    let folder = ran_twice();
    let path = entry(&folder, "a");
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
    // The first two digits changed places.
    let typo = format!("{}{}{}", &name[1..2], &name[..1], &name[2..10]);
    if typo[..] != name[..10] {
        let (_, stderr) = folder.expect(&format!("artifacts path {typo}"), 1);
        assert_contains(&stderr, &[&format!("did you mean `{}`?", &name[..10])]);
    }
    assert_contains(&folder.expect("artifacts path p.ron c", 1).1, &["no stage `c` of `two`", "there is: a, b"]);
    assert_contains(&folder.expect("artifacts path tow a", 1).1, &["no pipeline called `tow`", "there is: two"]);
    let all = folder.expect("artifacts path p.ron", 1).1;
    assert_contains(&all, &["no result begins with `p.ron`"]);
}

#[test]
fn export_copies_and_checks() {
    let folder = ran_twice();
    folder.expect("artifacts export p.ron b --to out/copy", 0);
    assert_eq!(fs_err::read_to_string(folder.path().join("out/copy/b.txt")).expect("a copy"), "other\n");
    assert_contains(&folder.expect("artifacts export p.ron b --to out/copy", 1).1, &["out/copy exists already"]);
    fs_err::write(entry(&folder, "b").join("b.txt"), "OTHER\n").expect("damaged");
    assert_contains(&folder.expect("artifacts export p.ron b --to new", 1).1, &["damaged: b.txt has other bytes"]);
    assert!(!folder.path().join("new").exists());
    let left = fs_err::read_dir(folder.path().join("out")).expect("a folder").count();
    assert_eq!(left, 1, "a failed copy was left");
}

#[test]
fn verify_finds_every_kind_of_damage_and_repairs_it() {
    let folder = Folder::with(TWO);
    let damages: [fn(PathBuf); 5] = [
        |entry| fs_err::write(entry.join("a.txt"), "jello\n").expect("a flipped byte"),
        |entry| fs_err::write(entry.join("a.txt"), "hell").expect("a shorter file"),
        |entry| fs_err::remove_file(entry.join("a.txt")).expect("a file less"),
        |entry| fs_err::write(entry.join("b.txt"), "").expect("a file more"),
        |entry| fs_err::write(entry.join("manifest.json"), "{").expect("no manifest"),
    ];
    for damage in damages {
        folder.run("", 0);
        assert_contains(&folder.expect("artifacts verify", 0).0, &["2 results checked, 0 damaged"]);
        damage(entry(&folder, "a"));
        assert_contains(&folder.expect("artifacts verify", 1).0, &["damaged  ", "1 damaged", "--repair"]);
        let lines = folder.json("artifacts verify --repair", 0);
        assert_eq!((&lines[0]["checked"], &lines[0]["faults"][0]["removed"]), (&2.into(), &true.into()));
        assert_eq!(stored(&folder), 1);
        assert_eq!(folder.run("", 0), "a:ran b:hit");
    }
}

#[test]
fn gc_keeps_what_is_the_latest() {
    let folder = ran_twice();
    let (text, _) = folder.expect("artifacts gc --dry-run", 0);
    assert_contains(&text, &["two/a", "2 would be removed", "2 results stay"]);
    assert_eq!(stored(&folder), 4);
    let lines = folder.json("artifacts gc --older-than 1h", 0);
    assert_eq!((lines[0]["report"]["left"].as_u64(), stored(&folder)), (Some(4), 4));
    assert_contains(&folder.expect("artifacts gc --keep-size 1G", 0).0, &["0 removed"]);
    assert_contains(&folder.expect("artifacts gc", 0).0, &["2 removed"]);
    assert_eq!(folder.run("--set word=other", 0), "a:hit b:hit");
    assert_eq!(folder.run("", 0), "a:ran b:ran");
}

#[test]
fn gc_of_a_pipeline_drops_the_results_of_others() {
    let folder = Folder::with(TWO);
    folder.run("", 0);
    folder.put("q.ron", &TWO.replace("\"two\"", "\"other\"").replace("hello", "bye"));
    folder.expect("run q.ron --quiet", 0);
    folder.expect("artifacts gc q.ron", 0);
    assert_eq!(folder.run("", 0), "a:ran b:ran");
    folder.expect("artifacts gc --even-latest", 2);
    folder.expect("artifacts gc --even-latest --keep-size 0", 0);
    assert_eq!(stored(&folder), 0);
}

#[test]
fn gc_spares_what_a_running_process_uses() {
    let slow = r#"Pipeline(name: "slow", stages: {
        "a": Command(argv: ["sh", "-c", "echo > a.txt"], outputs: ["a.txt"]),
        "b": Command(argv: ["sleep", "60"], inputs: {"a": Stage("a")}, outputs: []),
    })"#;
    let folder = Folder::with(slow);
    folder.run("--target a", 0);
    let mut child = folder.command().args(["run", "p.ron", "--quiet"]).spawn().expect("it starts");
    let work = folder.path().join("artifacts/work");
    let is_working = || fs_err::read_dir(&work).is_ok_and(|files| files.flatten().any(|file| file.path().is_dir()));
    while !is_working() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let (text, _) = folder.expect("artifacts gc --even-latest --older-than 0s", 0);
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert_contains(&text, &["in use by a running process", "1 result stay"]);
    assert_eq!(stored(&folder), 1);
    // The kernel has taken the locks back.
    let (text, _) = folder.expect("artifacts gc --even-latest --older-than 0s", 0);
    assert_contains(&text, &["state of a stage that was stopped", "2 removed"]);
    assert_eq!((stored(&folder), is_working()), (0, false));
}

#[test]
fn wrong_limits_are_wrong_usage() {
    let folder = Folder::with(TWO);
    assert_contains(&folder.expect("artifacts gc --older-than 30", 2).1, &["it needs a unit"]);
    assert_contains(&folder.expect("artifacts gc --keep-size lots", 2).1, &["must begin with a number"]);
}
