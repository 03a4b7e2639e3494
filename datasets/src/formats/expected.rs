//! Which files a conversion reads, told before it runs.

use std::path::Path;

use anyhow::Result;

use super::{Format, recognise};
use crate::catalog::{self, ExpectedFile};

/// What converting `dataset` needs, there or not: the files that the catalog lists or, where the data set's folder is in
/// another format than REFER's, that folder; and the picture folder.
///
/// # Errors
/// Where the catalog is malformed.
pub fn expected_files(
    format: Format,
    dataset: &str,
    split_by: &str,
    raw_dir: &Path,
    images_dir: &Path,
) -> Result<Vec<ExpectedFile>> {
    let mut expected = catalog::expected_files(dataset, split_by, raw_dir, images_dir)?;
    let folder = raw_dir.join(dataset);
    let shown = if format == Format::Auto { recognise(&folder).unwrap_or(Format::Refer) } else { format };
    if shown != Format::Refer && folder.is_dir() {
        expected.retain(|file| file.path == images_dir);
        let (what, where_from) =
            (format!("annotations in the format {shown}"), "the makers of the data set".to_owned());
        expected.insert(0, ExpectedFile { path: folder, what, where_from });
    }
    Ok(expected)
}
