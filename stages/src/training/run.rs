//! The one trainer: epochs of steps, an evaluation after each, checkpoints, metrics, and going on where it stopped.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use fs_err as fs;
use simvg_model::batch::Batch;
use simvg_model::checkpoint;
use simvg_model::trainer::{Rates, Trainer};
use simvg_pipeline::StageContext;

use super::data::TrainingData;
use super::history::{EpochMetrics, History, OpenEpoch};
use super::live::Live;
use super::options::TrainOptions;
use super::setup;
use crate::precision;
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
    precision::remark(options.precision).into_iter().for_each(|line| context.log(line));
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
    /// Steps of an epoch.
    steps: usize,
    live: Live,
    /// When the state was last saved.
    saved: Instant,
}

impl<'a> Run<'a> {
    fn open(context: &'a StageContext, options: TrainOptions, data: TrainingData) -> Result<Self> {
        let saved = context.work.join(STATE);
        let live = Live::new(context, &options);
        let (trainer, history) = if saved.exists() {
            let (trainer, note) = setup::resume(&options, &saved)?;
            let history: History = serde_json::from_str(&note).context("the saved training state is damaged")?;
            context.log(format!("going on after epoch {}, step {}", history.epochs.len(), history.open.steps));
            (trainer, history)
        } else {
            live.clear(context);
            (setup::start(context, &options)?, History::default())
        };
        let steps = data.train.batches_per_epoch();
        Ok(Self { context, options, data, trainer, history, steps, live, saved: Instant::now() })
    }

    fn epoch(&mut self, epoch: usize) -> Result<()> {
        for loaded in self.data.train.epoch_from(epoch as u64, self.history.open.steps) {
            if self.context.cancelled() {
                self.save()?;
                bail!("stopped in epoch {}; the next run goes on from this step", epoch + 1);
            }
            let batch = crate::batch::to_model(loaded?);
            self.step(epoch, &batch)?;
            self.data.train.reuse(batch.img);
            if self.options.checkpoint_minutes.is_some_and(|m| self.saved.elapsed().as_secs_f64() >= m * 60.0) {
                self.save()?;
            }
        }
        self.close_epoch(epoch)
    }

    fn step(&mut self, epoch: usize, batch: &Batch) -> Result<()> {
        let (index, steps) = (self.history.open.steps, self.steps);
        let lr = self.options.lr * self.options.schedule().factor(epoch, index as f64 / steps as f64);
        let rates = Rates { backbone: lr * self.options.backbone_lr_ratio, head: lr };
        let step = (epoch * steps + index) as u64;
        let report = self.trainer.step(batch, rates, (self.options.seed, step));
        self.history.open.add(steps, report.grad_norm, report.output.losses);
        let loss = self.history.open.mean_loss(steps);
        if !loss.is_finite() {
            bail!("the loss is no longer a number in epoch {}, step {index}: lower `lr` or `clip`", epoch + 1);
        }
        let total = (self.options.epochs * steps) as u64;
        self.context.progress(step + 1, total, "steps", &format!("epoch {}, loss {loss:.2}", epoch + 1));
        Ok(())
    }

    fn close_epoch(&mut self, epoch: usize) -> Result<()> {
        let validation = self.validate(epoch)?;
        let OpenEpoch { losses, grad_norm, .. } = std::mem::take(&mut self.history.open);
        let lr = self.options.lr * self.options.schedule().factor(epoch, 0.0);
        let metrics = EpochMetrics { epoch: epoch + 1, lr, grad_norm, losses, validation };
        self.context.log(metrics.line());
        let is_best = self.history.push(metrics);
        let latest = self.context.work.join(LATEST);
        self.write_checkpoint(&latest)?;
        if is_best {
            fs::copy(&latest, self.context.work.join(BEST))?;
        }
        if epoch >= self.options.evaluate_from {
            self.live.publish(self.context, &latest, epoch + 1);
        }
        self.save()
    }

    /// Saves the state, from which the next run goes on.
    fn save(&mut self) -> Result<()> {
        let note = serde_json::to_string(&self.history)?;
        self.trainer.state.save(&self.context.work.join(STATE), &note)?;
        self.saved = Instant::now();
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

    fn write_checkpoint(&self, path: &Path) -> Result<()> {
        let mut facts = BTreeMap::from([
            ("epoch".to_owned(), self.history.epochs.len().to_string()),
            ("stage".to_owned(), self.context.id.clone()),
            ("seed".to_owned(), self.options.seed.to_string()),
        ]);
        self.data.preprocess.store(&mut facts);
        checkpoint::save(path, &self.trainer.weights(&facts))?;
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
