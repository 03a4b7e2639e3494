//! Stores and paths that are not as one would wish.

use std::time::{Duration, SystemTime};

use super::support::{Folder, TWO, assert_contains};

#[test]
fn spaces_and_other_alphabets_in_paths() {
    let folder = Folder::with(TWO);
    let store = "mein Speicher/данные 数据";
    for expected in ["ran", "hit"] {
        let output = folder.command().args(["run", "p.ron", "--json", "--store", store]).output().expect("it starts");
        assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("\"id\":\"b\",\"status\":\"{expected}\"")));
    }
    let output = folder.command().args(["artifacts", "path", "p.ron", "b", "--store", store]).output().expect("starts");
    assert!(String::from_utf8_lossy(&output.stdout).contains(store));
}

#[test]
fn a_clock_that_was_set_back_changes_nothing() {
    let folder = Folder::with(&TWO.replace("env:", "inputs: {\"raw\": \"raw.txt\"}, env:"));
    folder.put("raw.txt", "raw");
    let future = SystemTime::now() + Duration::from_secs(10 * 86400);
    let set = |path: std::path::PathBuf| {
        std::fs::File::options().write(true).open(path).and_then(|file| file.set_modified(future)).expect("settable");
    };
    set(folder.path().join("raw.txt"));
    folder.run("", 0);
    for entry in fs_err::read_dir(folder.path().join("artifacts/store")).expect("a store") {
        set(entry.expect("an entry").path().join("manifest.json"));
    }
    assert_eq!(folder.run("", 0), "a:hit b:hit");
    assert_contains(&folder.expect("artifacts ls", 0).0, &["0 s"]);
    folder.expect("artifacts gc --even-latest --older-than 1s", 0);
    assert_eq!(folder.run("", 0), "a:hit b:hit");
}

/// Whether the user is stopped by permissions; an administrator is not.
fn is_stopped_by_permissions(folder: &Folder) -> bool {
    let probe = folder.path().join("probe");
    fs_err::create_dir(&probe).expect("a folder");
    read_only(&probe, true);
    fs_err::write(probe.join("x"), "").is_err()
}

fn read_only(path: &std::path::Path, yes: bool) {
    use std::os::unix::fs::PermissionsExt;
    let mode = if yes { 0o555 } else { 0o755 };
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
}

#[test]
fn a_store_that_cannot_be_written_can_be_read() {
    let folder = Folder::with(TWO);
    folder.run("", 0);
    let store = folder.path().join("artifacts");
    let Some(_disk) = PutBack::read_only(&store, &folder) else { return };
    assert_contains(&folder.expect("plan p.ron", 0).0, &["0 of 2 stages to run"]);
    assert_contains(&folder.expect("artifacts ls", 0).0, &["2 results"]);
    folder.expect("artifacts verify", 0);
    folder.expect("why p.ron a", 0);
    folder.expect("artifacts path p.ron a", 0);
    folder.expect("artifacts gc --dry-run", 0);
    let (_, stderr) = folder.expect("run p.ron --set word=new", 5);
    assert_contains(&stderr, &["the store:", "artifacts"]);
    assert_eq!(stderr.matches("artifacts").count(), 1, "it is told once: {stderr}");
}

/// Puts a folder back when it is dropped: takes what was mounted there away (`true`), or gives the permissions back.
struct PutBack(std::path::PathBuf, bool);

impl PutBack {
    /// Makes the store read-only: by permissions, or for administrators by mounting it so.
    fn read_only(store: &std::path::Path, folder: &Folder) -> Option<Self> {
        if is_stopped_by_permissions(folder) {
            for name in ["", "runs", "work", "stages", "store"] {
                read_only(&store.join(name), true);
            }
            return Some(Self(store.to_owned(), false));
        }
        let mount = |options: &[&str]| std::process::Command::new("mount").args(options).arg(store).output();
        let bound = std::process::Command::new("mount").arg("--bind").args([store, store]).output().ok()?;
        (bound.status.success() && mount(&["-o", "remount,bind,ro"]).is_ok_and(|output| output.status.success()))
            .then(|| Self(store.to_owned(), true))
    }
}

impl Drop for PutBack {
    fn drop(&mut self) {
        if self.1 {
            drop(std::process::Command::new("umount").arg("-l").arg(&self.0).status());
            return;
        }
        for name in ["", "runs", "work", "stages", "store"] {
            read_only(&self.0.join(name), false);
        }
    }
}

#[test]
fn a_full_disk_is_named_and_leaves_nothing_behind() {
    let stage = r#""a": Command(argv: ["sh", "-c", "head -c 400000 /dev/zero > x"], outputs: ["x"])"#;
    let folder = Folder::with(&format!("Pipeline(name: \"full\", stages: {{{stage}}})"));
    let disk = folder.path().join("disk");
    fs_err::create_dir(&disk).expect("writable");
    let mount =
        |size: &str| std::process::Command::new("mount").args(["-t", "tmpfs", "-o", size, "none"]).arg(&disk).output();
    // Only administrators may.
    if !mount("size=200k").is_ok_and(|output| output.status.success()) {
        return;
    }
    let _mounted = PutBack(disk.clone(), true);
    let (_, stderr) = folder.expect("run p.ron --store disk/store", 1);
    assert_contains(&stderr, &["its disk has no room left"]);
    assert_eq!(fs_err::read_dir(disk.join("store/store")).expect("a store").count(), 0);
    mount("remount,size=4m").expect("it can be made larger");
    assert_eq!(folder.run("--store disk/store", 0), "a:ran");
}

#[test]
fn the_store_may_lie_on_another_disk() {
    let folder = Folder::with(TWO);
    // Shared memory is a file system of its own on every Linux.
    let Ok(disk) = tempfile::tempdir_in("/dev/shm") else { return };
    let store = disk.path().display().to_string();
    assert_eq!(folder.run(&format!("--store {store}"), 0), "a:ran b:ran");
    assert_eq!(folder.run(&format!("--store {store}"), 0), "a:hit b:hit");
    folder.expect(&format!("artifacts export p.ron b --to here --store {store}"), 0);
    assert!(folder.path().join("here/b.txt").exists());
    folder.expect(&format!("artifacts verify --store {store}"), 0);
}
