//! The raw layout of REFER: `refs(<split by>).p` beside `instances.json`, and its gRefCOCO variant.
//!
//! Layout and fields after lichengunc/refer (`refer.py`) and henghuiding/gRefCOCO (`grefer.py`).

pub mod defect;
pub mod ids;
pub mod instances;
pub mod join;
pub mod pickle;
pub mod pictures;
pub mod raw;
pub mod refs;

use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;

use crate::formats::ReferFiles;

pub use defect::{Defect, Defects};
pub use instances::Instances;
pub use join::Joined;
pub use refs::{Head, Ref, Refs, Sentence, Shift};

/// What one data set folder holds.
#[derive(Debug)]
pub struct Refer {
    /// The file that `refs` came from.
    pub refs_file: PathBuf,
    /// References in the order of the file.
    pub refs: Refs,
    /// Pictures and annotated objects.
    pub instances: Instances,
    /// Whether the files list their splits, so that every split in `refs` is one; in REFER each reference names its own.
    pub lists_splits: bool,
}

/// The names that the reference file of a split may have, first choice first.
pub fn refs_file_names(split_by: &str) -> [String; 4] {
    let name = |prefix: &str, ending: &str| format!("{prefix}({split_by}).{ending}");
    [name("refs", "p"), name("grefs", "json"), name("grefs", "p"), name("refs", "json")]
}

/// Reads the references and the instances.
///
/// # Errors
/// Where a file is missing, damaged, too large, or not of this layout; the message names the file and the place.
pub fn read(files: &ReferFiles) -> Result<Refer> {
    let (refs, instances) = rayon::join(|| raw::read_refs(&files.refs), || instances::read_instances(&files.instances));
    let refs = refs?;
    ensure!(!refs.is_empty(), "{}: there is no reference in it", files.refs.display());
    Ok(Refer { refs, instances: instances?, refs_file: files.refs.clone(), lists_splits: false })
}

/// The length of a file that may have at most `limit` bytes.
pub(crate) fn checked_length(file: &fs_err::File, limit: u64) -> Result<u64> {
    let length = file.metadata()?.len();
    ensure!(length <= limit, "{} is larger than {limit} bytes: not an annotation file", file.path().display());
    Ok(length)
}

/// Bytes that a thread reads at a time. Most files are shorter; half a second goes into reading the largest in one piece.
const PART: usize = 1 << 24;

/// Reads a whole file of at most `limit` bytes.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let file = fs_err::File::open(path)?;
    let length = checked_length(&file, limit)?;
    if length <= PART as u64 {
        let mut bytes = Vec::with_capacity(length as usize);
        file.take(limit).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    let mut bytes = vec![0; length as usize];
    let read = |(part, bytes): (usize, &mut [u8])| file.file().read_exact_at(bytes, (part * PART) as u64);
    let read = bytes.par_chunks_mut(PART).enumerate().try_for_each(read);
    read.with_context(|| format!("reading {}", path.display()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_read_in_parts_and_too_long_ones_are_not() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let bytes: Vec<u8> = (0..2 * PART + 3).map(|at| (at % 251) as u8).collect();
        fs_err::write(file.path(), &bytes).unwrap();
        assert!(read_bounded(file.path(), bytes.len() as u64).unwrap() == bytes);
        assert!(read_bounded(file.path(), bytes.len() as u64 - 1).unwrap_err().to_string().contains("is larger than"));
    }
}
