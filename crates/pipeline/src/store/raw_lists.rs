//! The files below raw folders, by the digest of the folder: the same list is kept once, whoever reads it.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::PathBuf,
};

use super::{Store, write_atomically};

/// Letters of a file's digest that a list keeps: enough to tell that it is another.
const MARK: usize = 16;

/// `lists/` in the store, and the lists that are not there yet.
pub(super) struct RawLists {
    folder: PathBuf,
    fresh: HashMap<String, BTreeMap<String, String>>,
}

impl RawLists {
    /// The lists of a store.
    pub fn of(store: &Store) -> Self {
        Self { folder: store.root().join("lists"), fresh: HashMap::new() }
    }

    /// Takes a list of names and what stands for their content, until it is saved.
    pub fn keep<'a>(&mut self, digest: &str, parts: impl Iterator<Item = (&'a str, &'a str)>) {
        if self.path(digest).exists() || self.fresh.contains_key(digest) {
            return;
        }
        let short = |mark: &str| mark.get(..MARK).unwrap_or(mark).to_owned();
        self.fresh.insert(digest.to_owned(), parts.map(|(name, mark)| (name.to_owned(), short(mark))).collect());
    }

    /// The list of a digest.
    pub fn get(&self, digest: &str) -> Option<BTreeMap<String, String>> {
        if let Some(list) = self.fresh.get(digest) {
            return Some(list.clone());
        }
        serde_json::from_slice(&fs_err::read(self.path(digest)).ok()?).ok()
    }

    /// Writes the lists that are not there yet.
    pub fn save(&mut self) -> io::Result<()> {
        for (digest, list) in std::mem::take(&mut self.fresh) {
            write_atomically(&self.path(&digest), &serde_json::to_vec(&list)?)?;
        }
        Ok(())
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.json"))
    }
}
