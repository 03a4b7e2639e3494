//! Pictures beside the samples, for a data set that stands alone.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use rayon::prelude::*;

/// Copies the pictures of these names from `source` into `folder`.
///
/// # Errors
/// Where a picture cannot be read or written; the message names it.
pub fn copy_pictures(names: BTreeSet<&str>, source: &Path, folder: &Path) -> Result<()> {
    let names: Vec<&str> = names.into_iter().collect();
    names.par_iter().try_for_each(|name| copy(&source.join(name), &folder.join(name)))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        fs_err::create_dir_all(parent)?;
    }
    fs_err::copy(from, to)?;
    Ok(())
}
