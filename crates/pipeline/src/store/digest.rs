//! Digests of files, and the list of files below a folder.

use std::{
    fs::Metadata,
    io,
    path::{Path, PathBuf},
};

use rayon::prelude::*;

/// A file below a folder.
pub(crate) struct Found {
    /// Its path from the folder on, with `/` between the parts; empty if the "folder" is a file itself.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// What the file system says of it; links are followed.
    pub metadata: Metadata,
}

/// Every file below `root`, ordered by name; `root` itself if it is a file.
pub(crate) fn files_below(root: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    collect(root, String::new(), &mut found)?;
    found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn collect(path: &Path, name: String, found: &mut Vec<Found>) -> io::Result<()> {
    let metadata = fs_err::metadata(path)?;
    if !metadata.is_dir() {
        found.push(Found { name, path: path.to_owned(), metadata });
        return Ok(());
    }
    for child in fs_err::read_dir(path)? {
        let child = child?;
        let file_name = child.file_name();
        let part = file_name.to_str().ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{} has a name that is not Unicode", child.path().display()),
            )
        })?;
        let separator = if name.is_empty() { "" } else { "/" };
        collect(&child.path(), format!("{name}{separator}{part}"), found)?;
    }
    Ok(())
}

/// Fewer files than this, with fewer bytes in all than that, are read by one thread: to wake others takes longer.
const FILES_FOR_THREADS: usize = 64;
const BYTES_FOR_THREADS: u64 = 1 << 20;

/// Does something with every file, by several threads if that is worth while. `size` gives a file's length in bytes.
pub(crate) fn map_files<T: Sync, R: Send>(
    files: &[T],
    size: impl Fn(&T) -> u64,
    map: impl Fn(&T) -> R + Send + Sync,
) -> Vec<R> {
    if files.len() < FILES_FOR_THREADS && files.iter().map(size).sum::<u64>() < BYTES_FOR_THREADS {
        return files.iter().map(map).collect();
    }
    files.par_iter().map(map).collect()
}

/// The BLAKE3 digest of a file, hexadecimal. Large files are shared among the threads.
pub(crate) fn file_digest(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update_mmap_rayon(path)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot read {}: {error}", path.display())))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// The digest of a list of names, each with something that stands for its content.
pub(crate) fn list_digest<'a>(parts: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, content) in parts {
        hasher.update(name.as_bytes()).update(&[0]).update(content.as_bytes()).update(b"\n");
    }
    hasher.finalize().to_hex().to_string()
}
