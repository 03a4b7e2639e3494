//! Reads every byte of the store: what was written, and is it still that?

use std::io;

use serde::Serialize;

use super::{Manifest, Store};

/// A result that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Its fingerprint.
    pub fingerprint: String,
    /// What is wrong with it.
    pub fault: String,
    /// Whether it was taken out of the store, so that the next run makes it again.
    pub removed: bool,
}

impl Store {
    /// Whether every byte of a result is right, its key belongs to its fingerprint, and nothing was added to it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn verify(&self, fingerprint: &str) -> Result<(), String> {
        let path = self.entry_path(fingerprint);
        let manifest = Manifest::read(&path)?;
        manifest.check_bytes(&path)?;
        manifest.check_names(&path)?;
        match self.key(fingerprint) {
            None => Err("key.json cannot be read".to_owned()),
            Some(key) if key.fingerprint() != fingerprint => Err("key.json belongs to another result".to_owned()),
            Some(_) => Ok(()),
        }
    }

    /// Takes a damaged result out of the store, unless a process works on it or may be reading it; gives whether it did.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn discard(&self, fingerprint: &str) -> io::Result<bool> {
        let Some(_lock) = self.try_lock(fingerprint)? else { return Ok(false) };
        self.remove(fingerprint)?;
        Ok(true)
    }
}
