//! The one trainer: epochs of steps, an evaluation after each, checkpoints, metrics, and going on after a stop.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use fs_err as fs;
use simvg_model::checkpoint;
use simvg_model::trainer::{Rates, Trainer};
use simvg_pipeline::StageContext;

use super::data::TrainingData;
use super::history::{EpochMetrics, History};
use super::options::TrainOptions;
use super::setup;
use crate::validation::{self, Validation};

/// Where a training that was stopped goes on.
const STATE: &str = "state.safetensors";
/// The checkpoint of the best epoch.
pub const BEST: &str = "best.safetensors";
/// The checkpoint of the last epoch.
pub const LATEST: &str = "latest.safetensors";
/// Only the backbone, after the last epoch, named as BEiT-3 weights are.
pub const BACKBONE: &str = "backbone.safetensors";
/// One JSON line an epoch.
pub const METRICS: &str = "metrics.jsonl";

/// Runs a training stage.
pub fn run(context: &StageContext) -> Result<()> {
    let options = TrainOptions::from_params(&context.params)?;
    let data = TrainingData::open(context, &options)?;
    let mut training = Run::open(context, options, data)?;
    for epoch in training.history.epochs.len()..training.options.epochs {
        training.epoch(epoch)?;
    }
    training.finish()
}

/// A training under way.
struct Run<'a> {
    context: &'a StageContext,
    options: TrainOptions,
    data: TrainingData,
    trainer: Trainer,
    history: History,
}

impl<'a> Run<'a> {
    fn open(context: &'a StageContext, options: TrainOptions, data: TrainingData) -> Result<Self> {
        let saved = context.work.join(STATE);
        let (trainer, history) = if saved.exists() {
            let (trainer, note) = setup::resume(&options, &saved)?;
            let history: History = serde_json::from_str(&note).context("the saved training state is damaged")?;
            context.log(format!("going on after epoch {}", history.epochs.len()));
            (trainer, history)
        } else {
            (setup::start(context, &options)?, History::default())
        };
        Ok(Self { context, options, data, trainer, history })
    }

    fn epoch(&mut self, epoch: usize) -> Result<()> {
        let mut losses = BTreeMap::new();
        let mut grad_norm = 0.0;
        let steps = self.data.train.batches_per_epoch();
        let schedule = self.options.schedule();
        for (index, loaded) in self.data.train.epoch(epoch as u64).enumerate() {
            if self.context.cancelled() {
                bail!("stopped in epoch {}; the next run goes on from its start", epoch + 1);
            }
            let batch = crate::batch::to_model(loaded?);
            let lr = self.options.lr * schedule.factor(epoch, index as f64 / steps as f64);
            let rates = Rates { backbone: lr * self.options.backbone_lr_ratio, head: lr };
            let step = (epoch * steps + index) as u64;
            let report = self.trainer.step(&batch, rates, (self.options.seed, step));
            for (name, value) in report.output.losses {
                *losses.entry(name).or_insert(0.0) += f64::from(value) / steps as f64;
            }
            grad_norm += report.grad_norm / steps as f64;
            let done = step + 1;
            let total = (self.options.epochs * steps) as u64;
            let loss = losses.get("loss_total").copied().unwrap_or_default() * steps as f64 / (index + 1) as f64;
            if !loss.is_finite() {
                bail!("the loss is no longer a number in epoch {}, step {index}: lower `lr` or `clip`", epoch + 1);
            }
            self.context.progress(done, total, "steps", &format!("epoch {}, loss {loss:.2}", epoch + 1));
        }
        self.close_epoch(epoch, losses, grad_norm)
    }

    fn close_epoch(&mut self, epoch: usize, losses: BTreeMap<String, f64>, grad_norm: f64) -> Result<()> {
        let validation = self.validate(epoch)?;
        let lr = self.options.lr * self.options.schedule().factor(epoch, 0.0);
        let metrics = EpochMetrics { epoch: epoch + 1, lr, grad_norm, losses, validation };
        self.context.log(metrics.line());
        let is_best = self.history.push(metrics);
        self.write_checkpoint(LATEST)?;
        if is_best {
            fs::copy(self.context.work.join(LATEST), self.context.work.join(BEST))?;
        }
        let note = serde_json::to_string(&self.history)?;
        self.trainer.state.save(&self.context.work.join(STATE), &note)?;
        Ok(())
    }

    fn validate(&self, epoch: usize) -> Result<Validation> {
        let Some(loader) = self.data.val.as_ref().filter(|_| epoch >= self.options.evaluate_from) else {
            return Ok(Validation::default());
        };
        let mut model = self.trainer.evaluated();
        let branches = setup::trained_branches(&self.trainer.config);
        validation::validate(&mut model, loader, branches)
    }

    fn write_checkpoint(&self, name: &str) -> Result<()> {
        let mut facts = BTreeMap::from([
            ("epoch".to_owned(), self.history.epochs.len().to_string()),
            ("stage".to_owned(), self.context.id.clone()),
            ("seed".to_owned(), self.options.seed.to_string()),
        ]);
        self.data.preprocess.store(&mut facts);
        checkpoint::save(&self.context.work.join(name), &self.trainer.weights(&facts))?;
        Ok(())
    }

    /// Moves what the stage leaves behind into its output folder.
    fn finish(&self) -> Result<()> {
        let out = &self.context.out;
        for name in [BEST, LATEST] {
            fs::copy(self.context.work.join(name), out.join(name))?;
        }
        checkpoint::save_backbone(&out.join(BACKBONE), &self.trainer.weights(&BTreeMap::new()))?;
        fs::copy(self.context.path(&self.options.tokenizer), out.join(crate::preprocess::TOKENIZER))?;
        fs::write(out.join(METRICS), self.history.lines()?)?;
        Ok(())
    }
}
