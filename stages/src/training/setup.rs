//! How a training begins: fresh parameters, those of another checkpoint, or where it stopped.

use std::path::{Path, PathBuf};

use anyhow::Result;
use simvg_model::checkpoint::{Checkpoint, Which};
use simvg_model::config::ModelConfig;
use simvg_model::head::Branches;
use simvg_model::model;
use simvg_model::state::TrainState;
use simvg_model::trainer::{Optim, Trainer};
use simvg_pipeline::StageContext;

use super::options::{TrainOptions, WeightSet};
use super::run::BEST;

/// A training from its first step.
pub fn start(context: &StageContext, options: &TrainOptions) -> Result<Trainer> {
    let config = options.model_config()?;
    let layout = model::layout(&config);
    let mut params = model::init(&config, &layout, options.seed, options.init_scheme);
    if let Some(init) = &options.init {
        let path = checkpoint_file(context.input(init)?, BEST);
        let which = if options.init_from == WeightSet::Ema { Which::Ema } else { Which::Live };
        let checkpoint = Checkpoint::load(&path)?;
        let copied = checkpoint.copy_into(&layout, &mut params, which, true)?;
        context.log(format!("{copied} of {} tensors from {}", layout.entries().len(), path.display()));
        checkpoint.fit(&layout).resized.iter().for_each(|change| context.log(format!("interpolated: {change}")));
    }
    let state = TrainState::new(params, &layout, options.ema.is_some());
    Ok(trainer(config, state, options))
}

/// A training that was stopped, and the note it left.
pub fn resume(options: &TrainOptions, state: &Path) -> Result<(Trainer, String)> {
    let config = options.model_config()?;
    let (state, note) = TrainState::load(state, &model::layout(&config))?;
    Ok((trainer(config, state, options), note))
}

/// The branches that a model with this configuration is trained in.
pub fn trained_branches(config: &ModelConfig) -> Branches {
    let weight = &config.head.branch_loss_weight;
    Branches { decoder: weight.decoder.is_some(), token: !weight.decoder_only() }
}

/// The checkpoint file itself: `name` within the folder of a training stage, or the file that was named.
pub fn checkpoint_file(path: PathBuf, name: &str) -> PathBuf {
    if path.is_dir() { path.join(name) } else { path }
}

fn trainer(config: ModelConfig, state: TrainState, options: &TrainOptions) -> Trainer {
    Trainer::new(config, state, optim(options)).with_precision(options.precision.into())
}

fn optim(options: &TrainOptions) -> Optim {
    Optim { betas: options.betas, eps: options.eps, clip: options.clip, ema: options.ema }
}
