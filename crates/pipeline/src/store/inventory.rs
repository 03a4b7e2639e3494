//! Everything that lies in the store, for those who look after it.

use std::{io, path::PathBuf, time::SystemTime};

use rayon::prelude::*;

use super::{Manifest, Store, digest::files_below};
use crate::Key;

/// A result in the store, whether it can be used or not.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its fingerprint.
    pub fingerprint: String,
    /// Its folder.
    pub path: PathBuf,
    /// What it says of itself, or why it cannot be used.
    pub manifest: Result<Manifest, String>,
    /// What it was made from, if that can be read.
    pub key: Option<Key>,
    /// What it takes on the disk, in bytes.
    pub bytes: u64,
    /// When it was made.
    pub made: SystemTime,
}

impl Item {
    /// The stage that made it first, as `pipeline/stage`.
    pub fn maker(&self) -> String {
        self.manifest.as_ref().map_or_else(
            |_| "?".to_owned(),
            |manifest| format!("{}/{}", manifest.origin.pipeline, manifest.origin.stage),
        )
    }

    /// Whether `text` stands in its maker, its kind, or at the start of its fingerprint.
    pub fn fits(&self, text: &str) -> bool {
        let kind = self.key.as_ref().map_or("", |key| &key.kind);
        self.maker().contains(text) || kind == text || self.fingerprint.starts_with(text)
    }
}

impl Store {
    /// Every result, ordered by fingerprint.
    ///
    /// # Errors
    /// If the store cannot be read. A damaged result is no error, it says so itself.
    pub fn items(&self) -> io::Result<Vec<Item>> {
        self.fingerprints()?.into_par_iter().map(|fingerprint| self.item(fingerprint)).collect()
    }

    fn item(&self, fingerprint: String) -> io::Result<Item> {
        let path = self.entry_path(&fingerprint);
        let manifest = Manifest::read(&path).and_then(|manifest| manifest.check_sizes(&path).map(|()| manifest));
        let made = fs_err::metadata(path.join("manifest.json")).or_else(|_| fs_err::metadata(&path))?.modified()?;
        let key = self.key(&fingerprint);
        Ok(Item { bytes: bytes_below(&path)?, fingerprint, path, manifest, key, made })
    }
}

/// Length of all files below a folder together.
pub(super) fn bytes_below(folder: &std::path::Path) -> io::Result<u64> {
    Ok(files_below(folder)?.iter().map(|file| file.metadata.len()).sum())
}
