//! Bad input: the message, the exit code, and nothing half done.

use super::support::{Folder, TWO, assert_contains};

#[test]
fn all_mistakes_are_underlined_and_the_exit_code_is_3() {
    let folder = Folder::with(&TWO.replace("argv", "agv").replace("Stage(\"a\")", "Stage(\"aa\")"));
    for command in ["check", "plan", "run"] {
        let (stdout, stderr) = folder.expect(&format!("{command} p.ron"), 3);
        assert_eq!(stdout, "");
        assert_contains(
            &stderr,
            &["p.ron:5:", "no field `agv`", "did you mean `argv`?", "no stage `aa`", "p.ron has 3"],
        );
    }
    assert!(!folder.path().join("artifacts").exists());
}

#[test]
fn a_file_that_is_not_there_is_exit_code_3() {
    assert_contains(&Folder::with(TWO).expect("check q.ron", 3).1, &["cannot read the pipeline", "q.ron"]);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let folder = Folder::with(TWO);
    assert_contains(&folder.expect("run p.ron --set wrod=x", 2).1, &["no parameter `wrod`", "did you mean `word`?"]);
    assert_contains(&folder.expect("run p.ron --set word", 2).1, &["NAME=VALUE"]);
    assert_contains(&folder.expect("run p.ron --target c", 2).1, &["no stage `c`", "there is: a, b"]);
    folder.expect("why p.ron c", 2);
    folder.expect("fly", 2);
}

#[test]
fn missing_inputs_are_exit_code_4_before_any_work() {
    let folder = Folder::with(&TWO.replace("env:", "inputs: {\"raw\": \"data/raw.txt\"}, env:"));
    let (_, stderr) = folder.expect("run p.ron", 4);
    assert_contains(&stderr, &["1 input is missing", "data/raw.txt", "for stage `a`"]);
    assert!(!folder.path().join("artifacts").exists());
    assert_contains(&folder.expect("plan p.ron", 0).0, &["blocked  a"]);
}

#[test]
fn a_foreign_store_is_exit_code_5() {
    let folder = Folder::with(TWO);
    fs_err::create_dir(folder.path().join("artifacts")).expect("a folder");
    folder.put("artifacts/format", "7\n");
    assert_contains(&folder.expect("run p.ron", 5).1, &["has format 7, this program reads format 1"]);
}
