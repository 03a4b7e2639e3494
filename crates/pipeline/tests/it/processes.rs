//! What a Command starts ends with it, and what it may see.

use std::{path::PathBuf, sync::atomic::Ordering, time::Duration};

use simvg_pipeline::{Event, Outcome};

use crate::support::{Bench, check};

/// A file that a process keeps writing to as long as it lives.
struct Beat(PathBuf);

impl Beat {
    fn new(bench: &Bench) -> Self {
        Self(bench.path().join("beat"))
    }

    /// A script that starts such a process, with `how` in front of it, and waits for its first sign of life.
    fn script(&self, how: &str) -> String {
        let beat = self.0.display();
        format!(
            "{how} sh -c 'while true; do echo >> {beat}; sleep 0.02; done' & until [ -s {beat} ]; do sleep 0.01; done;"
        )
    }

    #[track_caller]
    fn assert_still(&self) {
        let length = || fs_err::metadata(&self.0).expect("it has begun").len();
        let before = length();
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(before, length(), "it is still writing");
    }
}

fn sh(script: &str, rest: &str) -> String {
    format!(r#""a": Command(argv: ["sh", "-c", "{script}"], {rest})"#)
}

#[test]
fn a_timeout_ends_those_that_left_group_and_session() {
    let bench = Bench::new();
    let beat = Beat::new(&bench);
    let stages = sh(&format!("{} sleep 100", beat.script("setsid")), "outputs: [], timeout: 1");
    bench.expect(&stages, "a:failed");
    beat.assert_still();
    let events = bench.events.0.lock().expect("no test panics here");
    assert!(events.iter().any(|event| matches!(event, Event::StageFinished { timed_out: true, .. })));
}

#[test]
fn a_failure_ends_those_that_left_group_and_session() {
    let bench = Bench::new();
    let beat = Beat::new(&bench);
    bench.expect(&sh(&format!("{} exit 3", beat.script("setsid")), "outputs: []"), "a:failed");
    beat.assert_still();
}

#[test]
fn success_ends_what_runs_in_the_background() {
    let bench = Bench::new();
    let beat = Beat::new(&bench);
    bench.expect(&sh(&beat.script(""), "outputs: []"), "a:ran");
    beat.assert_still();
    for rest in ["", "sleep 0.3"] {
        bench.expect(&sh(&format!("{} {rest}", beat.script("setsid")), "outputs: []"), "a:ran");
        beat.assert_still();
    }
}

#[test]
fn a_program_that_is_stopped_may_tidy_up() {
    let bench = Bench::new();
    let beat = Beat::new(&bench);
    let (path, cancel) = (beat.0.clone(), bench.options.cancel.clone());
    std::thread::spawn(move || {
        while !path.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        cancel.store(true, Ordering::Relaxed);
    });
    let saved = bench.path().join("saved");
    let script = format!("trap 'echo > {}; exit 0' TERM; {} wait", saved.display(), beat.script(""));
    assert_eq!(bench.expect(&sh(&script, "outputs: []"), "a:stopped").outcome, Outcome::Interrupted);
    assert!(saved.exists(), "it was not asked to end");
    beat.assert_still();
}

#[test]
fn leftovers_of_a_dead_runner_end_before_the_next_attempt() {
    let bench = Bench::new();
    let beat = Beat::new(&bench);
    let stages = sh("exit 3", "outputs: []");
    let fingerprint = bench.run(&stages).stages[0].fingerprint.clone().expect("a fingerprint");
    let work = bench.path().join("artifacts/work").join(&fingerprint);
    let mark = (format!("SIMVG_PIPE_WORK_{fingerprint}"), fs_err::canonicalize(work).expect("a work folder"));
    let mut stray = std::process::Command::new("sh");
    let mut stray = stray.args(["-c", &beat.script("setsid")]).envs([mark]).spawn().expect("sh starts");
    stray.wait().expect("it ends");
    bench.run(&stages);
    beat.assert_still();
}

#[test]
fn a_program_sees_the_declared_environment_and_a_documented_minimum() {
    let bench = Bench::new();
    let fields = r#"outputs: [], env: {"ONE": "1"}, stdout: "env""#;
    bench.expect(&format!(r#""a": Command(argv: ["env"], {fields})"#), "a:ran");
    let seen = bench.read("a", "env");
    for variable in seen.lines().filter_map(|line| line.split('=').next()) {
        let known = ["PATH", "HOME", "TMPDIR", "LANG", "ONE"].contains(&variable);
        assert!(known || variable.starts_with("SIMVG_PIPE_WORK_"), "{variable}");
    }
    assert!(seen.contains("ONE=1\n"), "{seen}");
}

#[test]
fn standard_output_can_be_an_output() {
    let bench = Bench::new();
    let fields = r#"outputs: ["b"], stdout: "deep/a.txt""#;
    bench.expect(&sh("echo result; echo note >&2; echo > b", fields), "a:ran");
    assert_eq!((bench.read("a", "deep/a.txt"), bench.read("a", "log.txt")), ("result\n".into(), "note\n".into()));
    let Err(mistakes) = check(r#""a": Command(argv: ["x"], outputs: [], stdout: "log.txt")"#) else { panic!("fine") };
    assert!(mistakes.list[0].message.contains("`log.txt` is for what the program tells people"));
}

#[test]
fn a_sandbox_holds_the_declared_inputs_only() {
    let bench = Bench::new();
    bench.put("raw.txt", "raw");
    let first = r#""first": Write(text: "x")"#;
    let script =
        "touch files; find . | sort > files; cat {in:raw} {in:first}/text.txt > {out}/both; echo > scrap; echo told";
    let fields = r#"inputs: {"raw": "raw.txt", "first": Stage("first")}, outputs: ["files", "both"], sandbox: true"#;
    bench.expect(&format!("{first}, {}", sh(script, fields)), "first:ran a:ran");
    assert_eq!(bench.read("a", "files"), ".\n./files\n./in\n./in/first\n./in/raw\n./in/raw/raw.txt\n");
    assert_eq!((bench.read("a", "both"), bench.read("a", "log.txt")), ("rawx".into(), "told\n".into()));
    assert!(!bench.output("a", "scrap").exists());
    let Err(mistakes) = check(r#""a": Command(argv: ["x"], outputs: [], inputs: {"..": "x"}, sandbox: true)"#) else {
        panic!("fine")
    };
    assert!(mistakes.list[0].message.contains("cannot be the name of a link"));
}

#[test]
fn output_is_told_while_it_comes_and_again_for_a_hit() {
    let mut bench = Bench::new();
    bench.options.output = true;
    let stages = sh("echo one; echo two >&2; printf three", "outputs: []");
    for status in ["a:ran", "a:hit"] {
        bench.expect(&stages, status);
        let mut events = bench.events.0.lock().expect("no test panics here");
        let lines = events.drain(..).filter_map(|event| match event {
            Event::StageOutput { line, .. } => Some(line),
            _ => None,
        });
        assert_eq!(lines.collect::<Vec<_>>(), ["one", "two", "three"], "{status}");
    }
}
