//! Runs that are killed at random moments, again and again, end with the bytes of one that was left alone.
//!
//! The long version kills a small quickstart 200 times and takes some minutes:
//!
//! ```text
//! cargo test --release --workspace --test tests soak -- --ignored
//! ```

use std::{
    collections::BTreeMap,
    path::Path,
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use simvg_pipeline::{Lookup, Store};

use crate::{cli::support::Folder, learn::tiny};

/// Two chains of programs that each leave a process in another session behind, and one that joins them.
fn commands() -> Folder {
    let script = "setsid sh -c 'while sleep 0.01; do echo stray >> x; done' > /dev/null & sleep 0.05; echo REST > y";
    let stage = |id: &str, rest: &str, inputs: &str| {
        let script = script.replace("REST", rest);
        format!(r#""{id}": Command(argv: ["sh", "-c", "{script}"], inputs: {{{inputs}}}, outputs: ["y"], retries: 1),"#)
    };
    let mut stages = String::new();
    for chain in ["a", "b"] {
        stages += &stage(&format!("{chain}0"), chain, "");
        for at in 1..4 {
            let input = format!(r#""i": Stage("{chain}{}")"#, at - 1);
            stages += &stage(&format!("{chain}{at}"), &format!("$(cat {{in:i}}/y) {at}"), &input);
        }
    }
    stages += &stage("end", "$(cat {in:a}/y {in:b}/y)", r#""a": Stage("a3"), "b": Stage("b3")"#);
    Folder::with(&format!("Pipeline(name: \"soak\", stages: {{{stages}}})"))
}

/// What the store has: the digest of the content by fingerprint.
fn results(folder: &Folder) -> BTreeMap<String, String> {
    let root = folder.path().join("artifacts");
    let store = Store::open(&root).expect("a store");
    let names = fs_err::read_dir(root.join("store")).into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let found = names.filter_map(|name| match store.lookup(&name) {
        Lookup::Found(entry) => Some((name, entry.contents.digest.clone())),
        _ => None,
    });
    found.collect()
}

/// Whether a process of a Command in this folder still lives.
fn has_strays(folder: &Folder) -> bool {
    let work = folder.path().canonicalize().expect("it exists").join("artifacts/work");
    let work = format!("={}/", work.display());
    let environments = fs_err::read_dir("/proc").expect("readable").flatten();
    let mut environments = environments.filter_map(|process| std::fs::read(process.path().join("environ")).ok());
    environments.any(|environment| String::from_utf8_lossy(&environment).contains(&work))
}

#[track_caller]
fn wait_for_strays(folder: &Folder) {
    let start = Instant::now();
    while has_strays(folder) {
        assert!(start.elapsed() < Duration::from_secs(60), "a process was left behind");
        sleep(Duration::from_millis(20));
    }
}

/// Kills `kills` runs of the pipeline of `folder` after up to `longest` each; one that gets to its end is started over.
fn soak(folder: &Folder, options: &str, kills: u32, longest: Duration) {
    folder.run(options, 0);
    let whole = results(folder);
    let artifacts = folder.path().join("artifacts");
    fs_err::remove_dir_all(&artifacts).expect("removable");
    let mut draws = ChaCha8Rng::seed_from_u64(u64::from(kills));
    let mut before = BTreeMap::new();
    for _ in 0..kills {
        let mut command = folder.command();
        command.args(format!("run p.ron {options}").split_whitespace()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        sleep(longest.mul_f64(draws.random()));
        child.kill().expect("it can be killed");
        let was_over = child.wait().expect("it ends").success();
        let now = results(folder);
        assert!(before.iter().all(|(name, digest)| now.get(name) == Some(digest)), "a finished result was lost");
        assert!(now.iter().all(|(name, digest)| whole.get(name) == Some(digest)), "other bytes");
        before = now;
        if was_over {
            assert!(before == whole, "a run ended without all results");
            folder.expect("artifacts verify", 0);
            fs_err::remove_dir_all(&artifacts).expect("removable");
            before.clear();
        }
    }
    folder.run(options, 0);
    assert!(results(folder) == whole, "other bytes at the end");
    folder.expect("artifacts verify", 0);
    wait_for_strays(folder);
}

#[test]
fn killed_commands_end_with_the_same_bytes() {
    soak(&commands(), "--jobs 2", 15, Duration::from_millis(400));
}

#[test]
fn killed_trainings_end_with_the_same_bytes() {
    soak(&tiny::folder(), "--jobs 2", 5, Duration::from_millis(1200));
}

/// Everything that the quickstart does, with so few scenes that it takes seconds.
const SMALL: &str = "--jobs 2 --set train_scenes=24 --set val_scenes=6 --set test_scenes=8 --set epochs_general=1";

fn quickstart() -> Folder {
    let folder = Folder::with(include_str!("../../pipelines/quickstart.ron"));
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/assets");
    fs_err::create_dir_all(folder.path().join("datasets/assets")).expect("writable");
    for name in ["toy_backbone.safetensors", "toy.spm"] {
        fs_err::copy(assets.join(name), folder.path().join("datasets/assets").join(name)).expect("copied");
    }
    folder
}

#[test]
#[ignore = "takes some minutes"]
fn soak_200_kills_of_a_quickstart() {
    soak(&quickstart(), SMALL, 200, Duration::from_millis(2500));
}

#[test]
#[ignore = "takes a minute"]
fn soak_100_kills_of_commands() {
    soak(&commands(), "--jobs 2", 100, Duration::from_millis(800));
}
