//! Commands that look and do not run: `check`, `plan`, `why`, `report`, `kinds`, `man`, `init`.

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
fn plan_serves_scripts() {
    let folder = Folder::with(TWO);
    folder.expect("plan p.ron --exit-code", 6);
    folder.run("", 0);
    folder.expect("plan p.ron --exit-code", 0);
    folder.expect("plan p.ron --exit-code --set word=other", 6);
    let folder = Folder::with(&TWO.replace("env:", "inputs: {\"raw\": \"data/raw.txt\"}, env:"));
    folder.expect("plan p.ron --exit-code", 4);
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
fn why_without_a_stage_explains_all_that_would_run() {
    let each = TWO.replace("\"b\": Command(", "\"b_{n}\": Command(foreach: {\"n\": [1, 2]}, ");
    let folder = Folder::with(&each);
    folder.run("", 0);
    assert_eq!(folder.expect("why p.ron", 0).0, "");
    let (stdout, _) = folder.expect("why p.ron --set word=other", 0);
    assert_contains(&stdout, &["a would run", "b_1 may run: waits for a", "b_2 may run: waits for a"]);
    assert_eq!(folder.json("why p.ron b_2 --set word=other", 0)[0]["stage"]["id"], "b_2");
}

#[test]
fn why_names_the_raw_files_that_changed() {
    let folder = Folder::with(&TWO.replace("env:", "inputs: {\"raw\": \"data\"}, env:"));
    fs_err::create_dir(folder.path().join("data")).expect("a folder");
    folder.put("data/one.txt", "1");
    folder.put("data/two.txt", "2");
    folder.run("", 0);
    folder.put("data/two.txt", "changed");
    folder.put("data/three.txt", "3");
    let (stdout, _) = folder.expect("why p.ron a", 0);
    assert_contains(&stdout, &["raw.raw: ", "data/three.txt is new", "data/two.txt has other content"]);
    assert!(!stdout.contains("one.txt"), "{stdout}");
    assert_contains(&folder.expect("plan p.ron", 0).0, &["data/three.txt is new and 1 more"]);
    let change = &folder.json("plan p.ron", 0)[0]["stages"][0]["why"]["changes"][0];
    assert_eq!((&change["files"][0]["change"], &change["files"][1]["change"]), (&"added".into(), &"changed".into()));
}

#[test]
fn report_says_what_is_missing() {
    let (_, stderr) = Folder::with(TWO).expect("report p.ron", 1);
    assert_contains(&stderr, &["the pipeline has no Report stage"]);
}

#[test]
fn kinds_lists_fields_with_their_defaults() {
    let folder = Folder::with(TWO);
    assert_contains(&folder.expect("kinds", 0).0, &["Command", "Runs any program"]);
    assert_contains(&folder.expect("kinds Command", 0).0, &["argv", "list of Str", "required", "{in:NAME}"]);
    assert_contains(&folder.expect("kinds Comand", 1).1, &["did you mean `Command`?"]);
}

#[test]
fn help_shows_the_exit_codes() {
    assert_contains(&Folder::with(TWO).expect("--help", 0).0, &["Exit codes:", "130  stopped by the user"]);
}

#[test]
fn man_pages_are_written() {
    let folder = Folder::with(TWO);
    folder.expect("man pages", 0);
    let page = fs_err::read_to_string(folder.path().join("pages/simvg-pipe-plan.1")).expect("a page");
    assert_contains(&page, &[".TH", "exit\\-code"]);
}

#[test]
fn init_writes_a_pipeline_that_runs_and_never_overwrites() {
    let folder = Folder::with(TWO);
    folder.expect("init new", 0);
    fs_err::rename(folder.path().join("new/pipeline.ron"), folder.path().join("p.ron")).expect("it was written");
    folder.expect("check p.ron", 0);
    assert_contains(&folder.run("", 0), &["text_sea:ran", "words_hills:ran", "count:ran"]);
    assert_eq!(folder.json("runs", 0)[0]["metrics"]["count: found"], 8.0);
    folder.put("new/pipeline.ron", "mine");
    assert_contains(&folder.expect("init new", 1).1, &["already there and stays as it is"]);
    assert_eq!(fs_err::read_to_string(folder.path().join("new/pipeline.ron")).expect("a file"), "mine");
}
