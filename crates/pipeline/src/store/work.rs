//! What running and stopped stages have in `work/`, for those who look after the store.

use std::{io, path::Path};

use fs_err::File;

use super::{Store, inventory::bytes_below};

/// What is left of a stage that has no result yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Name of its folder: a fingerprint, with more behind it for what was about to be removed.
    pub name: String,
    /// Whether a living process works on it.
    pub held: bool,
    /// What it takes on the disk, in bytes.
    pub bytes: u64,
}

impl Store {
    /// Every folder in `work/`, ordered by name.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub fn work(&self) -> io::Result<Vec<Work>> {
        let folder = self.root().join("work");
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for entry in fs_err::read_dir(&folder)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| path.is_dir()) else {
                continue;
            };
            // A stage may end while its folder is measured.
            let bytes = bytes_below(&path).unwrap_or(0);
            let held = is_held(&folder.join(format!("{name}.lock")));
            found.push(Work { name: name.to_owned(), held, bytes });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }
}

fn is_held(lock: &Path) -> bool {
    File::open(lock).is_ok_and(|file| matches!(file.file().try_lock_shared(), Err(std::fs::TryLockError::WouldBlock)))
}
