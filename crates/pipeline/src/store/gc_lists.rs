//! Lists of the files of raw inputs, which nobody needs any more once no result was made from them.

use std::{collections::HashMap, io, path::PathBuf, time::SystemTime};

use super::{
    Goes, Item, Store,
    gc::{age, leftover},
};

/// A list and the results whose keys have its digest.
pub(super) struct List {
    path: PathBuf,
    /// Fingerprints.
    pub results: Vec<String>,
}

impl Store {
    /// Every list in the store.
    pub(super) fn lists(&self, items: &[Item]) -> io::Result<Vec<List>> {
        let folder = self.root().join("lists");
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let mut results: HashMap<&str, Vec<String>> = HashMap::new();
        for item in items {
            for digest in item.key.iter().flat_map(|key| key.raw.values()) {
                results.entry(digest).or_default().push(item.fingerprint.clone());
            }
        }
        let list = |path: PathBuf| {
            let digest = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            List { results: results.get(digest).cloned().unwrap_or_default(), path }
        };
        fs_err::read_dir(folder)?.map(|file| Ok(list(file?.path()))).collect()
    }
}

impl List {
    /// The list as something that goes.
    pub fn goes(self, now: SystemTime) -> io::Result<Goes> {
        let age = age(now, fs_err::metadata(&self.path)?.modified()?);
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        leftover(self.path, name, "list of files that no result was made from", age)
    }
}
