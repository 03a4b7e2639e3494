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

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

pub use defect::{Defect, Defects};
pub use instances::Instances;
pub use join::{Joined, Sentence};
pub use raw::RawRef;

/// What one data set folder holds.
#[derive(Debug)]
pub struct Refer {
    /// The file that `refs` came from.
    pub refs_file: PathBuf,
    /// References in the order of the file.
    pub refs: Vec<RawRef>,
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

/// Reads the references and the instances of `dir`.
///
/// # Errors
/// Where a file is missing, damaged, too large, or not of this layout; the message names the file and the place.
pub fn read(dir: &Path, split_by: &str) -> Result<Refer> {
    let names = refs_file_names(split_by);
    let Some(refs_file) = names.iter().map(|name| dir.join(name)).find(|path| path.is_file()) else {
        bail!("{} holds no {} (nor {})", dir.display(), names[0], names[1..].join(", "));
    };
    let (refs, instances) =
        rayon::join(|| raw::read_refs(&refs_file), || instances::read_instances(&dir.join("instances.json")));
    Ok(Refer { refs: refs?, instances: instances?, refs_file, lists_splits: false })
}

/// Reads a whole file of at most `limit` bytes.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let file = fs_err::File::open(path)?;
    let length = file.metadata()?.len();
    ensure!(length <= limit, "{} is larger than {limit} bytes: not an annotation file", path.display());
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
