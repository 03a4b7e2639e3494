//! The work that is timed: real steps of a real model, on pictures and texts of noise. Weights are fresh; timings do not
//! depend on them.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use simvg_model::batch::{Batch, ImageMeta, Targets};
use simvg_model::config::{BalancedDistill, InitScheme, ModelConfig};
use simvg_model::flops;
use simvg_model::head::Branches;
use simvg_model::model::{self, SimVg};
use simvg_model::state::TrainState;
use simvg_model::trainer::{Optim, Rates, Trainer};

use super::measure::Timings;
use super::{Settings, TEXT, peak};

/// Of these, tokens that are not padding.
const WORDS: usize = 12;

/// A finished benchmark.
pub struct Outcome {
    /// `train`, `infer` or `optimizer`.
    pub work: &'static str,
    /// Side of the pictures in pixels.
    pub image: usize,
    /// Measured seconds.
    pub timings: Timings,
    /// What bounds a step.
    pub limit: Limit,
}

/// How much a step asks of what bounds it, and how much of that the machine gives a second.
pub enum Limit {
    /// Arithmetic.
    Products {
        /// Operations of a step.
        operations: f64,
        /// What matrix products alone reach on the same threads.
        peak: f64,
    },
    /// Memory.
    Memory {
        /// Bytes that a step reads and writes.
        bytes: f64,
        /// What passes over memory alone reach on the same threads.
        peak: f64,
    },
}

/// Times training steps with both branches, distillation and a moving average.
pub fn train(settings: &Settings) -> Result<Outcome> {
    let mut config = config(settings)?;
    config.head.branch_loss_weight.balanced_distill = Some(BalancedDistill { token: 2.0, distill: 1.0 });
    let layout = model::layout(&config);
    let params = model::init(&config, &layout, 0, InitScheme::Official);
    let state = TrainState::new(params, &layout, true);
    let optim = Optim { betas: [0.9, 0.98], eps: 1e-9, clip: 0.15, ema: Some(0.999) };
    let mut trainer = Trainer::new(config.clone(), state, optim).with_precision(settings.precision.into());
    let batch = batch(&config, settings.batch);
    let mut timings = Timings::default();
    for step in 0..=settings.steps {
        let start = Instant::now();
        let rates = Rates { backbone: 5e-5, head: 5e-4 };
        let report = trainer.step(&batch, rates, (0, step as u64));
        if step > 0 {
            timings.add(start.elapsed().as_secs_f64(), &report.phases.named());
        }
    }
    let operations = flops::training_step(&config, settings.batch, batch.text_len());
    let limit = Limit::Products { operations, peak: peak::products(settings.precision.into()) };
    Ok(Outcome { work: "train", image: config.encoder.img_size, timings, limit })
}

/// Times the forward pass of the branches asked for.
pub fn infer(settings: &Settings, branches: Branches) -> Result<Outcome> {
    let config = config(settings)?;
    let layout = model::layout(&config);
    let params = model::init(&config, &layout, 0, InitScheme::Official);
    let mut model = SimVg::from_params(config.clone(), params, settings.precision.into());
    let batch = batch(&config, settings.batch);
    let mut timings = Timings::default();
    for step in 0..=settings.steps {
        let start = Instant::now();
        let phases = model.infer_timed(&batch, branches).1;
        if step > 0 {
            timings.add(start.elapsed().as_secs_f64(), &phases.named());
        }
    }
    let operations = flops::forward(&config, settings.batch, batch.text_len(), branches);
    let limit = Limit::Products { operations, peak: peak::products(settings.precision.into()) };
    Ok(Outcome { work: "infer", image: config.encoder.img_size, timings, limit })
}

/// The model that is timed.
pub fn config(settings: &Settings) -> Result<ModelConfig> {
    let mut config = ModelConfig::preset(&settings.preset).context("no such preset")?;
    config.encoder.img_size = settings.image.unwrap_or(config.encoder.img_size);
    let patch = config.encoder.patch_size;
    let tiles = config.encoder.img_size > 0 && config.encoder.img_size % patch == 0;
    ensure!(tiles, "--image {} is not a multiple of the patch of {patch} pixels", config.encoder.img_size);
    Ok(config)
}

fn batch(config: &ModelConfig, samples: usize) -> Batch {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let side = config.encoder.img_size;
    let s = side as f64;
    let vocab = config.encoder.vocab_size as u32;
    let token = |i: usize, rng: &mut ChaCha8Rng| if i % TEXT < WORDS { rng.random_range(4..vocab) } else { 1 };
    let mut batch = Batch {
        pictures: Vec::new(),
        img: (0..samples * 3 * side * side).map(|_| rng.random_range(-2.0..2.0)).collect(),
        ids: (0..samples * TEXT).map(|i| token(i, &mut rng)).collect(),
        padding: (0..samples * TEXT).map(|i| u8::from(i % TEXT >= WORDS)).collect(),
        metas: vec![ImageMeta { img_shape: [side, side], scale_factor: [1.0; 4] }; samples],
        targets: vec![Targets { boxes: vec![[0.2 * s, 0.3 * s, 0.6 * s, 0.7 * s]], is_object: vec![true] }; samples],
        objects: Vec::new(),
    };
    batch.trim();
    batch
}
