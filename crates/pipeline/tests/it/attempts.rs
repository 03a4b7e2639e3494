//! Retries, time-outs, and inputs that are edited while a stage runs.

use simvg_pipeline::{Event, Outcome};

use crate::support::Bench;

#[test]
fn a_stage_is_tried_again_and_keeps_its_work_folder() {
    let bench = Bench::new();
    bench.expect(r#""a": Probe(act: Stumble, count: 1, retries: 2)"#, "a:ran");
    let events = bench.events.0.lock().expect("no test panics here");
    let attempts: Vec<u32> = events
        .iter()
        .filter_map(|event| match event {
            Event::StageStarted { attempt, .. } => Some(*attempt),
            _ => None,
        })
        .collect();
    assert_eq!(attempts, [1, 2]);
    let retry = events.iter().find(|event| matches!(event, Event::StageRetry { .. })).expect("a retry");
    let retry = serde_json::to_value(retry).expect("JSON");
    assert_eq!((&retry["attempt"], &retry["pause"]), (&1.into(), &1.0.into()));
    assert!(retry["error"].as_str().expect("text").contains("stumbled"));
}

#[test]
fn other_stages_run_during_the_pause() {
    let bench = Bench::new();
    bench.expect(r#""a": Probe(act: Stumble, count: 1, retries: 1), "b": Probe(act: Note)"#, "a:ran b:ran");
    let events = bench.events.0.lock().expect("no test panics here");
    let finished = events.iter().find_map(|event| match event {
        Event::StageFinished { result, .. } => Some(result.id.as_str()),
        _ => None,
    });
    assert_eq!(finished, Some("b"));
}

#[test]
fn the_last_attempt_is_the_failure() {
    let bench = Bench::new();
    bench.expect(r#""a": Probe(act: Stumble, count: 5, retries: 1)"#, "a:failed");
    bench.expect(r#""a": Probe(act: Stumble, count: 5)"#, "a:failed");
}

#[test]
fn a_stage_that_takes_too_long_is_stopped() {
    let bench = Bench::new();
    let summary = bench.expect(r#""a": Probe(act: Wait, timeout: 0.05)"#, "a:failed");
    assert_eq!(summary.outcome, Outcome::Failed);
    let events = bench.events.0.lock().expect("no test panics here");
    let last = events.iter().find(|event| matches!(event, Event::StageFinished { .. })).expect("an end");
    let last = serde_json::to_value(last).expect("JSON");
    assert_eq!(last["timed_out"], true);
    assert!(last["error"].as_str().expect("text").contains("longer than its `timeout` of 0.05 s: stopped"), "{last}");
}

#[test]
fn an_input_edited_during_the_run_spoils_no_result() {
    let bench = Bench::new();
    bench.put("raw.txt", "first");
    let stages = r#""a": Probe(act: Edit, raw: "raw.txt")"#;
    bench.expect(stages, "a:failed");
    let events = bench.events.0.lock().expect("no test panics here");
    let told = |event: &Event| matches!(event, Event::StageFinished { error: Some(error), .. } if error.contains("`raw` was changed while"));
    assert!(events.iter().any(told));
    drop(events);
    bench.expect(stages, "a:ran");
    bench.put("raw.txt", "first");
    bench.expect(stages, "a:failed");
}

#[test]
fn terms_are_not_in_the_fingerprint() {
    let bench = Bench::new();
    bench.expect(r#""a": Probe(act: Note)"#, "a:ran");
    bench.expect(r#""a": Probe(act: Note, retries: 3, timeout: 9.5, resources: {"gpu": 1})"#, "a:hit");
}
