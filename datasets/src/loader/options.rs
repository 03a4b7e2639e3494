//! What a loader can be told.

use anyhow::{Result, ensure};

use crate::image::{Jitter, PixelNorm};

/// Which records may share a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// Any.
    #[default]
    None,
    /// Only landscape (wider than high) or only other pictures, as the official sampler does. The official
    /// sampler also repeats records to fill the last batch of each kind; here that batch is short.
    Orientation,
    /// Only records of the same report group: texts of like length, so less padding.
    ReportGroup,
}

/// How records become batches.
#[derive(Debug, Clone, PartialEq)]
pub struct LoaderOptions {
    /// Side S of the input square in pixels.
    pub img_size: usize,
    /// Most tokens of a text, begin and end included.
    pub max_token: usize,
    /// Records a batch.
    pub batch: usize,
    /// Augmentation; `None` for evaluation.
    pub jitter: Option<Jitter>,
    /// Pixel normalisation.
    pub norm: PixelNorm,
    /// Seed of order, expressions and jitter.
    pub seed: u64,
    /// Whether every epoch has its own order; otherwise that of the data set.
    pub shuffle: bool,
    /// Which records may share a batch.
    pub grouping: Grouping,
    /// Show the model `<s></s>` instead of the text: the language-blind baseline.
    pub blank_text: bool,
    /// Pad texts to `max_token`, as the reference does, instead of to the longest text of the batch.
    pub pad_to_max: bool,
    /// Leave out batches that are not full.
    pub drop_last: bool,
    /// Worker threads.
    pub threads: usize,
    /// Memory for decoded pictures in MiB; 0 decodes every time.
    pub cache_mib: usize,
}

impl Default for LoaderOptions {
    /// Evaluation with the official base settings.
    fn default() -> Self {
        Self {
            img_size: 640,
            max_token: 20,
            batch: 32,
            jitter: None,
            norm: PixelNorm::default(),
            seed: 6666,
            shuffle: false,
            grouping: Grouping::None,
            blank_text: false,
            pad_to_max: true,
            drop_last: false,
            threads: 1,
            cache_mib: 0,
        }
    }
}

impl LoaderOptions {
    /// Refuses values that no batch can be made with.
    pub(super) fn check(&self) -> Result<()> {
        ensure!(self.img_size > 0, "img_size is 0");
        ensure!(self.batch > 0, "batch is 0; at least one record a batch is needed");
        ensure!(self.threads > 0, "threads is 0; the loader needs at least one");
        ensure!(self.max_token >= 3, "max_token is {}; begin, one token and end need 3", self.max_token);
        ensure!(self.norm.std.iter().all(|&s| s > 0.0), "std {:?} must be positive", self.norm.std);
        if let Some(jitter) = self.jitter {
            ensure!(
                0.0 < jitter.min && jitter.min <= jitter.max && jitter.max.is_finite(),
                "jitter from {} to {}: both must be positive and in order",
                jitter.min,
                jitter.max
            );
        }
        Ok(())
    }
}
