//! What runs leave behind about themselves.

use simvg_pipeline::{RunState, Status};

use crate::support::Bench;

const TWO: &str = r#""a": Write(text: "x"), "b": Write(text: "fail", one: Stage("a"))"#;

#[test]
fn a_record_tells_what_was_asked_and_what_happened() {
    let mut bench = Bench::new();
    bench.options.command = vec!["prog".to_owned(), "run".to_owned()];
    bench.expect(TWO, "a:ran b:failed");
    let runs = bench.store().runs().expect("the records");
    let [run] = runs.as_slice() else { panic!("{runs:?}") };
    assert_eq!((run.state, run.id.len(), run.header.command.len()), (RunState::Failed, 8, 2));
    let [a, b] = ["a", "b"].map(|id| run.stage(id).expect("a stage"));
    assert_eq!((a.result.status, b.result.status), (Status::Ran, Status::Failed));
    assert!(a.result.fingerprint.is_some() && b.error.as_ref().is_some_and(|error| error.contains("asked to fail")));
}

#[test]
fn runs_come_in_order_and_keep_their_ids() {
    let bench = Bench::new();
    let none = bench.store().runs().expect("no folder is no error");
    assert!(none.is_empty());
    for _ in 0..3 {
        bench.run(r#""a": Write(text: "x")"#);
    }
    let ids = || -> Vec<String> { bench.store().runs().expect("records").into_iter().map(|run| run.id).collect() };
    assert_eq!(ids().len(), 3);
    assert_eq!(ids(), ids());
}

#[test]
fn a_run_without_an_end_died_and_a_cut_line_is_no_harm() {
    let bench = Bench::new();
    bench.run(r#""a": Write(text: "x")"#);
    let run = bench.store().runs().expect("records").remove(0);
    let events = run.folder.join("events.jsonl");
    let text = fs_err::read_to_string(&events).expect("events");
    let end = text.find("\"run_finished\"").expect("an end") + 3;
    fs_err::write(&events, &text[..end]).expect("writable");
    let run = bench.store().runs().expect("records").remove(0);
    assert_eq!((run.state, run.stages.len()), (RunState::Died, 1));
}
