//! What a training has seen so far, epoch by epoch.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::run::METRICS;
use crate::validation::Validation;

/// One epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// Counted from one.
    pub epoch: usize,
    /// Learning rate of the head at its start.
    pub lr: f64,
    /// Mean gradient norm before clipping.
    pub grad_norm: f64,
    /// Mean of every loss term.
    pub losses: BTreeMap<String, f64>,
    /// Accuracy afterwards.
    pub validation: Validation,
}

impl EpochMetrics {
    /// The epoch in a line for people.
    pub fn line(&self) -> String {
        let loss = self.losses.get("loss_total").copied().unwrap_or_default();
        format!("epoch {}: loss {loss:.3}{}", self.epoch, self.validation.line())
    }
}

/// The part of an epoch that is done.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct OpenEpoch {
    /// Steps done.
    pub steps: usize,
    /// Sum of the mean gradient norm so far.
    pub grad_norm: f64,
    /// Sum of the mean of every loss term so far.
    pub losses: BTreeMap<String, f64>,
}

/// All epochs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct History {
    /// The finished ones, in order.
    pub epochs: Vec<EpochMetrics>,
    best: Option<f64>,
    /// The one under way.
    #[serde(default)]
    pub open: OpenEpoch,
}

impl OpenEpoch {
    /// Adds a step of `of`.
    pub fn add(&mut self, of: usize, grad_norm: f64, losses: Vec<(String, f32)>) {
        for (name, value) in losses {
            *self.losses.entry(name).or_insert(0.0) += f64::from(value) / of as f64;
        }
        self.grad_norm += grad_norm / of as f64;
        self.steps += 1;
    }

    /// Mean of the whole loss over the steps so far, `of` in all.
    pub fn mean_loss(&self, of: usize) -> f64 {
        self.losses.get("loss_total").copied().unwrap_or_default() * of as f64 / self.steps as f64
    }
}

impl History {
    /// Adds an epoch; true if none before was better. Without a validation the last one is the best.
    pub fn push(&mut self, metrics: EpochMetrics) -> bool {
        let score = metrics.validation.score();
        self.epochs.push(metrics);
        let is_best = match (score, self.best) {
            (Some(new), Some(old)) => new > old,
            (None, Some(_)) => false,
            _ => true,
        };
        if is_best {
            self.best = score;
        }
        is_best
    }

    /// One JSON line an epoch.
    pub fn lines(&self) -> Result<String> {
        let lines: Result<Vec<String>, _> = self.epochs.iter().map(serde_json::to_string).collect();
        Ok(lines?.join("\n") + "\n")
    }
}

/// The epochs of a result, in order; none if it is not that of a training.
pub fn read_epochs(result: &Path) -> Vec<EpochMetrics> {
    let text = fs_err::read_to_string(result.join(METRICS)).unwrap_or_default();
    text.lines().map_while(|line| serde_json::from_str(line).ok()).collect()
}
