//! Turns the output folder of a finished stage into an entry of the store.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use fs_err::File;
use serde::{Deserialize, Serialize};

use super::{Entry, Manifest, OWN_FILES, Store};
use crate::Key;

/// Results that took this long to make, in seconds, are forced to the disk before they count as stored. For others that
/// would take longer than making them again; after a power failure their digests show the damage.
const SYNC_FROM_SECONDS: f64 = 1.0;

/// Smaller files are left out of that: thousands of small pictures cost more to sync than to make again.
const SYNC_FROM_BYTES: u64 = 1 << 16;

/// How an entry came to be. None of it is in the fingerprint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Name of the stage.
    pub stage: String,
    /// Git commit of the project.
    pub commit: Option<String>,
    /// How long the stage ran, in seconds.
    pub seconds: f64,
}

impl Store {
    /// Empty `out` and kept `scratch` folder of a stage about to run.
    pub(crate) fn work_folders(&self, fingerprint: &str) -> io::Result<(PathBuf, PathBuf)> {
        let work = self.work_path(fingerprint);
        let (out, scratch) = (work.join("out"), work.join("scratch"));
        if out.exists() {
            fs_err::remove_dir_all(&out)?;
        }
        fs_err::create_dir_all(&out)?;
        fs_err::create_dir_all(&scratch)?;
        Ok((out, scratch))
    }

    /// Makes the `out` folder of a finished stage the entry of its fingerprint, and drops its work folder.
    ///
    /// # Errors
    /// If something cannot be written. The store is then as it was before.
    pub(crate) fn commit(&self, fingerprint: &str, key: &Key, origin: Origin) -> io::Result<Entry> {
        let work = self.work_path(fingerprint);
        let out = work.join("out");
        let manifest = Manifest::of_folder(&out, origin)?;
        write_json(&out.join("key.json"), key)?;
        write_json(&out.join("manifest.json"), &manifest)?;
        let is_costly = manifest.origin.seconds >= SYNC_FROM_SECONDS;
        if is_costly {
            sync(&out, &manifest)?;
        }
        self.remove(fingerprint)?;
        let path = self.entry_path(fingerprint);
        fs_err::rename(&out, &path)?;
        if is_costly {
            File::open(self.root().join("store"))?.sync_all()?;
        }
        fs_err::remove_dir_all(&work)?;
        Ok(Entry { path, contents: Arc::new(manifest.contents()) })
    }

    /// Takes an entry out of the store, in one step for whoever looks at the same time.
    pub(crate) fn remove(&self, fingerprint: &str) -> io::Result<()> {
        let entry = self.entry_path(fingerprint);
        if !entry.exists() {
            return Ok(());
        }
        let grave = self.root().join("work").join(format!("{fingerprint}.old-{}", std::process::id()));
        fs_err::rename(&entry, &grave)?;
        fs_err::remove_dir_all(&grave)
    }

    /// The key of a stored entry, if it can be read.
    pub fn key(&self, fingerprint: &str) -> Option<Key> {
        let text = fs_err::read(self.entry_path(fingerprint).join("key.json")).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    fs_err::write(path, text)
}

/// Forces the files of a finished output folder to the disk.
fn sync(out: &Path, manifest: &Manifest) -> io::Result<()> {
    let large = manifest.files.iter().filter(|file| file.size >= SYNC_FROM_BYTES).map(|file| file.path.as_str());
    for name in large.chain(OWN_FILES).chain([""]) {
        File::open(out.join(name))?.sync_all()?;
    }
    Ok(())
}
