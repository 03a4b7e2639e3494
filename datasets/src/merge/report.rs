//! What merging kept, removed, and found in several inputs.

use std::collections::{BTreeSet, HashSet};

use serde::Serialize;

use crate::sample::Dataset;

/// What merging kept, removed, and found in several inputs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MergeReport {
    /// What became of each input, in order.
    pub inputs: Vec<Contribution>,
    /// Pictures that two inputs have in common, where there are any.
    pub shared: Vec<Shared>,
    /// Training records that were removed because their picture is evaluated on.
    pub removed_records: usize,
    /// Different pictures of these records.
    pub removed_images: usize,
    #[serde(skip)]
    pub(super) removed: HashSet<u32>,
}

/// What became of an input.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Contribution {
    /// The data sets in it.
    pub name: String,
    /// Different pictures in it.
    pub images: usize,
    /// Records that went into the merged set.
    pub records: usize,
    /// Training records that were removed because their picture is evaluated on.
    pub removed_records: usize,
    /// Different pictures of these records.
    pub removed_images: usize,
}

/// Pictures that two inputs have in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shared {
    /// One input.
    pub first: String,
    /// The other.
    pub second: String,
    /// How many pictures.
    pub images: usize,
}

impl MergeReport {
    /// Names, pictures and overlaps of the inputs; `numbers` tell the picture of each record.
    pub(super) fn of_inputs(inputs: &[Dataset], numbers: &[Vec<u32>]) -> Self {
        let sets: Vec<HashSet<u32>> = numbers[..inputs.len()].iter().map(|n| n.iter().copied().collect()).collect();
        let names: Vec<String> = inputs.iter().map(name).collect();
        let mut shared = Vec::new();
        for (i, first) in sets.iter().enumerate() {
            for (j, second) in sets.iter().enumerate().skip(i + 1) {
                let images = first.intersection(second).count();
                shared.push(Shared { first: names[i].clone(), second: names[j].clone(), images });
            }
        }
        shared.retain(|pair| pair.images > 0);
        let part =
            |(name, set): (String, &HashSet<u32>)| Contribution { name, images: set.len(), ..Contribution::default() };
        Self { inputs: names.into_iter().zip(&sets).map(part).collect(), shared, ..Self::default() }
    }

    /// With the sums over all inputs.
    pub(super) fn closed(mut self) -> Self {
        self.removed_records = self.inputs.iter().map(|input| input.removed_records).sum();
        self.removed_images = self.removed.drain().count();
        self
    }

    /// In words, a line each.
    pub fn lines(&self) -> Vec<String> {
        let shared = self.shared.iter().map(|s| format!("{} and {} share {} pictures", s.first, s.second, s.images));
        let removed = self.inputs.iter().filter(|input| input.removed_records > 0).map(|input| {
            let (records, images) = (input.removed_records, input.removed_images);
            format!("{}: {records} training records of {images} pictures left out, which are evaluated on", input.name)
        });
        let (records, images) = (self.removed_records, self.removed_images);
        let sum = format!("{records} training records of {images} pictures left out in all");
        shared.chain(removed).chain([sum]).collect()
    }
}

/// The names of the data sets in an input.
fn name(dataset: &Dataset) -> String {
    let names: BTreeSet<&str> = dataset.records.iter().map(|record| &*record.dataset).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}
