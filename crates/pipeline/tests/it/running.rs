//! What the runner does with failures, missing inputs, targets, and what it tells about them.

use std::sync::atomic::Ordering;

use simvg_pipeline::{Error, Event, Outcome};

use crate::support::Bench;

const FAILING: &str = r#""a": Write(text: "fail"), "b": Write(text: "y", one: Stage("a")), "c": Write(text: "z")"#;

#[test]
fn a_failure_skips_what_needs_it_and_stops_the_rest() {
    let bench = Bench::new();
    assert_eq!(bench.expect(FAILING, "a:failed b:skipped c:skipped").outcome, Outcome::Failed);
}

#[test]
fn keep_going_runs_what_does_not_need_it() {
    let mut bench = Bench::new();
    bench.options.keep_going = true;
    bench.expect(FAILING, "a:failed b:skipped c:ran");
}

#[test]
fn a_panic_is_the_failure_of_its_stage() {
    let mut bench = Bench::new();
    bench.options.keep_going = true;
    bench.expect(r#""a": Write(text: "panic"), "c": Write(text: "z")"#, "a:failed c:ran");
}

#[test]
fn missing_raw_inputs_are_listed_before_anything_runs() {
    let bench = Bench::new();
    let stages =
        r#""a": Write(text: "x"), "b": Write(text: "x", raw: "no.txt"), "c": Write(text: "x", raw: "non.txt")"#;
    let Err(Error::MissingInputs(missing)) = bench.try_run(stages) else { panic!("nothing missing") };
    let shown = missing.to_string();
    for part in ["2 inputs are missing", "no.txt", "non.txt", "the raw of a test, for stage `b`", "make it by hand"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert!(!bench.path().join("artifacts").exists());
}

#[test]
fn targets_bring_what_they_need_and_nothing_else() {
    let mut bench = Bench::new();
    let stages = r#""a": Write(text: "x"), "b": Write(text: "y", one: Stage("a")), "c": Write(text: "z")"#;
    bench.options.targets = vec!["b".to_owned()];
    bench.expect(stages, "a:ran b:ran");
    bench.options.targets = vec!["bb".to_owned()];
    assert!(matches!(bench.try_run(stages), Err(Error::UnknownStage { .. })));
}

#[test]
fn a_stopped_run_says_so() {
    let bench = Bench::new();
    bench.options.cancel.store(true, Ordering::Relaxed);
    assert_eq!(bench.expect(FAILING, "a:skipped b:skipped c:skipped").outcome, Outcome::Interrupted);
}

#[test]
fn events_tell_the_story() {
    let bench = Bench::new();
    bench.run(r#""a": Write(text: "x")"#);
    let events = bench.events.0.lock().expect("no test panics here");
    let names: Vec<String> = events
        .iter()
        .map(|event| serde_json::to_value(event).expect("JSON")["event"].as_str().expect("a name").to_owned())
        .collect();
    assert_eq!(names, ["run_started", "stage_started", "stage_progress", "stage_finished", "run_finished"]);
    let Some(Event::RunFinished { outcome, stages, .. }) = events.last() else { panic!("no end") };
    assert_eq!((*outcome, stages.len()), (Outcome::Complete, 1));
    let logs = fs_err::read_dir(bench.path().join("artifacts/runs")).expect("runs").count();
    assert_eq!(logs, 1);
}

#[test]
fn two_runners_share_the_work() {
    let bench = Bench::new();
    let stages = r#""a": Command(argv: ["sh", "-c", "echo >> {in:tally}; sleep 0.3; echo x > x"], outputs: ["x"],
        inputs: {"tally": "folder"})"#;
    let stages = stages.replace("{in:tally}", &bench.path().join("tally").display().to_string());
    let stages = stages.replace("{\"tally\": \"folder\"}", "{}");
    let (pipeline, store) = (bench.load(&stages), bench.store());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| simvg_pipeline::run(&pipeline, &store, bench.path(), &bench.options, bench.events.clone()));
        }
    });
    assert_eq!(fs_err::read_to_string(bench.path().join("tally")).expect("a tally"), "\n");
}
