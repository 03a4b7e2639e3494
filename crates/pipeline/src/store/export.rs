//! Copies a result out of the store.

use std::{io, path::Path};

use super::Store;

impl Store {
    /// Copies the files of a result, its manifest and key among them, into the new folder `to`. Every byte is checked on
    /// the way, and the folder appears whole or not at all.
    ///
    /// # Errors
    /// If `to` exists, the result is damaged, or something cannot be written.
    pub fn export(&self, fingerprint: &str, to: &Path) -> io::Result<()> {
        if to.exists() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} exists already", to.display())));
        }
        let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs_err::create_dir_all(parent)?;
        let copy = tempfile::Builder::new().prefix(".export-").tempdir_in(parent)?;
        let entry = self.entry_path(fingerprint);
        let damaged = |fault| io::Error::new(io::ErrorKind::InvalidData, format!("the result is damaged: {fault}"));
        for file in super::files_below(&entry)? {
            let target = copy.path().join(&file.name);
            fs_err::create_dir_all(target.parent().unwrap_or(parent))?;
            fs_err::copy(&file.path, target)?;
        }
        let manifest = super::Manifest::read(copy.path()).map_err(damaged)?;
        manifest.check_bytes(copy.path()).map_err(damaged)?;
        // A temporary folder is for its owner alone; a result is for whoever may read the store.
        fs_err::set_permissions(copy.path(), fs_err::metadata(&entry)?.permissions())?;
        fs_err::rename(copy.keep(), to)
    }
}
