//! Bad raw files and checkpoints: a clear error that names the file, an exit code, and nothing in the store.

use std::path::Path;

use serde_pickle::value::{HashableValue, Value};
use serde_pickle::{DeOptions, SerOptions};

use super::tiny::{find, folder, folder_with_raw_files};
use crate::cli::support::{Folder, assert_contains};

/// Runs the pipeline up to `target`, which must fail with all of `parts` in the message and leave no entry behind.
#[track_caller]
fn fails(folder: &Folder, target: &str, parts: &[&str]) {
    let (_, stderr) = folder.expect(&format!("run p.ron --target {target}"), 1);
    assert_contains(&stderr, parts);
    let store = folder.path().join("artifacts/store");
    assert!(
        find(&store, "samples.parquet").len() < 2 && find(&store, "best.safetensors").is_empty(),
        "something was kept"
    );
}

#[test]
fn a_damaged_picture() {
    let folder = folder_with_raw_files();
    let picture = find(&folder.path().join("raw"), "train_000003.jpg").remove(0);
    let bytes = std::fs::read(&picture).expect("readable");
    std::fs::write(&picture, &bytes[..bytes.len() / 2]).expect("writable");
    fails(&folder, "stage1", &["train_000003.jpg"]);
}

#[test]
fn a_missing_picture() {
    let folder = folder_with_raw_files();
    std::fs::remove_file(find(&folder.path().join("raw"), "train_000003.jpg").remove(0)).expect("removable");
    fails(&folder, "refcoco", &["train_000003.jpg"]);
}

#[test]
fn a_missing_raw_file_is_told_before_anything_runs() {
    let folder = folder_with_raw_files();
    std::fs::remove_file(folder.path().join("raw/refcoco/instances.json")).expect("removable");
    let (_, stderr) = folder.expect("run p.ron", 4);
    assert_contains(&stderr, &["raw/refcoco/instances.json", "Synthesize"]);
    assert!(find(&folder.path().join("artifacts"), "samples.parquet").is_empty());
}

#[test]
fn a_pickle_that_calls_something() {
    let folder = folder_with_raw_files();
    let call = b"cos\nsystem\n(S'touch called'\ntR.";
    std::fs::write(folder.path().join("raw/refcoco/refs(synthetic).p"), call).expect("writable");
    fails(&folder, "refcoco", &["refs(synthetic).p"]);
    assert!(!folder.path().join("called").exists(), "it was called");
}

#[test]
fn an_expression_of_nothing_but_signs() {
    let folder = folder_with_raw_files();
    change_first_ref(&folder, |reference| {
        let Some(Value::List(sentences)) = reference.get_mut(&key("sentences")) else { panic!("sentences") };
        let Value::Dict(sentence) = &mut sentences[0] else { panic!("a sentence") };
        sentence.insert(key("sent"), Value::String("?!...".into()));
    });
    fails(&folder, "refcoco", &["?!..."]);
}

#[test]
fn a_box_outside_its_picture() {
    let folder = folder_with_raw_files();
    let path = folder.path().join("raw/refcoco/instances.json");
    let mut instances: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).expect("readable")).expect("JSON");
    for object in instances["annotations"].as_array_mut().expect("a list") {
        object["bbox"] = serde_json::json!([200.0, 10.0, 20.0, 20.0]);
    }
    std::fs::write(&path, instances.to_string()).expect("writable");
    fails(&folder, "refcoco", &["outside"]);
}

#[test]
fn a_truncated_checkpoint() {
    let folder = folder();
    folder.run("--target stage1", 0);
    let checkpoint = find(&folder.path().join("artifacts/store"), "best.safetensors").remove(0);
    let bytes = std::fs::read(&checkpoint).expect("readable");
    folder.put(
        "p.ron",
        &std::fs::read_to_string(folder.path().join("p.ron"))
            .expect("text")
            .replace(r#"init: Stage("stage1")"#, r#"init: "half.safetensors""#),
    );
    std::fs::write(folder.path().join("half.safetensors"), &bytes[..bytes.len() / 2]).expect("writable");
    let (_, stderr) = folder.expect("run p.ron --target stage2", 1);
    assert_contains(&stderr, &["half.safetensors", "cut short"]);
}

fn key(name: &str) -> HashableValue {
    HashableValue::String(name.into())
}

fn change_first_ref(folder: &Folder, change: impl Fn(&mut std::collections::BTreeMap<HashableValue, Value>)) {
    let path = folder.path().join("raw/refcoco/refs(synthetic).p");
    let mut refs = read(&path);
    let Value::List(all) = &mut refs else { panic!("a list of references") };
    let Value::Dict(first) = &mut all[0] else { panic!("a reference") };
    change(first);
    std::fs::write(&path, serde_pickle::value_to_vec(&refs, SerOptions::new()).expect("a pickle")).expect("writable");
}

fn read(path: &Path) -> Value {
    serde_pickle::value_from_slice(&std::fs::read(path).expect("readable"), DeOptions::new()).expect("a pickle")
}
