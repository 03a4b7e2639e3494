//! A store on a disk that runs full: the run fails and says so, and goes on once there is room.

use std::path::Path;
use std::process::Command;

use super::tiny::{find, folder};

/// A small file system in memory; `None` where the user may not mount one.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).expect("writable");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", size, "none"]).arg(at).output().ok()?;
        mount.status.success().then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0).status());
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let folder = folder();
    let store = folder.path().join("disk");
    let Some(disk) = SmallDisk::mount(&store, "size=420k") else { return };
    let (_, stderr) = folder.expect("run p.ron --store disk", 1);
    assert!(stderr.contains("No space left on device"), "{stderr}");
    assert!(find(&store.join("store"), "best.safetensors").is_empty(), "half a training was kept");
    let grown = Command::new("mount").args(["-o", "remount,size=200m"]).arg(disk.0).status().expect("mount");
    assert!(grown.success());
    folder.run("--store disk", 0);
}
