//! Which directories are cases.

use std::path::{Path, PathBuf};

use fs_err as fs;

use super::ParityError;

/// Files by which a case is known: no other recorded data has one of these. A case may lack some, which is an error
/// when it is opened, but not all.
const MARKS: [&str; 5] = ["weights", "inputs", "grads", "step3", "step3_mask"];

/// What a directory holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Cases, by name.
    pub cases: Vec<PathBuf>,
    /// Directories that hold none.
    pub others: Vec<PathBuf>,
}

/// The directory itself if it is a case, else the cases directly below it.
///
/// # Errors
/// Where there is no such directory, or no case in it.
pub fn cases(dir: &Path) -> Result<Found, ParityError> {
    if is_case(dir) {
        return Ok(Found { cases: vec![dir.to_owned()], others: Vec::new() });
    }
    let mut below = Vec::new();
    for entry in fs::read_dir(dir)? {
        below.push(entry?.path());
    }
    below.retain(|path| path.is_dir());
    below.sort();
    let (cases, others): (Vec<_>, Vec<_>) = below.into_iter().partition(|path| is_case(path));
    if cases.is_empty() {
        let reason =
            "neither a case (weights.safetensors, inputs.safetensors, ...) nor a directory of cases".to_owned();
        return Err(ParityError::Damaged { path: dir.to_owned(), reason });
    }
    Ok(Found { cases, others })
}

fn is_case(dir: &Path) -> bool {
    MARKS.iter().any(|stem| dir.join(stem).with_extension("safetensors").is_file())
}
