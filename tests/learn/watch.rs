//! `watch --checkpoints`: every whole checkpoint is evaluated once, whatever comes between.

use std::path::Path;

use super::tiny::{find, folder};
use crate::cli::{support::Folder, watching::Watching};

/// A folder with the checkpoint of the second stage beside its tokenizer, and the folder `new` to put copies into.
fn trained() -> (Folder, Vec<u8>) {
    let folder = folder();
    folder.run("--target eval2", 0);
    let checkpoints = find(&folder.path().join("artifacts/live/tiny/stage2"), "epoch_0001.safetensors");
    let new = folder.path().join("new");
    std::fs::create_dir(&new).expect("writable");
    std::fs::copy(checkpoints[0].with_file_name("tokenizer.spm"), new.join("tokenizer.spm")).expect("a tokenizer");
    (folder, std::fs::read(&checkpoints[0]).expect("a checkpoint"))
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join("new").join(name), bytes).expect("writable");
}

/// The lines of the report that are about checkpoints, as text.
fn report(folder: &Folder) -> String {
    std::fs::read_to_string(folder.path().join("artifacts/live/tiny/report/report.txt")).unwrap_or_default()
}

#[test]
fn whole_checkpoints_are_evaluated_once_even_after_a_restart() {
    let (folder, bytes) = trained();
    let words = ["--checkpoints", "new"];
    let watching = Watching::start(&folder, &words);
    put(folder.path(), "a.safetensors", &bytes[..bytes.len() / 2]);
    watching.until("half of it", |watching| watching.errors().contains("not a whole checkpoint"));
    assert_eq!(watching.runs(), 0);
    put(folder.path(), "a.safetensors", &bytes);
    watching.stays_at(1);
    assert!(watching.ran().contains(&"eval2.a".to_owned()), "{:?}", watching.ran());
    assert!(report(&folder).contains("two, a"), "{}", report(&folder));
    // A burst: the same content under two names, one of them written piece by piece.
    for end in (0..=bytes.len()).step_by(bytes.len() / 20) {
        put(folder.path(), "b.safetensors", &bytes[..end]);
    }
    put(folder.path(), "b.safetensors", &bytes);
    std::fs::copy(folder.path().join("new/b.safetensors"), folder.path().join("new/part")).expect("copied");
    std::fs::rename(folder.path().join("new/part"), folder.path().join("new/c.safetensors")).expect("renamed");
    watching.until("both", |watching| report(&folder).contains("two, b") && !watching.ran().is_empty());
    watching.until("the last", |_| report(&folder).contains("two, c"));
    for name in ["eval2.a", "eval2.b", "eval2.c"] {
        assert_eq!(watching.ran().iter().filter(|ran| *ran == name).count(), 1, "{name} in {:?}", watching.ran());
    }
    assert_eq!(watching.interrupt(), Some(0));
    let again = Watching::start(&folder, &words);
    again.until("the report", |watching| watching.errors().contains("report: "));
    assert_eq!(again.ran(), Vec::<String>::new());
}

#[test]
fn a_wrong_checkpoint_does_not_keep_the_others_from_the_report() {
    let (folder, bytes) = trained();
    put(folder.path(), "good.safetensors", &bytes);
    let stage1 = find(&folder.path().join("artifacts/store"), "backbone.safetensors");
    put(folder.path(), "wrong.safetensors", &std::fs::read(&stage1[0]).expect("a backbone"));
    let watching = Watching::start(&folder, &["--checkpoints", "new"]);
    watching.until("the report", |_| report(&folder).contains("two, good"));
    assert!(!report(&folder).contains("wrong"), "{}", report(&folder));
}

#[test]
fn a_watch_beside_a_training_shows_its_epochs() {
    let folder = folder();
    folder.run("--target stage1 --target grefcoco", 0);
    let watching = Watching::start(&folder, &["--checkpoints", "artifacts/live/tiny"]);
    folder.run("--set epochs_token=3 --target stage2", 0);
    watching.until("the last epoch", |_| report(&folder).contains("two, stage2.epoch_0003"));
    let ran = watching.ran();
    let mut once = ran.clone();
    once.sort();
    once.dedup();
    let evaluations = |names: &[String]| names.iter().filter(|name| name.starts_with("eval")).count();
    assert_eq!(evaluations(&ran), evaluations(&once), "{ran:?}");
    assert!(!ran.iter().any(|name| name.starts_with("stage")), "it trained: {ran:?}");
}
