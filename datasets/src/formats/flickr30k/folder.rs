//! Small files of one folder, of which Flickr30k has tens of thousands.
//!
//! Opening and reading them is most of what reading that data set takes, so it is done with as little as can be: names are
//! looked up in the open folder and not along the whole path, and one buffer serves for all.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, open, openat};
use rustix::io::{Errno, read};

/// The largest real file has 30 KB.
const MAX_BYTES: usize = 1 << 20;

/// An open folder.
pub(super) struct Folder {
    path: PathBuf,
    file: OwnedFd,
}

/// Most files are far smaller.
const USUAL_BYTES: usize = 1 << 15;

/// Room for a file and a byte more.
pub(super) struct Buffer(Vec<u8>);

impl Default for Buffer {
    fn default() -> Self {
        Self(vec![0; USUAL_BYTES])
    }
}

impl Folder {
    pub(super) fn open(path: PathBuf) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let file = open(&path, flags, Mode::empty()).with_context(|| format!("opening {}", path.display()))?;
        Ok(Self { path, file })
    }

    /// Where a file is, for messages.
    pub(super) fn place(&self, name: &str) -> String {
        format!("in {}", self.path.join(name).display())
    }

    /// The bytes of a file.
    pub(super) fn read<'b>(&self, name: &str, buffer: &'b mut Buffer) -> Result<&'b [u8]> {
        let file = openat(&self.file, Path::new(name), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        let mut length = 0;
        loop {
            if length == buffer.0.len() {
                buffer.0.resize((2 * length).min(MAX_BYTES + 1), 0);
            }
            match read(&file, &mut buffer.0[length..]) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        ensure!(length <= MAX_BYTES, "it is larger than {MAX_BYTES} bytes: not an annotation file");
        Ok(&buffer.0[..length])
    }
}
