//! One runner at a time on one fingerprint.

use std::{fs::TryLockError, io, os::unix::fs::MetadataExt, path::PathBuf};

use fs_err::File;

use super::Store;

/// The right to work on a fingerprint. The kernel takes it back when the process ends, however it ends.
#[derive(Debug)]
pub struct WorkLock {
    path: PathBuf,
    _file: File,
}

impl Store {
    /// Takes the lock of a fingerprint; `None` if another process has it.
    pub(crate) fn try_lock(&self, fingerprint: &str) -> io::Result<Option<WorkLock>> {
        let path = self.root().join("work").join(format!("{fingerprint}.lock"));
        loop {
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            match file.file().try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // The former holder may have removed the file between opening and locking: then this lock guards nothing.
            if path.metadata().is_ok_and(|now| file.metadata().is_ok_and(|ours| now.ino() == ours.ino())) {
                return Ok(Some(WorkLock { path, _file: file }));
            }
        }
    }
}

impl Drop for WorkLock {
    fn drop(&mut self) {
        // A leftover lock file does no harm, so there is nothing to do about a failure.
        let _ = fs_err::remove_file(&self.path);
    }
}
