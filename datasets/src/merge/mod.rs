//! Puts data sets together for training, without letting a picture that is evaluated on be trained on.
//!
//! RefCOCO, RefCOCO+ and RefCOCOg speak of the same COCO pictures but split them differently: what one trains on,
//! another tests on. So a training record goes where its picture is in a validation or test split of any input, or of a
//! data set that is not merged but will be evaluated on.

mod identity;
mod report;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};

use crate::sample::{Dataset, Picture, Record};

pub use identity::Identity;
pub use report::{Contribution, MergeReport, Shared};

/// The split that is trained on; all others are evaluated on.
const TRAIN: &str = "train";
/// Bits of a record's id below the number of its input; more where ids are longer, as after merging.
const ID_BITS: u32 = 32;

/// How to merge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MergeOptions {
    /// When two pictures are the same.
    pub identity: Identity,
    /// The splits that go in; empty for all. What is evaluated on is looked for in all of them.
    pub splits: Vec<String>,
}

/// The outcome of merging.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// All evaluation records and the training records that are left, input after input.
    pub dataset: Dataset,
    /// What was kept, removed and shared.
    pub report: MergeReport,
}

/// Merges data sets. Training records go whose picture is evaluated on in `inputs` or in `held_out`, which is not merged.
///
/// Records of input `i` have `i` added above the bits of the longest id (at least 32 bits), which keeps ids unique.
///
/// # Errors
/// Where there is no input, an id is negative or too long, or a picture cannot be read to be told from others.
pub fn merge(inputs: Vec<Dataset>, held_out: &[Dataset], options: &MergeOptions) -> Result<Merged> {
    ensure!(!inputs.is_empty(), "there is nothing to merge");
    let numbers = identity::number(inputs.iter().chain(held_out), options.identity)?;
    let all = || inputs.iter().chain(held_out).zip(&numbers);
    let evaluated: HashSet<u32> = all().flat_map(|(dataset, numbers)| evaluated(dataset, numbers)).collect();
    let mut report = MergeReport::of_inputs(&inputs, &numbers);
    let image_root = common_root(&inputs).to_owned();
    let ids = Ids::of(&inputs)?;
    let mut records = Vec::new();
    for (input, (dataset, numbers)) in inputs.into_iter().zip(&numbers).enumerate() {
        let part = &mut report.inputs[input];
        let mut moving = Moving::new(ids.at(input), &dataset.image_root, &image_root);
        let mut removed = HashSet::new();
        for (record, &number) in dataset.records.into_iter().zip(numbers) {
            if &*record.split == TRAIN && evaluated.contains(&number) {
                part.removed_records += 1;
                removed.insert(number);
            } else if options.splits.is_empty() || options.splits.iter().any(|split| **split == *record.split) {
                part.records += 1;
                records.push(moving.moved(record));
            }
        }
        part.removed_images = removed.len();
        report.removed.extend(removed);
    }
    Ok(Merged { dataset: Dataset { image_root, records }, report: report.closed() })
}

/// Numbers of the pictures that a data set evaluates on.
fn evaluated<'a>(dataset: &'a Dataset, numbers: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
    let records = dataset.records.iter().zip(numbers);
    records.filter(|(record, _)| &*record.split != TRAIN).map(|(_, &number)| number)
}

/// The root that all inputs share, or none.
fn common_root(inputs: &[Dataset]) -> &str {
    let first = &inputs[0].image_root;
    if inputs.iter().all(|dataset| dataset.image_root == *first) { first } else { "" }
}

/// Records as they stand in the merged set: their ids in the input's range, their paths complete where roots differ.
struct Moving<'a> {
    first_id: i64,
    own_root: &'a str,
    same_root: bool,
    /// Pictures by where they were, so that records go on sharing them.
    pictures: HashMap<*const Picture, Arc<Picture>>,
}

impl<'a> Moving<'a> {
    fn new(first_id: i64, own_root: &'a str, root: &str) -> Self {
        Self { first_id, own_root, same_root: own_root == root, pictures: HashMap::new() }
    }

    fn moved(&mut self, mut record: Record) -> Record {
        record.id += self.first_id;
        if !self.same_root {
            let old = &record.picture;
            let complete = || Path::new(self.own_root).join(&old.file).to_string_lossy().into_owned();
            let new = || Arc::new(Picture { file: complete(), ..(**old).clone() });
            record.picture = Arc::clone(self.pictures.entry(Arc::as_ptr(old)).or_insert_with(new));
        }
        record
    }
}

/// Where the ids of each input begin.
struct Ids {
    bits: u32,
}

impl Ids {
    fn of(inputs: &[Dataset]) -> Result<Self> {
        let mut longest = 0;
        for record in inputs.iter().flat_map(|dataset| &dataset.records) {
            let id = u64::try_from(record.id);
            longest = longest.max(id.with_context(|| format!("record id {} of {}", record.id, record.dataset))?);
        }
        let bits = ID_BITS.max(u64::BITS - longest.leading_zeros());
        let highest = (inputs.len() as u64 - 1).checked_shl(bits).filter(|id| id >> bits == inputs.len() as u64 - 1);
        ensure!(highest.is_some_and(|id| id < 1 << 62), "ids of {bits} bits leave no room to tell the inputs apart");
        Ok(Self { bits })
    }

    fn at(&self, input: usize) -> i64 {
        (input as i64) << self.bits
    }
}
