//! `run`: what is run, what is told, and how it ends.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use super::support::{Folder, TWO, assert_contains};

#[test]
fn the_second_run_does_nothing() {
    let folder = Folder::with(TWO);
    assert_eq!(folder.run("", 0), "a:ran b:ran");
    assert_eq!(folder.run("", 0), "a:hit b:hit");
}

#[test]
fn the_last_line_of_json_tells_all_stages() {
    let folder = Folder::with(TWO);
    let events = folder.json("run p.ron", 0);
    let last = events.last().expect("a last event");
    assert_eq!(last["event"], "run_finished");
    for field in ["id", "status", "seconds", "fingerprint"] {
        assert!(!last["stages"][1][field].is_null(), "{field} in {last}");
    }
}

#[test]
fn people_see_one_line_a_stage_on_stderr() {
    let folder = Folder::with(TWO);
    let (stdout, stderr) = folder.expect("run p.ron", 0);
    assert_eq!(stdout, "");
    assert_contains(&stderr, &["run      a  (never ran before)", "ran      b", "two: 2 ran in"]);
    let (_, stderr) = folder.expect("run p.ron --quiet", 0);
    assert_eq!(stderr, "");
}

#[test]
fn set_changes_a_parameter_and_going_back_is_a_hit() {
    let folder = Folder::with(TWO);
    folder.run("", 0);
    assert_eq!(folder.run("--set word=other", 0), "a:ran b:ran");
    assert_eq!(folder.run("", 0), "a:hit b:hit");
}

#[test]
fn targets_and_force() {
    let folder = Folder::with(TWO);
    assert_eq!(folder.run("--target a", 0), "a:ran");
    assert_eq!(folder.run("--force", 0), "a:ran b:ran");
    assert_eq!(folder.run("--force --target b", 0), "a:hit b:ran");
}

#[test]
fn a_failure_has_its_exit_code_and_keep_going_does_the_rest() {
    let failing = r#""x": Command(argv: ["false"], outputs: []),
        "y": Command(argv: ["true"], inputs: {"x": Stage("x")}, outputs: []),
        "z": Command(argv: ["true"], outputs: []),"#;
    let folder = Folder::with(&format!("Pipeline(name: \"f\", stages: {{{failing}}})"));
    assert_eq!(folder.run("", 1), "x:failed y:skipped z:skipped");
    assert_eq!(folder.run("--keep-going", 1), "x:failed y:skipped z:ran");
    let (_, stderr) = folder.expect("run p.ron", 1);
    assert_contains(&stderr, &["FAILED   x", "`false` ended with exit status: 1", "it printed nothing"]);
}

#[test]
fn the_store_can_be_elsewhere() {
    let folder = Folder::with(TWO);
    folder.run("--store other", 0);
    assert!(folder.path().join("other/store").exists() && !folder.path().join("artifacts").exists());
    assert_eq!(folder.run("--store other", 0), "a:hit b:hit");
}

#[test]
fn ctrl_c_stops_the_run() {
    let stages = r#""a": Command(argv: ["sleep", "60"], outputs: []), "b": Command(argv: ["true"], outputs: [])"#;
    let folder = Folder::with(&format!("Pipeline(name: \"slow\", stages: {{{stages}}})"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_simvg-pipe"))
        .args(["run", "p.ron", "--quiet"])
        .current_dir(folder.path())
        .spawn()
        .expect("it starts");
    let runs = folder.path().join("artifacts/work");
    while fs_err::read_dir(&runs).map_or(0, Iterator::count) < 2 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let start = Instant::now();
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill exists");
    assert!(kill.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_run_of_twenty_stages_with_nothing_to_do_is_quick() {
    let mut stages = String::from(r#""s0": Command(argv: ["sh", "-c", "echo > x"], outputs: ["x"]),"#);
    for at in 1..20 {
        stages += &format!(
            r#""s{at}": Command(argv: ["cp", "{{in:a}}/x", "x"], inputs: {{"a": Stage("s{}")}}, outputs: ["x"]),"#,
            at - 1
        );
    }
    let folder = Folder::with(&format!("Pipeline(name: \"long\", stages: {{{stages}}})"));
    folder.run("", 0);
    let quickest = (0..5)
        .map(|_| {
            let start = Instant::now();
            folder.expect("run p.ron --quiet", 0);
            start.elapsed()
        })
        .min();
    // About 10 ms on an idle machine; the limit leaves room for a busy one.
    assert!(quickest < Some(Duration::from_millis(200)), "{quickest:?}");
}
