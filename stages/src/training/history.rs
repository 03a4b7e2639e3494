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

/// All epochs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct History {
    /// In order.
    pub epochs: Vec<EpochMetrics>,
    best: Option<f64>,
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
