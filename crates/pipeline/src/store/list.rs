//! What lies in the store, for commands that look at it as a whole.

use std::io;

use super::{Manifest, Store};

impl Store {
    /// The fingerprints of all entries, ordered.
    ///
    /// # Errors
    /// If the folder of the entries cannot be listed.
    pub fn fingerprints(&self) -> io::Result<Vec<String>> {
        let folder = self.root().join("store");
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let names = fs_err::read_dir(folder)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        let mut names: Vec<String> = names.filter_map(io::Result::transpose).collect::<io::Result<_>>()?;
        names.sort_unstable();
        Ok(names)
    }

    /// The list of files of an entry, if it can be read. Whether they are as listed is another question:
    /// [`Store::lookup`].
    pub fn manifest(&self, fingerprint: &str) -> Option<Manifest> {
        Manifest::read(&self.entry_path(fingerprint)).ok()
    }
}
