//! Records of a split to batches in a fixed order.
//!
//! The order of an epoch, the expression that speaks for a record, and the jitter of its picture are functions
//! of (seed, epoch, record) alone (`draws`), so the batches are the same whatever the number of threads.
//! `order` lays out the epoch, `sample` prepares one record, `batch` puts samples together, and
//! [`Batches`] runs worker threads ahead of whoever consumes.

mod batch;
mod batches;
mod cache;
mod draws;
mod options;
mod order;
mod sample;
mod spare;

pub use batch::{LoadedBatch, SampleMeta};
pub use batches::Batches;
pub use options::{Grouping, LoaderOptions};
pub use sample::single;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, ensure};

use crate::sample::Dataset;
use crate::text::Tokenizer;
use cache::PictureCache;
use spare::Spare;

/// One split of a data set, ready to be read epoch after epoch.
#[derive(Debug)]
pub struct Loader {
    source: Arc<Source>,
}

/// What every worker thread shares.
#[derive(Debug)]
struct Source {
    dataset: Arc<Dataset>,
    /// Indices into the data set's records.
    members: Vec<usize>,
    tokenizer: Arc<Tokenizer>,
    options: LoaderOptions,
    cache: PictureCache,
    spare: Spare,
}

impl Loader {
    /// Opens the records of `split`.
    ///
    /// # Errors
    /// When the split is empty or an option is out of its range.
    pub fn new(dataset: Arc<Dataset>, split: &str, tokenizer: Arc<Tokenizer>, options: LoaderOptions) -> Result<Self> {
        let records = dataset.records.iter().enumerate();
        let members: Vec<usize> = records.filter(|(_, r)| *r.split == *split).map(|(index, _)| index).collect();
        ensure!(!members.is_empty(), "the data set has no records in split {split:?}");
        Self::with_members(dataset, members, tokenizer, options)
    }

    /// Opens chosen records, given by their indices in `dataset`.
    ///
    /// # Errors
    /// When an index does not exist or an option is out of its range.
    pub fn with_members(
        dataset: Arc<Dataset>,
        members: Vec<usize>,
        tokenizer: Arc<Tokenizer>,
        options: LoaderOptions,
    ) -> Result<Self> {
        options.check()?;
        let count = dataset.records.len();
        ensure!(members.iter().all(|&index| index < count), "a record index beyond the {count} of the data set");
        let cache = PictureCache::new(options.cache_mib << 20);
        let source = Source { dataset, members, tokenizer, options, cache, spare: Spare::default() };
        Ok(Self { source: Arc::new(source) })
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.source.members.len()
    }

    /// True if there is no record.
    pub fn is_empty(&self) -> bool {
        self.source.members.is_empty()
    }

    /// Number of batches in every epoch.
    pub fn batches_per_epoch(&self) -> usize {
        order::epoch_batches(&self.source, 0).len()
    }

    /// Takes back the pixels of a batch that is done with, to write the next ones there.
    pub fn reuse(&self, pixels: Vec<f32>) {
        self.source.spare.give(pixels);
    }

    /// Starts the workers on an epoch.
    pub fn epoch(&self, epoch: u64) -> Batches {
        self.epoch_from(epoch, 0)
    }

    /// The same without the batches before the `first`, counted from zero: nothing of those is read.
    pub fn epoch_from(&self, epoch: u64, first: usize) -> Batches {
        Batches::start(&self.source, epoch, first)
    }
}

impl Source {
    fn picture_path(&self, index: usize) -> PathBuf {
        self.dataset.image_path(&self.dataset.records[index])
    }
}
