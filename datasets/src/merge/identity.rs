//! Which records show the same picture.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;

use anyhow::Result;
use blake3::{Hash, Hasher};
use rayon::prelude::*;

use crate::sample::Dataset;

/// When two pictures are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// When the collection that they come from gives them the same number.
    #[default]
    Collection,
    /// Also when their files are equal, byte for byte: finds a picture under another name or in another collection.
    Content,
}

/// A number for the picture of every record of every data set; the same picture has the same number.
pub(super) fn number<'a>(
    datasets: impl Iterator<Item = &'a Dataset> + Clone,
    identity: Identity,
) -> Result<Vec<Vec<u32>>> {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut files = Vec::new();
    for dataset in datasets.clone() {
        for record in &dataset.records {
            let next = numbers.len() as u32;
            if let Entry::Vacant(entry) = numbers.entry(&record.picture.identity) {
                entry.insert(next);
                files.push(dataset.image_path(record));
            }
        }
    }
    let same = match identity {
        Identity::Collection => (0..files.len() as u32).collect(),
        Identity::Content => first_of_content(&files)?,
    };
    let of = |dataset: &'a Dataset| {
        dataset.records.iter().map(|record| same[numbers[record.picture.identity.as_str()] as usize])
    };
    Ok(datasets.map(|dataset| of(dataset).collect()).collect())
}

/// For each file the number of the first one with the same content.
fn first_of_content(files: &[PathBuf]) -> Result<Vec<u32>> {
    let digests = files.par_iter().map(digest).collect::<Result<Vec<Hash>>>()?;
    let mut first: HashMap<Hash, u32> = HashMap::new();
    Ok(digests.into_iter().zip(0..).map(|(digest, number)| *first.entry(digest).or_insert(number)).collect())
}

fn digest(path: &PathBuf) -> Result<Hash> {
    let mut hasher = Hasher::new();
    hasher.update_reader(fs_err::File::open(path)?)?;
    Ok(hasher.finalize())
}
