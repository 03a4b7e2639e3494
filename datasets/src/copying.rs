//! Pictures beside the samples, for a data set that stands alone.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use rayon::prelude::*;

use crate::sample::Dataset;

/// Copies every picture of `dataset` into `folder`, each once and under its name, and points the data set there.
///
/// # Errors
/// Where a picture cannot be read or written; the message names it.
pub fn copy_pictures(dataset: Dataset, folder: &Path) -> Result<Dataset> {
    let names: BTreeSet<&str> = dataset.records.iter().map(|record| record.picture.file.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let source = Path::new(&dataset.image_root);
    names.par_iter().try_for_each(|name| copy(&source.join(name), &folder.join(name)))?;
    Ok(Dataset { image_root: folder.to_string_lossy().into_owned(), records: dataset.records })
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        fs_err::create_dir_all(parent)?;
    }
    fs_err::copy(from, to)?;
    Ok(())
}
