//! Stages beside each other: limits, order, and the same bytes whatever the number of jobs.

use std::{num::NonZeroUsize, sync::atomic::Ordering, time::Duration};

use simvg_pipeline::{Error, Event, Outcome, Wait};

use crate::support::{Bench, files_of};

fn jobs(count: usize) -> Bench {
    let mut bench = Bench::new();
    bench.options.jobs = NonZeroUsize::new(count);
    bench
}

#[test]
fn jobs_run_at_the_same_time() {
    let stage = |tag: &str| format!(r#""{tag}": Probe(act: Meet, count: 3, tag: "{tag}")"#);
    jobs(3).expect(&["a", "b", "c"].map(stage).join(", "), "a:ran b:ran c:ran");
}

#[test]
fn stages_that_say_what_they_take_share_the_cpus_without_being_asked_to() {
    let mut bench = Bench::new();
    bench.options.resources.insert("cpus".to_owned(), 2);
    let both = r#""a": Probe(act: Meet, count: 2, resources: {"cpus": 1}),
        "b": Probe(act: Meet, count: 2, tag: "b", resources: {"cpus": 1})"#;
    bench.expect(both, "a:ran b:ran");
    let rest = r#""a": Probe(act: Alone), "b": Probe(act: Alone), "c": Probe(act: Alone, resources: {"cpus": 99})"#;
    bench.expect(rest, "a:ran b:hit c:hit");
}

#[test]
fn stages_that_share_a_resource_without_a_limit_run_one_by_one() {
    let stage = |id: &str, count: u32| format!(r#""{id}": Probe(act: Alone, count: {count}, resources: {{"gpu": 1}})"#);
    let stages: Vec<String> = (0..6).map(|at| stage(&format!("s{at}"), at)).collect();
    let bench = jobs(4);
    let summary = bench.run(&stages.join(", "));
    assert_eq!(summary.outcome, Outcome::Complete);
    let events = bench.events.0.lock().expect("no test panics here");
    let waits = |event: &&Event| matches!(event, Event::StageWaiting { wait: Wait::Resources { names }, .. } if names == &["gpu"]);
    assert_eq!(events.iter().filter(waits).count(), 5, "each that had to wait says so once");
}

#[test]
fn a_stage_that_does_not_fit_keeps_no_other_from_running() {
    let mut bench = jobs(2);
    bench.options.resources.insert("gpu".to_owned(), 1);
    let stages = r#""a": Probe(act: Meet, count: 2, resources: {"gpu": 1}), "b": Probe(act: Note, resources: {"gpu": 1}),
        "c": Probe(act: Meet, count: 2, tag: "c")"#;
    bench.expect(stages, "a:ran b:ran c:ran");
}

#[test]
fn a_slow_stage_keeps_no_chain_from_running() {
    let stages = r#""slow": Probe(act: Meet, count: 2), "a": Probe(act: Note), "b": Probe(act: Note, from: [Stage("a")]),
        "c": Probe(act: Meet, count: 2, from: [Stage("b")])"#;
    jobs(2).expect(stages, "slow:ran a:ran b:ran c:ran");
}

#[test]
fn too_low_a_limit_is_told_before_anything_runs() {
    let mut bench = Bench::new();
    bench.options.resources.insert("gpu".to_owned(), 1);
    let result = bench.try_run(r#""a": Probe(act: Note), "b": Probe(act: Note, resources: {"gpu": 2})"#);
    let Err(error @ Error::TooLittle { .. }) = result else { panic!("it fits") };
    assert!(error.to_string().contains("stage `b` takes 2 of `gpu`, the limit is 1"), "{error}");
    assert!(!bench.path().join("artifacts").exists());
}

#[test]
fn the_same_bytes_whatever_the_number_of_jobs() {
    let mut stages = String::new();
    for layer in 0..4 {
        for at in 0..5 {
            let from = format!(r#"[Stage("s{0}_{at}"), Stage("s{0}_{1}")]"#, layer - 1, (at + 1) % 5);
            let from = if layer == 0 { "[]" } else { from.as_str() };
            stages += &format!(r#""s{layer}_{at}": Write(text: "{at}", from: {from}), "#);
        }
    }
    let made: Vec<_> = [1, 2, 4]
        .map(|count| {
            let bench = jobs(count);
            bench.run(&stages);
            files_of(&bench.path().join("artifacts/store"))
        })
        .into();
    assert_eq!(made[0].iter().filter(|(path, _)| path.ends_with("text.txt")).count(), 20);
    assert!(made[0] == made[1] && made[1] == made[2]);
}

#[test]
fn one_job_keeps_the_order_of_the_file() {
    let bench = jobs(1);
    bench.run(r#""c": Probe(act: Note), "a": Probe(act: Note, from: [Stage("c")]), "b": Probe(act: Note, count: 2)"#);
    let events = bench.events.0.lock().expect("no test panics here");
    let started = events.iter().filter_map(|event| match event {
        Event::StageStarted { id, .. } => Some(id.as_str()),
        _ => None,
    });
    assert_eq!(started.collect::<Vec<_>>(), ["c", "a", "b"]);
}

#[test]
fn equal_stages_run_once() {
    let bench = jobs(2);
    let summary = bench.run(r#""a": Probe(act: Note), "b": Probe(act: Note)"#);
    let ran = summary.stages.iter().filter(|stage| stage.seconds > 0.0).count();
    assert_eq!((ran, summary.outcome), (1, Outcome::Complete));
}

#[test]
fn a_failure_lets_running_stages_end_and_starts_no_others() {
    let stages = r#""a": Write(text: "fail"), "b": Probe(act: Note), "c": Probe(act: Note, from: [Stage("b")])"#;
    let bench = jobs(2);
    let summary = bench.run(stages);
    assert_eq!(summary.outcome, Outcome::Failed);
    assert!(summary.stages[1].seconds > 0.0 && summary.stages[2].seconds == 0.0, "{summary:?}");
}

#[test]
fn all_running_stages_are_stopped() {
    let bench = jobs(2);
    let cancel = bench.options.cancel.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        cancel.store(true, Ordering::Relaxed);
    });
    let stages = r#""a": Probe(act: Wait), "b": Probe(act: Wait, count: 2), "c": Probe(act: Note)"#;
    assert_eq!(bench.expect(stages, "a:stopped b:stopped c:skipped").outcome, Outcome::Interrupted);
}
