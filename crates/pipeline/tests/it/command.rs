//! The stage kind `Command` from end to end.

use simvg_pipeline::{Event, Problem};

use crate::support::{Bench, check};

fn sh(script: &str, rest: &str) -> String {
    format!(r#"Command(argv: ["sh", "-c", "{script}"], {rest})"#)
}

fn last_error(bench: &Bench) -> String {
    let events = bench.events.0.lock().expect("no test panics here");
    let error = events.iter().rev().find_map(|event| match event {
        Event::StageFinished { error: Some(error), .. } => Some(error.clone()),
        _ => None,
    });
    error.expect("a failure")
}

#[test]
fn commands_read_inputs_and_write_outputs() {
    let bench = Bench::new();
    bench.put("raw.txt", "raw ");
    let first = sh("cat {in:raw} > {out}/a.txt; echo seen", r#"inputs: {"raw": "raw.txt"}, outputs: ["a.txt"]"#);
    let second = sh(
        "cat {in:a}/a.txt > b.txt; echo $WORD >> b.txt",
        r#"inputs: {"a": Stage("a")}, outputs: ["b.txt"], env: {"WORD": "w"}"#,
    );
    let stages = format!(r#""a": {first}, "b": {second}"#);
    bench.expect(&stages, "a:ran b:ran");
    assert_eq!(bench.read("b", "b.txt"), "raw w\n");
    assert_eq!(bench.read("a", "log.txt"), "seen\n");
    bench.expect(&stages, "a:hit b:hit");
    bench.put("raw.txt", "new ");
    bench.expect(&stages, "a:ran b:ran");
}

#[test]
fn a_failure_shows_the_exit_code_and_the_end_of_the_log() {
    let bench = Bench::new();
    bench.expect(&format!(r#""a": {}"#, sh("echo oh no >&2; exit 7", "outputs: []")), "a:failed");
    let error = last_error(&bench);
    assert!(error.contains("exit status: 7") && error.contains("oh no"), "{error}");
}

#[test]
fn a_missing_output_is_a_failure() {
    let bench = Bench::new();
    bench.expect(&format!(r#""a": {}"#, sh("true", r#"outputs: ["a.txt"]"#)), "a:failed");
    assert!(last_error(&bench).contains("did not write its output a.txt"));
}

#[test]
fn a_program_that_does_not_exist_is_named() {
    let bench = Bench::new();
    bench.expect(r#""a": Command(argv: ["no-such-program"], outputs: [])"#, "a:failed");
    assert!(last_error(&bench).contains("cannot start `no-such-program`"));
}

#[test]
fn undeclared_files_are_dropped_and_declared_folders_kept() {
    let bench = Bench::new();
    bench.run(&format!(r#""a": {}"#, sh("mkdir d; echo 1 > d/1; echo 2 > cache", r#"outputs: ["d"]"#)));
    assert!(bench.output("a", "d/1").exists());
    assert!(!bench.output("a", "cache").exists());
}

#[test]
fn other_log_lines_with_the_same_outputs_end_the_wave() {
    let bench = Bench::new();
    let second = sh("cat {in:a}/a > b", r#"inputs: {"a": Stage("a")}, outputs: ["b"]"#);
    let stages =
        |word: &str| format!(r#""a": {}, "b": {second}"#, sh(&format!("echo {word}; echo x > a"), r#"outputs: ["a"]"#));
    bench.run(&stages("one"));
    bench.expect(&stages("two"), "a:ran b:hit");
}

#[test]
fn wrong_arguments_are_found_before_anything_runs() {
    for (fields, part) in [
        (r#"argv: [], outputs: []"#, "at least the name of a program"),
        (r#"argv: ["x", "{in:data}"], outputs: []"#, "there is no input `data`"),
        (r#"argv: ["x"], outputs: ["../y"]"#, "not inside the output folder"),
    ] {
        let Err(mistakes) = check(&format!(r#""a": Command({fields})"#)) else { panic!("no mistake found") };
        assert!(mistakes.list[0].message.contains(part), "{}", mistakes.list[0].message);
    }
    assert_eq!(Problem::new("a", "b").help, None);
}
