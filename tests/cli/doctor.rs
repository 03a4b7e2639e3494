//! `doctor`: what it says of a healthy and of a damaged store.

use super::support::{Folder, TWO, assert_contains};

#[test]
fn a_healthy_store_is_exit_code_0() {
    let folder = Folder::with(TWO);
    let (stdout, _) = folder.expect("doctor", 0);
    assert_contains(&stdout, &["threads", "SIMD", "memory", "0 complete", "store format"]);
    assert!(!folder.path().join("artifacts").exists(), "it writes nothing");
    folder.run("", 0);
    let health = &folder.json("doctor", 0)[0];
    assert_eq!((&health["store"]["results"], &health["store"]["runs"]), (&2.into(), &1.into()));
    assert!(health["machine"]["threads"].as_u64() > Some(0));
}

#[test]
fn damage_and_leftovers_are_told_with_what_to_do() {
    let folder = Folder::with(TWO);
    folder.run("", 0);
    let result = folder.json("show latest/b", 0)[0]["folder"].as_str().expect("a folder").to_owned();
    fs_err::remove_file(format!("{result}/b.txt")).expect("it is there");
    fs_err::create_dir_all(folder.path().join("artifacts/work/0123456789abcdef0123456789abcdef/scratch"))
        .expect("a folder");
    let (stdout, _) = folder.expect("doctor", 5);
    assert_contains(&stdout, &["1 complete", "1 damaged", "b.txt is missing", "makes it again", "left checkpoints in"]);
    assert_eq!(folder.run("", 0), "a:hit b:ran");
    folder.expect("doctor", 0);
}
