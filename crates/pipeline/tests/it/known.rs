//! Copies of manifests are a help and never the authority.

use std::{path::PathBuf, thread::sleep, time::Duration};

use fs_err as fs;
use simvg_pipeline::{Reason, State};

use crate::support::Bench;

const TWO: &str = r#""a": Write(text: "x"), "b": Write(text: "y", one: Stage("a"))"#;

/// A folder in which both stages have results and copies of their manifests.
fn with_copies() -> (Bench, PathBuf) {
    let bench = Bench::new();
    bench.run(TWO);
    // What is younger is not remembered.
    sleep(Duration::from_millis(60));
    bench.expect(TWO, "a:hit b:hit");
    let copies = bench.path().join("artifacts/known/test.jsonl");
    assert_eq!(fs::read_to_string(&copies).expect("copies").lines().count(), 3);
    (bench, copies)
}

#[test]
fn damage_is_found_behind_a_copy() {
    let damages: [fn(PathBuf) -> std::io::Result<()>; 3] =
        [|path| fs::remove_file(path), |path| fs::write(path, ""), |path| fs::write(path, "{")];
    for name in ["text.txt", "manifest.json"] {
        for damage in damages {
            let (bench, _) = with_copies();
            damage(bench.output("a", name)).expect("damaged");
            let first = &bench.plan(TWO).stages[0];
            // A text of one letter in place of another is found when it is read.
            let is_same_length = name == "text.txt" && first.state == State::Hit;
            assert!(is_same_length || matches!(first.why, Reason::Damaged { .. }), "{name}: {:?}", first.why);
            bench.expect(&TWO.replace("\"y\"", "\"z\""), "a:ran b:ran");
            assert_eq!(bench.read("b", "text.txt"), "xz");
        }
    }
}

#[test]
fn copies_that_are_damaged_or_gone_are_not_missed() {
    let (bench, copies) = with_copies();
    let sound = fs::read(&copies).expect("copies");
    for at in [0, 70, sound.len() / 2, sound.len() - 1] {
        let mut flipped = sound.clone();
        flipped[at] ^= 1;
        for text in [&flipped[..], &sound[..at], b""] {
            fs::write(&copies, text).expect("writable");
            bench.expect(TWO, "a:hit b:hit");
        }
    }
    fs::remove_file(&copies).expect("removed");
    bench.expect(TWO, "a:hit b:hit");
    assert!(copies.exists(), "they are written again");
}

#[test]
fn a_copy_of_what_was_made_anew_does_not_count() {
    let (bench, copies) = with_copies();
    let old = fs::read(&copies).expect("copies");
    // The same key with other bytes, as of a program that draws at random.
    let entry = bench.output("a", "");
    fs::write(entry.join("text.txt"), "other").expect("written");
    let manifest = fs::read_to_string(entry.join("manifest.json")).expect("a manifest");
    let digest = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
    let manifest = manifest.replace(&digest("x"), &digest("other")).replace("\"size\": 1,", "\"size\": 5,");
    fs::write(entry.join("manifest.json"), manifest.replacen("\"digest\": \"", "\"digest\": \"0", 1)).expect("written");
    fs::write(&copies, old).expect("written");
    let plan = bench.plan(TWO);
    assert_eq!(plan.stages[0].state, State::Hit, "{:?}", plan.stages[0].why);
    assert_eq!(plan.stages[1].state, State::Run, "the digest is that of the new manifest");
}

#[test]
fn copies_are_of_latest_results_only() {
    let (bench, copies) = with_copies();
    let other = TWO.replace("\"y\"", "\"z\"");
    bench.run(&other);
    sleep(Duration::from_millis(60));
    bench.expect(&other, "a:hit b:hit");
    assert_eq!(fs::read_to_string(copies).expect("copies").lines().count(), 3);
}
