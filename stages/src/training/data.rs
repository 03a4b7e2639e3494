//! The loaders of a training stage.

use std::sync::Arc;

use anyhow::{Result, bail};
use simvg_datasets::image::{Jitter, PixelNorm};
use simvg_datasets::loader::{Loader, LoaderOptions};
use simvg_datasets::sample::Dataset;
use simvg_datasets::text::Tokenizer;
use simvg_model::config::Compat;
use simvg_pipeline::StageContext;

use super::options::TrainOptions;
use crate::preprocess::Preprocess;

/// Training and validation samples, and how they are made ready.
pub struct TrainingData {
    pub train: Loader,
    pub val: Option<Loader>,
    pub preprocess: Preprocess,
}

impl TrainingData {
    /// Opens the data set and the tokenizer of a stage.
    pub fn open(context: &StageContext, options: &TrainOptions) -> Result<Self> {
        let dataset = Arc::new(Dataset::load(context.input(&options.data)?)?);
        let tokenizer = Arc::new(Tokenizer::load(&context.path(&options.tokenizer))?);
        let config = options.model_config()?;
        if tokenizer.vocab_size() > config.encoder.vocab_size {
            bail!(
                "{} has {} tokens, the model's token table only {} rows: raise `vocab_size` of the encoder",
                options.tokenizer,
                tokenizer.vocab_size(),
                config.encoder.vocab_size
            );
        }
        let preprocess = options.preprocess();
        let plain = loader_options(&preprocess, config.encoder.img_size, options.threads);
        let evaluation = LoaderOptions { batch: options.batch, cache_mib: options.cache_mib, ..plain };
        let official = config.compat == Compat::Official;
        let training = LoaderOptions {
            jitter: options.jitter.map(|j| Jitter { min: j.min, max: j.max, official }),
            seed: options.seed,
            shuffle: true,
            grouping: options.grouping.into(),
            ..evaluation.clone()
        };
        let train = Loader::new(Arc::clone(&dataset), &options.train_split, Arc::clone(&tokenizer), training)?;
        let val = options.val_split.as_ref().map(|split| {
            let chosen = members(&dataset, split, options.val_limit);
            if chosen.is_empty() {
                bail!("the data set has no records in split {split:?}; set `val_split: None` to do without");
            }
            Loader::with_members(Arc::clone(&dataset), chosen, Arc::clone(&tokenizer), evaluation)
        });
        Ok(Self { train, val: val.transpose()?, preprocess })
    }
}

/// Loader settings that follow from the weights; the rest is as for evaluation.
pub fn loader_options(preprocess: &Preprocess, img_size: usize, threads: usize) -> LoaderOptions {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    LoaderOptions {
        img_size,
        max_token: preprocess.max_token,
        norm: PixelNorm { mean: preprocess.mean, std: preprocess.std },
        blank_text: preprocess.blind_text,
        pad_to_max: preprocess.pad_to_max,
        threads: if threads == 0 { cores() } else { threads },
        ..LoaderOptions::default()
    }
}

/// Indices of a split's records, spread evenly where only `limit` of them are wanted (0 is all).
pub fn members(dataset: &Dataset, split: &str, limit: usize) -> Vec<usize> {
    let all: Vec<usize> = (0..dataset.records.len()).filter(|&i| *dataset.records[i].split == *split).collect();
    if limit == 0 || limit >= all.len() {
        return all;
    }
    (0..limit).map(|i| all[i * all.len() / limit]).collect()
}
