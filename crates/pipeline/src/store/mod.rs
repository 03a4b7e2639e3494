//! The store: what stages made, by fingerprint.
//!
//! ```text
//! artifacts/
//!   format                          version of this layout
//!   store/<fingerprint>/            the files of a stage, with manifest.json and key.json beside them
//!   work/<fingerprint>/out/         where a running stage writes
//!   work/<fingerprint>/scratch/     its checkpoints; they outlive a kill
//!   work/<fingerprint>.lock         held while the stage runs; the kernel frees it when the process dies
//!   stages/<pipeline>.jsonl         the latest fingerprint of every stage, for `why`, `report` and `artifacts gc`
//!   live/<pipeline>/<stage>/        what a running stage shows, such as checkpoints; no part of a result
//!   known/<pipeline>.jsonl          what the latest results consist of, to read one file instead of all manifests
//!   hashes.json                     digests of raw files by path, size, times and inode
//!   lists/<digest>.json             the files below a raw folder that had that digest, for `why`
//!   runs/<time>-<pipeline>/         run.json and events.jsonl: what a run was asked to do, and did
//! ```
//!
//! An entry appears by one rename after all of it is written, so there is no half an entry. Whoever wants to use one checks
//! it: names and sizes when a plan asks whether it is there, every byte before another stage reads it.

mod commit;
mod digest;
mod export;
mod find;
mod gc;
mod gc_lists;
mod in_use;
mod inventory;
mod known;
mod latest;
mod list;
mod lock;
mod manifest;
mod raw;
mod raw_lists;
mod stamp;
mod verify;
mod work;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::Error;

pub use commit::Origin;
pub(crate) use digest::files_below;
pub use find::Found as FoundEntry;
pub use gc::{GcReport, Goes, Keep, Limits};
pub use inventory::Item;
pub(crate) use known::KnownResults;
pub use lock::WorkLock;
pub use manifest::{Contents, FileRecord, Manifest};
pub use raw::RawHashes;
pub use verify::Fault;
pub use work::Work;

/// Version of everything that the store writes. It is part of every fingerprint.
pub const STORE_FORMAT: u32 = 1;

/// Files that the store itself puts into an entry.
pub(crate) const OWN_FILES: [&str; 2] = ["manifest.json", "key.json"];

/// A folder of results.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    latest: latest::LatestCache,
}

/// A complete result of a stage.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its folder.
    pub path: PathBuf,
    /// What lies in it.
    pub contents: Arc<Contents>,
}

impl Entry {
    /// Whether every file has its right bytes; the error says what is wrong.
    pub(crate) fn check_bytes(&self) -> Result<(), String> {
        let manifest = Manifest::read(&self.path)?;
        if manifest.digest != self.contents.digest {
            return Err("it was made anew with other bytes".to_owned());
        }
        manifest.check_bytes(&self.path)
    }
}

/// What the store has for a fingerprint.
#[derive(Debug, Clone)]
pub enum Lookup {
    /// Nothing.
    Missing,
    /// An entry that must not be used, and what is wrong with it.
    Damaged(String),
    /// A complete entry.
    Found(Entry),
}

impl Lookup {
    /// What an entry at `path` is worth, given what lies in it or why that cannot be read.
    fn judge(path: PathBuf, contents: Result<Arc<Contents>, String>) -> Self {
        match contents.and_then(|contents| contents.check_sizes(&path).map(|()| contents)) {
            Ok(contents) => Self::Found(Entry { path, contents }),
            Err(_) if !path.exists() => Self::Missing,
            Err(fault) => Self::Damaged(fault),
        }
    }
}

impl Store {
    /// The store in the folder `root`, which need not exist yet.
    ///
    /// # Errors
    /// If another program version wrote it in a format of its own, or it cannot be read.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let root = root.into();
        let format = root.join("format");
        if format.exists() {
            let found = fs_err::read_to_string(&format)?;
            if found.trim() != STORE_FORMAT.to_string() {
                let (path, found) = (root.display().to_string(), found.trim().to_owned());
                return Err(Error::StoreFormat { path, found, known: STORE_FORMAT });
            }
        }
        let root = std::path::absolute(root)?;
        Ok(Self { root, latest: latest::LatestCache::default() })
    }

    /// The store's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What there is under `fingerprint`, judged by the names and sizes of the files.
    pub fn lookup(&self, fingerprint: &str) -> Lookup {
        let path = self.entry_path(fingerprint);
        let contents = Manifest::read(&path).map(|manifest| Arc::new(manifest.contents()));
        Lookup::judge(path, contents)
    }

    /// Makes the folders that a run needs.
    pub(crate) fn prepare(&self) -> std::io::Result<()> {
        for folder in ["store", "work", "stages", "runs"] {
            fs_err::create_dir_all(self.root.join(folder))?;
        }
        let format = self.root.join("format");
        if !format.exists() {
            write_atomically(&format, format!("{STORE_FORMAT}\n").as_bytes())?;
        }
        Ok(())
    }

    /// Where the entry of a fingerprint lies.
    pub fn entry_path(&self, fingerprint: &str) -> PathBuf {
        self.root.join("store").join(fingerprint)
    }

    /// Where a running stage shows what others may look at.
    pub fn live_path(&self, pipeline: &str, stage: &str) -> PathBuf {
        self.root.join("live").join(pipeline).join(stage)
    }

    /// Where a stage with that fingerprint works.
    pub(crate) fn work_path(&self, fingerprint: &str) -> PathBuf {
        self.root.join("work").join(fingerprint)
    }
}

/// Writes a small file so that readers see the old content or the new, never a part.
pub(crate) fn write_atomically(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs_err::create_dir_all(folder)?;
    let file = tempfile::NamedTempFile::new_in(folder)?;
    fs_err::write(file.path(), content)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
