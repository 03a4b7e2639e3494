//! `inspect` and `export`, on files that PyTorch wrote.

use std::path::Path;

use super::support::{Folder, TWO, assert_contains};

/// A folder with one of the golden checkpoints, called `c.pth`.
fn with(file: &str) -> Folder {
    let folder = Folder::with(TWO);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ckpt").join(file);
    fs_err::copy(golden, folder.path().join("c.pth")).expect("a golden checkpoint");
    folder
}

#[test]
fn inspect_lists_tensors() {
    let folder = with("misc_types.pth");
    let (stdout, _) = folder.expect("inspect c.pth", 0);
    assert_contains(&stdout, &["tensor", "i64", "[2, 1]", "BF16", "13 tensors, 26 elements"]);
    let json = &folder.json("inspect c.pth", 0)[0];
    assert_eq!((&json["tensors"][0]["name"], &json["tensors"][0]["dtype"]), (&"b".into(), &"BOOL".into()));
    assert_eq!(json["total"], 26);
}

#[test]
fn inspect_says_how_a_model_can_use_it() {
    let folder = with("beit3_tiny_patch16_legacy.pth");
    let (stdout, _) = folder.expect("inspect c.pth --preset toy", 0);
    let parts =
        ["it does not fit the model: shapes differ", "text_embed.weight is [30, 12], the model wants [200, 64]"];
    assert_contains(&stdout, &parts);
    assert_contains(&stdout, &["missing: the model keeps fresh values", "unexpected: ignored", "    logit_scale"]);
    assert_contains(&folder.expect("inspect c.pth --preset bas", 1).1, &["did you mean `base`?"]);
}

#[test]
fn export_writes_both_forms() {
    let folder = with("latest_legacy.pth");
    folder.expect("export c.pth a.safetensors", 0);
    folder.expect("export a.safetensors b.pth", 0);
    let [first, second] = ["a.safetensors", "b.pth"].map(|file| folder.json(&format!("inspect {file}"), 0));
    assert_eq!(first, second);
    assert_contains(&folder.expect("export c.pth a.txt", 1).1, &["a.txt: the name must end in"]);
    assert_contains(&folder.expect("export c.pth a.pth --preset toy", 1).1, &["c.pth: does not fit the model"]);
}

#[test]
fn a_damaged_file_is_named() {
    let folder = with("misc_types.pth");
    folder.put("c.pth", "PK\u{3}\u{4} and no more");
    assert_contains(&folder.expect("inspect c.pth", 1).1, &["c.pth: not a readable checkpoint"]);
}
