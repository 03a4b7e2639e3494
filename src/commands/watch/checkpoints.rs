//! The checkpoints in a folder, as far as they are whole.

use std::{
    collections::BTreeMap,
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Instant,
};

use simvg_model::checkpoint::Checkpoint;

use super::SETTLING;
use crate::view;

/// Length, time of the last change in seconds and nanoseconds, and inode: what tells that a file is still the same.
pub type Stamp = (u64, i64, i64, u64);

/// What is known of a file.
enum Seen {
    /// It may still be written: it has looked like this since then.
    Since(Instant),
    /// It stands still and is no checkpoint.
    Broken,
    /// It is whole, and was made by this stage, if it says so.
    Whole(Option<String>),
}

/// A whole checkpoint.
pub struct Found<'a> {
    /// Its file.
    pub path: &'a Path,
    /// The same from the folder on.
    pub within: &'a Path,
    /// Tells it from a later one of the same name.
    pub stamp: Stamp,
    /// The training stage that made it, if it says so.
    pub stage: Option<&'a str>,
}

/// A folder of checkpoints and what was seen in it.
pub struct Checkpoints {
    folder: PathBuf,
    seen: BTreeMap<PathBuf, (Stamp, Seen)>,
}

impl Checkpoints {
    /// A folder, which need not exist yet.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), seen: BTreeMap::new() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Looks at every file; gives whether one of them may still be written.
    pub fn scan(&mut self) -> io::Result<bool> {
        let mut seen = BTreeMap::new();
        for path in candidates(&self.folder, 1)? {
            // A file may go away between listing and looking.
            let Ok(metadata) = path.metadata() else { continue };
            let stamp = (metadata.len(), metadata.mtime(), metadata.mtime_nsec(), metadata.ino());
            let known = self.seen.remove(&path).filter(|(known, _)| *known == stamp);
            let state = match known {
                Some((_, Seen::Since(since))) if since.elapsed() >= SETTLING => inspect(&path),
                Some((_, state)) => state,
                None => Seen::Since(Instant::now()),
            };
            seen.insert(path, (stamp, state));
        }
        self.seen = seen;
        Ok(self.seen.values().any(|(_, state)| matches!(state, Seen::Since(_))))
    }

    /// The whole ones, by their paths.
    pub fn whole(&self) -> impl Iterator<Item = Found<'_>> {
        self.seen.iter().filter_map(|(path, (stamp, seen))| match seen {
            Seen::Whole(stage) => {
                let within = path.strip_prefix(&self.folder).unwrap_or(path);
                Some(Found { path, within, stamp: *stamp, stage: stage.as_deref() })
            }
            _ => None,
        })
    }
}

/// Reads a file that stands still.
fn inspect(path: &Path) -> Seen {
    match Checkpoint::load(path) {
        Ok(checkpoint) => Seen::Whole(checkpoint.metadata().get("stage").cloned()),
        Err(error) => {
            view::say(&format!("not a whole checkpoint, ignored until it changes: {error}"));
            Seen::Broken
        }
    }
}

/// Files in a folder, and in the folders `depth` levels below it, that are called like checkpoints.
fn candidates(folder: &Path, depth: usize) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_dir() && depth > 0 {
            found.extend(candidates(&path, depth - 1)?);
        } else if matches!(ending, Some("safetensors" | "pth" | "pt")) && path.is_file() {
            found.push(path);
        }
    }
    Ok(found)
}
