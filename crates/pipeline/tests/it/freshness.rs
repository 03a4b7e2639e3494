//! One test per reason to run a stage again, or not to.

use simvg_pipeline::{Reason, State};

use crate::support::Bench;

const TWO: &str = r#""a": Write(text: "x"), "b": Write(text: "y", one: Stage("a"))"#;

#[test]
fn a_second_run_does_nothing() {
    let bench = Bench::new();
    bench.expect(TWO, "a:ran b:ran");
    bench.expect(TWO, "a:hit b:hit");
    assert_eq!(bench.read("b", "text.txt"), "xy");
}

#[test]
fn a_plan_after_a_run_is_empty() {
    let bench = Bench::new();
    bench.run(TWO);
    assert!(bench.plan(TWO).stages.iter().all(|step| step.state == State::Hit && step.why == Reason::UpToDate));
}

#[test]
fn a_changed_field_runs_the_stage_and_what_follows() {
    let bench = Bench::new();
    bench.run(TWO);
    bench.expect(&TWO.replace("\"x\"", "\"z\""), "a:ran b:ran");
    bench.expect(&TWO.replace("\"y\"", "\"z\""), "a:hit b:ran");
}

#[test]
fn an_input_that_gives_the_same_bytes_ends_the_wave() {
    let bench = Bench::new();
    bench.run(TWO);
    bench.expect(&TWO.replace("\"x\"", "\"x\", count: 2"), "a:ran b:hit");
}

#[test]
fn what_cannot_change_the_result_runs_nothing() {
    let bench = Bench::new();
    bench.run(TWO);
    for same in [
        "text: \"x\", threads: 8",
        "count: 1, text: \"x\"",
        "text: /* new */ \"x\"",
        "text: \"x\", extra: (verbose: true)",
    ] {
        bench.expect(&TWO.replace("text: \"x\"", same), "a:hit b:hit");
    }
    bench.expect(&TWO.replace("text: \"x\"", "text: \"x\", extra: (depth: 3)"), "a:ran b:hit");
}

#[test]
fn an_older_result_is_found_again() {
    let bench = Bench::new();
    bench.run(TWO);
    bench.run(&TWO.replace("\"x\"", "\"z\""));
    bench.expect(TWO, "a:hit b:hit");
    assert_eq!(bench.read("b", "text.txt"), "xy");
}

#[test]
fn a_raw_file_counts_by_its_content() {
    let bench = Bench::new();
    let stages = r#""a": Write(text: "x", raw: "raw.txt")"#;
    bench.put("raw.txt", "one");
    bench.expect(stages, "a:ran");
    bench.put("raw.txt", "one");
    bench.expect(stages, "a:hit");
    bench.put("raw.txt", "two");
    bench.expect(stages, "a:ran");
    bench.put("moved.txt", "two");
    bench.expect(&stages.replace("raw.txt", "moved.txt"), "a:hit");
}

#[test]
fn a_listed_folder_counts_by_names_and_sizes() {
    let bench = Bench::new();
    let stages = r#""a": Write(text: "x", folder: "pictures")"#;
    fs_err::create_dir(bench.path().join("pictures")).expect("a folder");
    bench.put("pictures/1.jpg", "one");
    bench.expect(stages, "a:ran");
    bench.put("pictures/1.jpg", "two");
    bench.expect(stages, "a:hit");
    bench.put("pictures/2.jpg", "two");
    bench.expect(stages, "a:ran");
}

#[test]
fn force_runs_what_is_named() {
    let mut bench = Bench::new();
    bench.run(TWO);
    bench.options.force = true;
    bench.expect(TWO, "a:ran b:ran");
    bench.options.targets = vec!["b".to_owned()];
    bench.expect(TWO, "a:hit b:ran");
}

#[test]
fn a_plan_tells_the_fields_that_changed() {
    let bench = Bench::new();
    assert!(bench.plan(TWO).stages.iter().any(|step| step.why == Reason::NeverRan && step.state == State::Run));
    bench.run(TWO);
    let plan = bench.plan(&TWO.replace("\"x\"", "\"z\", count: 3"));
    assert_eq!(plan.stages[0].why.to_string(), "changed: params.count 1 -> 3; params.text \"x\" -> \"z\"");
    assert_eq!(plan.stages[1].state, State::MayRun);
    assert_eq!(plan.stages[1].why, Reason::Upstream { stages: vec!["a".to_owned()] });
    let json = serde_json::to_value(&plan).expect("JSON");
    assert_eq!(json["stages"][0]["why"]["reason"], "changed");
    assert_eq!(json["stages"][0]["why"]["changes"][0]["field"], "params.count");
}

#[test]
fn a_plan_shows_missing_raw_inputs() {
    let bench = Bench::new();
    let plan = bench.plan(r#""a": Write(text: "x", raw: "raw.txt")"#);
    assert_eq!(plan.stages[0].state, State::Blocked);
    assert_eq!(plan.stages[0].why.to_string(), "missing: raw.txt");
}

#[test]
fn a_plan_tells_the_raw_files_that_changed() {
    let bench = Bench::new();
    fs_err::create_dir(bench.path().join("in")).expect("a folder");
    for name in ["in/a", "in/b", "in/c"] {
        bench.put(name, name);
    }
    bench.put("one", "1");
    let stages = r#""s": Write(text: "x", raw: "one", folder: "in")"#;
    bench.run(stages);
    bench.put("one", "2");
    bench.put("in/a", "longer than before");
    fs_err::remove_file(bench.path().join("in/b")).expect("it is there");
    bench.put("in/d", "new");
    let Reason::Changed { changes } = &bench.plan(stages).stages[0].why else { panic!("unchanged") };
    let files: Vec<String> = changes.iter().flat_map(|change| &change.files).map(ToString::to_string).collect();
    assert_eq!(files, ["in/a has other content", "in/b is gone", "in/d is new", "one has other content"]);
}
