//! Commands that look and do not run: `check`, `plan`, `why`, `report`, `graph`, `kinds`, `completions`.

use super::support::{Folder, TWO, assert_contains};

#[test]
fn check_says_that_a_file_is_sound() {
    assert_eq!(Folder::with(TWO).expect("check p.ron", 0).0, "p.ron is sound: 2 stages\n");
}

#[test]
fn plan_shows_what_would_run() {
    let folder = Folder::with(TWO);
    let (stdout, _) = folder.expect("plan p.ron", 0);
    assert_contains(&stdout, &["run      a  Command  never ran before", "may run  b  Command  waits for a", "2 of 2"]);
    assert!(!folder.path().join("artifacts").exists(), "a plan writes nothing");
    folder.run("", 0);
    assert_contains(&folder.expect("plan p.ron", 0).0, &["hit      a", "hit      b", "0 of 2"]);
}

#[test]
fn plan_as_json() {
    let folder = Folder::with(TWO);
    let plan = &folder.json("plan p.ron", 0)[0];
    assert_eq!(plan["stages"][0]["state"], "run");
    assert_eq!(plan["stages"][0]["why"]["reason"], "never_ran");
    assert_eq!(plan["stages"][1]["why"]["stages"][0], "a");
}

#[test]
fn why_names_the_field_that_changed_and_the_stage_that_is_the_cause() {
    let folder = Folder::with(TWO);
    folder.run("", 0);
    assert_eq!(folder.expect("why p.ron b", 0).0, "b would not run: up to date\n");
    let (stdout, _) = folder.expect("why p.ron b --set word=other", 0);
    let parts = ["b may run: waits for a", "  a would run", "    params.env.WORD: \"hello\" -> \"other\""];
    assert_contains(&stdout, &parts);
    let explained = &folder.json("why p.ron b --set word=other", 0)[0];
    assert_eq!(explained["stage"]["state"], "may_run");
    assert_eq!(explained["causes"][0]["why"]["changes"][0]["new"], "other");
}

#[test]
fn report_says_what_is_missing() {
    let (_, stderr) = Folder::with(TWO).expect("report p.ron", 1);
    assert_contains(&stderr, &["the pipeline has no Report stage"]);
}

#[test]
fn graph_draws_both_languages() {
    let folder = Folder::with(TWO);
    assert_contains(&folder.expect("graph p.ron", 0).0, &["digraph \"two\"", "\"a\" -> \"b\";"]);
    assert_contains(&folder.expect("graph p.ron --format mermaid", 0).0, &["flowchart LR", "s0 --> s1"]);
}

#[test]
fn kinds_lists_fields_with_their_defaults() {
    let folder = Folder::with(TWO);
    assert_contains(&folder.expect("kinds", 0).0, &["Command", "Runs any program"]);
    assert_contains(&folder.expect("kinds Command", 0).0, &["argv", "list of Str", "required", "{in:NAME}"]);
    assert_contains(&folder.expect("kinds Comand", 1).1, &["did you mean `Command`?"]);
}

#[test]
fn completions_are_printed() {
    assert_contains(&Folder::with(TWO).expect("completions bash", 0).0, &["simvg-pipe", "--keep-going"]);
}

#[test]
fn help_shows_the_exit_codes() {
    assert_contains(&Folder::with(TWO).expect("--help", 0).0, &["Exit codes:", "130  stopped by the user"]);
}
