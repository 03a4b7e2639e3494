//! Digests of files, and the list of files below a folder.

use std::{
    cell::RefCell,
    fs::Metadata,
    io::{self, Read, Seek},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use blake3::hazmat::{ChainingValue, HasherExt, Mode, left_subtree_len, merge_subtrees_non_root, merge_subtrees_root};
use fs_err::File;
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

/// Bytes that a thread reads and hashes at a time: few enough to stay in its cache.
const BLOCK: u64 = 1 << 18;

/// Where a block may begin in memory, in bytes: at a cache line. Elsewhere some kernels take four times as long to copy.
const LINE: usize = 64;

thread_local! {
    /// Where a thread reads its blocks to.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The BLAKE3 digest of a file, hexadecimal. Large files are shared among the threads.
///
/// Files are read and not mapped: a mapped one that somebody shortens ends the program.
pub(crate) fn file_digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let digest = if length <= BLOCK { small_digest(&mut file)? } else { large_digest(&file, length)? };
    let now = if length <= BLOCK { file.stream_position()? } else { file.metadata()?.len() };
    if now != length {
        let message = format!("{} had {length} bytes and then {now}: it is changed while it is read", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(digest.to_hex().to_string())
}

fn small_digest(file: &mut File) -> io::Result<blake3::Hash> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(blake3::hash(&bytes))
}

/// BLAKE3 is a tree: the digest of a file is made of those of its two parts.
fn large_digest(file: &File, length: u64) -> io::Result<blake3::Hash> {
    let (left, right) = parts(file, 0, length);
    Ok(merge_subtrees_root(&left?, &right?, Mode::Hash))
}

type Part = io::Result<ChainingValue>;

/// The two parts of so many bytes from `start` on, as BLAKE3 parts them.
fn parts(file: &File, start: u64, length: u64) -> (Part, Part) {
    let left = left_subtree_len(length);
    rayon::join(|| part(file, start, left), || part(file, start + left, length - left))
}

fn part(file: &File, start: u64, length: u64) -> Part {
    if length > BLOCK {
        let (left, right) = parts(file, start, length);
        return Ok(merge_subtrees_non_root(&left?, &right?, Mode::Hash));
    }
    BUFFER.with_borrow_mut(|buffer| {
        buffer.resize(BLOCK as usize + LINE, 0);
        let line = buffer.as_ptr().align_offset(LINE);
        let block = &mut buffer[line..line + length as usize];
        file.file().read_exact_at(block, start)?;
        Ok(blake3::Hasher::new().set_input_offset(start).update(block).finalize_non_root())
    })
}

/// The digest of a list of names, each with something that stands for its content.
pub(crate) fn list_digest<'a>(parts: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, content) in parts {
        hasher.update(name.as_bytes()).update(&[0]).update(content.as_bytes()).update(b"\n");
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, file_digest};

    #[test]
    fn blocks_make_no_difference() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 5, 7 * BLOCK + 1024] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            fs_err::write(&path, &bytes).expect("writable");
            assert_eq!(file_digest(&path).expect("readable"), blake3::hash(&bytes).to_hex().as_str());
        }
    }

    #[test]
    fn a_file_that_has_another_length_than_it_says_is_an_error() {
        // Files below /proc say that they are empty.
        let error = file_digest(std::path::Path::new("/proc/version")).expect_err("it is not empty");
        assert!(error.to_string().contains("changed while it is read"), "{error}");
    }
}
