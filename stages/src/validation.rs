//! A quick look at accuracy during training, for both branches.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use simvg_datasets::loader::Loader;
use simvg_model::head::Branches;
use simvg_model::model::SimVg;

use crate::inference;
use crate::metrics::{GrecRule, SplitTally, Xyxy};

/// Accuracy by branch, in percent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Acc@0.5, or F1score where samples have none or several targets.
    pub accuracy: BTreeMap<String, f64>,
    /// Mean IoU, for samples with one target.
    pub mean_iou: BTreeMap<String, f64>,
}

impl Validation {
    /// Mean accuracy of the branches: what the best checkpoint is chosen by. (The official code averages in the zero of
    /// a branch that was not evaluated, quirk T7; the order of epochs is the same.)
    pub fn score(&self) -> Option<f64> {
        let count = self.accuracy.len();
        (count > 0).then(|| self.accuracy.values().sum::<f64>() / count as f64)
    }

    /// For people, empty without an evaluation.
    pub fn line(&self) -> String {
        self.accuracy.iter().map(|(branch, value)| format!(", {branch} {value:.1} %")).collect()
    }
}

/// Evaluates all samples of a loader.
pub fn validate(model: &mut SimVg, loader: &Loader, branches: Branches) -> Result<Validation> {
    let mut tallies: BTreeMap<&str, SplitTally> = BTreeMap::new();
    for loaded in loader.epoch(0) {
        let batch = crate::batch::to_model(loaded?);
        for (branch, samples) in inference::detect(model, &batch, branches, false) {
            for (found, target) in samples.iter().zip(&batch.targets) {
                let truth = target.boxes.iter().zip(&target.is_object).filter(|(_, o)| **o);
                let truth: Vec<Xyxy> = truth.map(|(b, _)| b.map(|v| v as f32)).collect();
                tallies.entry(branch).or_default().add(&GrecRule::default(), found, &truth);
            }
        }
        loader.reuse(batch.img);
    }
    let mut validation = Validation::default();
    for (branch, tally) in tallies {
        validation.accuracy.extend(accuracy(&tally).map(|v| (branch.to_owned(), v)));
        validation.mean_iou.extend(tally.rec.mean_iou().map(|v| (branch.to_owned(), v)));
    }
    Ok(validation)
}

/// Acc@0.5, or F1score where samples have none or several targets.
fn accuracy(tally: &SplitTally) -> Option<f64> {
    if tally.is_grec() { tally.grec.f1_score() } else { tally.rec.accuracy() }
}
