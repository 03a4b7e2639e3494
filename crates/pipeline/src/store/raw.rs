//! Digests of files outside the store, remembered so that a run with nothing to do reads none of them.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    STORE_FORMAT, Store,
    digest::{Found, file_digest, files_below, list_digest, map_files},
    raw_lists::RawLists,
    stamp::{Stamp, has_settled},
    write_atomically,
};
use crate::{RawHash, RawInput};

/// The memory of digests: `hashes.json`.
pub struct RawHashes {
    path: PathBuf,
    known: HashMap<PathBuf, Known>,
    changed: bool,
    lists: RawLists,
}

#[derive(Clone, Serialize, Deserialize)]
struct Known {
    stamp: Stamp,
    blake3: String,
}

#[derive(Serialize, Deserialize)]
struct OnDisk {
    format: u32,
    files: HashMap<PathBuf, Known>,
}

impl RawHashes {
    /// The memory of a store; empty if there is none or it cannot be understood.
    pub fn of(store: &Store) -> Self {
        let path = store.root().join("hashes.json");
        let on_disk: Option<OnDisk> = fs_err::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let known = on_disk.filter(|memory| memory.format == STORE_FORMAT).map(|memory| memory.files);
        Self { path, known: known.unwrap_or_default(), changed: false, lists: RawLists::of(store) }
    }

    /// The digest of a raw input.
    ///
    /// # Errors
    /// If it is not there or cannot be read.
    pub(crate) fn digest(&mut self, input: &RawInput, root: &Path) -> io::Result<String> {
        let found = files_below(&root.join(&input.path))?;
        if input.hash == RawHash::Listing {
            let sizes: Vec<String> = found.iter().map(|file| file.metadata.len().to_string()).collect();
            return Ok(self.listed(&found, &sizes));
        }
        let digests = self.file_digests(&found)?;
        if let ([file], [digest]) = (found.as_slice(), digests.as_slice())
            && file.name.is_empty()
        {
            return Ok(digest.clone());
        }
        Ok(self.listed(&found, &digests))
    }

    /// The digest of a raw input that is a single file and still what it was when it was last read. Takes no time.
    pub(crate) fn remembered(&self, input: &RawInput, root: &Path) -> Option<String> {
        let path = root.join(&input.path);
        let known = self.known.get(&path).filter(|_| input.hash == RawHash::Content)?;
        (Stamp::of(&path.metadata().ok()?) == known.stamp).then(|| known.blake3.clone())
    }

    /// The digest of a folder, whose list is kept so that a later plan can tell which files changed.
    fn listed(&mut self, found: &[Found], marks: &[String]) -> String {
        let parts = || found.iter().zip(marks).map(|(file, mark)| (file.name.as_str(), mark.as_str()));
        let digest = list_digest(parts());
        self.lists.keep(&digest, parts());
        digest
    }

    /// The files below a folder when it had that digest, each with what stands for its content; `None` if nobody kept the
    /// list, as of a single file.
    pub(crate) fn list(&self, digest: &str) -> Option<BTreeMap<String, String>> {
        self.lists.get(digest)
    }

    fn file_digests(&mut self, found: &[Found]) -> io::Result<Vec<String>> {
        let known = &self.known;
        let digest = |file: &Found| match known.get(&file.path) {
            Some(known) if known.stamp == Stamp::of(&file.metadata) => Ok((known.blake3.clone(), false)),
            _ => Ok((file_digest(&file.path)?, true)),
        };
        let digests = map_files(found, |file| file.metadata.len(), digest);
        let digests = digests.into_iter().collect::<io::Result<Vec<_>>>()?;
        let fresh = found.iter().zip(&digests).filter(|(file, (_, fresh))| *fresh && has_settled(&file.metadata));
        let fresh: Vec<_> = fresh.map(|(file, (blake3, _))| (file, blake3.clone())).collect();
        for (file, blake3) in fresh {
            self.known.insert(file.path.clone(), Known { stamp: Stamp::of(&file.metadata), blake3 });
            self.changed = true;
        }
        Ok(digests.into_iter().map(|(digest, _)| digest).collect())
    }

    /// Writes the memory, if there is anything new in it.
    pub(crate) fn save(&mut self) -> io::Result<()> {
        self.lists.save()?;
        if !std::mem::take(&mut self.changed) {
            return Ok(());
        }
        let on_disk = OnDisk { format: STORE_FORMAT, files: self.known.clone() };
        write_atomically(&self.path, &serde_json::to_vec(&on_disk)?)
    }
}
