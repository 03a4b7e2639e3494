//! `watch`: what makes it run again, and what does not.

use super::{
    support::{Folder, TWO, assert_contains},
    watching::Watching,
};

/// Two stages, the first of which reads the file `raw.txt`.
fn with_raw_file() -> Folder {
    let folder = Folder::with(&TWO.replace("env:", "inputs: {\"raw\": \"raw.txt\"}, env:"));
    folder.put("raw.txt", "one");
    folder
}

#[test]
fn a_burst_of_changes_is_one_run_and_its_own_writes_are_none() {
    let folder = Folder::with(TWO);
    let watching = Watching::start(&folder, &[]);
    watching.stays_at(1);
    for _ in 0..50 {
        folder.put("p.ron", &TWO.replace("hello", "other"));
    }
    watching.stays_at(2);
    folder.put("p.ron", &TWO.replace("hello", "other /* a comment */"));
    folder.put("unrelated.txt", "nothing");
    folder.put("p.ron", &TWO.replace("hello", "other"));
    watching.stays_at(2);
    assert_eq!(watching.ran(), ["a", "b", "a", "b"]);
    assert_eq!(watching.interrupt(), Some(0));
}

#[test]
fn a_raw_file_counts_by_its_content_with_and_without_events() {
    for words in [&[][..], &["--poll", "0.2s"]] {
        let folder = with_raw_file();
        let watching = Watching::start(&folder, words);
        watching.stays_at(1);
        folder.put("raw.txt", "one");
        watching.stays_at(1);
        folder.put("raw.txt", "two");
        watching.stays_at(2);
        // As editors do it: a new file in place of the old one.
        folder.put("new.txt", "three");
        std::fs::rename(folder.path().join("new.txt"), folder.path().join("raw.txt")).expect("renamed");
        watching.stays_at(3);
    }
}

#[test]
fn a_mistake_is_shown_once_and_watching_goes_on() {
    let folder = Folder::with(&TWO.replace("argv", "agv"));
    let watching = Watching::start(&folder, &["--poll", "0.1s"]);
    watching.until("the mistake", |watching| watching.errors().contains("did you mean `argv`?"));
    folder.put("p.ron", TWO);
    watching.stays_at(1);
    assert_eq!(watching.errors().matches("p.ron has 2 mistakes").count(), 1, "{}", watching.errors());
    folder.put("p.ron", "Pipeline(");
    watching.until("the syntax error", |watching| watching.errors().contains("syntax error"));
    std::fs::remove_file(folder.path().join("p.ron")).expect("removed");
    watching.until("the missing file", |watching| watching.errors().contains("cannot read the pipeline"));
    folder.put("p.ron", &TWO.replace("hello", "other"));
    watching.stays_at(2);
}

#[test]
fn a_failure_is_not_tried_again_until_something_changes() {
    let folder = Folder::with(&TWO.replace("cp", "false"));
    let watching = Watching::start(&folder, &["--poll", "0.1s"]);
    watching.stays_at(1);
    folder.put("p.ron", TWO);
    watching.stays_at(2);
    assert_eq!(watching.ran(), ["a", "b"]);
}

#[test]
fn a_missing_input_is_told_and_waited_for() {
    let folder = with_raw_file();
    std::fs::remove_file(folder.path().join("raw.txt")).expect("removed");
    let watching = Watching::start(&folder, &[]);
    watching.until("the missing input", |watching| watching.errors().contains("1 input is missing"));
    folder.put("raw.txt", "here");
    watching.stays_at(1);
}

#[test]
fn evaluating_needs_an_evaluation() {
    let folder = Folder::with(TWO);
    let watching = Watching::start(&folder, &["--checkpoints", "new"]);
    watching.until("the reason", |watching| watching.errors().contains("has no Evaluate stage"));
    assert_contains(&watching.errors(), &["watching new for p.ron"]);
}
