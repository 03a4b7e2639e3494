//! `manifest.json`: every file of an entry with its size and digest, so that damage is found before it is used.

use std::{io, path::Path};

use serde::{Deserialize, Serialize};

use super::{
    OWN_FILES, STORE_FORMAT,
    commit::Origin,
    digest::{file_digest, files_below, list_digest, map_files},
};

/// What lies in an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this file.
    pub format: u32,
    /// Digest of the content: what the stages that read this entry have in their keys.
    pub digest: String,
    /// How the entry came to be.
    pub origin: Origin,
    /// Every file, ordered by name.
    pub files: Vec<FileRecord>,
}

/// One file of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Path from the entry's folder on.
    pub path: String,
    /// Length in bytes.
    pub size: u64,
    /// BLAKE3, hexadecimal.
    pub blake3: String,
}

/// What a plan has to know of an entry: its manifest without digests of files, times and names of stages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// [`Manifest::digest`].
    pub digest: String,
    /// Path and length of every file, ordered by name.
    pub files: Vec<(String, u64)>,
}

impl Contents {
    /// Whether every file is there with its right size.
    pub(crate) fn check_sizes(&self, entry: &Path) -> Result<(), String> {
        for (name, size) in &self.files {
            match entry.join(name).metadata() {
                Ok(metadata) if metadata.len() == *size => {}
                Ok(metadata) => return Err(format!("{name} has {} bytes, not {size}", metadata.len())),
                Err(_) => return Err(format!("{name} is missing")),
            }
        }
        Ok(())
    }
}

impl Manifest {
    /// The part of it that a plan has to know.
    pub(crate) fn contents(&self) -> Contents {
        let files = self.files.iter().map(|file| (file.path.clone(), file.size)).collect();
        Contents { digest: self.digest.clone(), files }
    }

    /// Measures the files of a folder that is to become an entry.
    pub(crate) fn of_folder(folder: &Path, origin: Origin) -> io::Result<Self> {
        let found = files_below(folder)?;
        if let Some(own) = found.iter().find(|file| OWN_FILES.contains(&file.name.as_str())) {
            let message = format!("a stage may not write a file called {}: the store keeps its own there", own.name);
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
        }
        let record = |file: &super::digest::Found| {
            let blake3 = file_digest(&file.path)?;
            Ok(FileRecord { path: file.name.clone(), size: file.metadata.len(), blake3 })
        };
        let files = map_files(&found, |file| file.metadata.len(), record);
        let files = files.into_iter().collect::<io::Result<Vec<_>>>()?;
        let content = files.iter().filter(|file| is_content(&file.path));
        let digest = list_digest(content.map(|file| (file.path.as_str(), file.blake3.as_str())));
        Ok(Self { format: STORE_FORMAT, digest, origin, files })
    }

    /// Reads the manifest of an entry; the error says what is wrong with the entry.
    pub(crate) fn read(entry: &Path) -> Result<Self, String> {
        let text = fs_err::read(entry.join("manifest.json")).map_err(|_| "manifest.json cannot be read".to_owned())?;
        let manifest: Self = serde_json::from_slice(&text).map_err(|error| format!("manifest.json: {error}"))?;
        if manifest.format != STORE_FORMAT {
            return Err(format!("manifest.json has format {}, not {STORE_FORMAT}", manifest.format));
        }
        Ok(manifest)
    }

    /// Whether every file is there with its right size.
    pub(crate) fn check_sizes(&self, entry: &Path) -> Result<(), String> {
        self.contents().check_sizes(entry)
    }

    /// Whether there is no file that was not written.
    pub(crate) fn check_names(&self, entry: &Path) -> Result<(), String> {
        let found = files_below(entry).map_err(|error| error.to_string())?;
        let is_known = |name: &str| {
            OWN_FILES.contains(&name) || self.files.binary_search_by(|file| file.path.as_str().cmp(name)).is_ok()
        };
        match found.iter().find(|file| !is_known(&file.name)) {
            Some(file) => Err(format!("{} was added to it", file.name)),
            None => Ok(()),
        }
    }

    /// Whether every file has its right bytes.
    pub(crate) fn check_bytes(&self, entry: &Path) -> Result<(), String> {
        self.check_sizes(entry)?;
        let check = |file: &FileRecord| match file_digest(&entry.join(&file.path)) {
            Ok(digest) if digest == file.blake3 => Ok(()),
            Ok(_) => Err(format!("{} has other bytes than were written", file.path)),
            Err(error) => Err(error.to_string()),
        };
        map_files(&self.files, |file| file.size, check).into_iter().collect()
    }
}

/// Logs are for people: two runs that differ only in them made the same thing.
fn is_content(path: &str) -> bool {
    path != "log.txt" && !path.starts_with("logs/")
}
