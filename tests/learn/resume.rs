//! A training that is killed goes on from its last epoch and ends with the same bytes.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::tiny::{find, folder};
use crate::cli::support::Folder;

/// Epochs of the long stage: enough to be killed in the middle of.
const EPOCHS: &str = "epochs_token=12";

fn checkpoint(folder: &Folder) -> Vec<u8> {
    folder.run(&format!("--set {EPOCHS} --target eval2"), 0);
    let files = find(&folder.path().join("artifacts/store"), "latest.safetensors");
    let newest = files.iter().max_by_key(|f| std::fs::metadata(f).and_then(|m| m.modified()).expect("a time"));
    std::fs::read(newest.expect("a checkpoint")).expect("readable")
}

/// Kills the program as soon as the long stage has finished an epoch; false if the stage was over by then.
fn kill_in_the_middle(folder: &Folder) -> bool {
    folder.run("--target stage1", 0);
    let words = ["run", "p.ron", "--set", EPOCHS, "--target", "eval2"];
    let mut child = folder.command();
    let mut child = child.args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let work = folder.path().join("artifacts/work");
    let start = Instant::now();
    while find(&work, "state.safetensors").is_empty() {
        assert!(start.elapsed() < Duration::from_secs(60), "no epoch was finished");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    !find(&work, "state.safetensors").is_empty()
}

/// A folder in which the long stage was killed with a state from within an epoch, and the record of the run that went on.
///
/// When the kill comes is left to chance; where it met the end of an epoch, it is tried again.
fn killed_within_an_epoch() -> Folder {
    for _ in 0..10 {
        let folder = folder();
        let text = std::fs::read_to_string(folder.path().join("p.ron")).expect("text");
        let often = r#"init: Stage("stage1"), checkpoint_minutes: 0,"#;
        folder.put("p.ron", &text.replace(r#"init: Stage("stage1"),"#, often));
        assert!(kill_in_the_middle(&folder), "the training was over before it could be killed");
        let events = folder.json(&format!("run p.ron --set {EPOCHS} --target eval2"), 0);
        let went_on = |line: &String| line.contains("going on after epoch") && !line.contains("step 0");
        if events.iter().map(ToString::to_string).any(|line| went_on(&line)) {
            return folder;
        }
    }
    panic!("no kill came within an epoch");
}

#[test]
fn a_training_that_is_killed_within_an_epoch_goes_on_from_there() {
    let whole = checkpoint(&folder());
    assert!(checkpoint(&killed_within_an_epoch()) == whole, "other bytes");
}

#[test]
fn a_training_shows_its_newest_checkpoints() {
    let folder = folder();
    folder.run(&format!("--set {EPOCHS} --target eval2"), 0);
    let live = folder.path().join("artifacts/live/tiny/stage2");
    let mut names: Vec<String> = std::fs::read_dir(live)
        .expect("a folder")
        .map(|file| file.expect("a file").file_name().into_string().expect("Unicode"))
        .collect();
    names.sort();
    let epochs = ["epoch_0010.safetensors", "epoch_0011.safetensors", "epoch_0012.safetensors"];
    assert_eq!(names[..3], epochs);
    assert_eq!(names[3], "tokenizer.spm");
}

#[test]
fn a_killed_training_ends_with_the_bytes_of_one_that_was_not() {
    let whole = checkpoint(&folder());
    let killed = folder();
    assert!(kill_in_the_middle(&killed), "the training was over before it could be killed");
    let events = killed.json(&format!("run p.ron --set {EPOCHS} --target eval2"), 0);
    let went_on = events.iter().any(|e| e.to_string().contains("going on after epoch"));
    assert!(went_on, "it started anew");
    assert!(checkpoint(&killed) == whole, "other bytes");
}
