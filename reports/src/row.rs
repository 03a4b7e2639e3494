//! The data behind a leaderboard: one row a number, with its spread and the runs it came from.

use crate::{Branch, Publication, published};

/// One line of the report's data: a number of one method on one split.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Data set.
    pub dataset: String,
    /// Split.
    pub split: String,
    /// Sub-group; equal to `dataset` for the whole split.
    pub group: String,
    /// Which head.
    pub branch: Branch,
    /// Metric, in percent.
    pub metric: String,
    /// Label of the runs, or name of the published method.
    pub method: String,
    /// Name of the baseline, if it is one.
    pub baseline: Option<String>,
    /// Over the runs.
    pub spread: Spread,
    /// The runs, in the order they came in; empty for a published number.
    pub runs: Vec<Run>,
    /// The best published value of the same data set, split and metric. Only for own numbers of whole splits.
    pub best_published: Option<BestPublished>,
    /// Where a published number was printed; `None` for one's own.
    pub publication: Option<Publication>,
}

impl Row {
    /// Mean minus the best published value.
    pub fn delta(&self) -> Option<f64> {
        self.best_published.as_ref().map(|best| self.spread.mean - best.value)
    }

    /// Whether it is a number of `metric`, which publications may call otherwise.
    pub(crate) fn measures(&self, metric: &str) -> bool {
        match self.publication {
            None => self.metric == metric,
            Some(_) => self.metric == published::name_of("", "", metric).2,
        }
    }

    /// Ids of the evaluation stages behind the number, separated by spaces.
    pub fn stages(&self) -> String {
        let mut stages: Vec<&str> = self.runs.iter().map(|run| run.stage.as_str()).collect();
        stages.dedup();
        stages.join(" ")
    }

    /// Samples that the number was counted over.
    pub fn samples(&self) -> u64 {
        self.runs.first().map_or(0, |run| run.samples)
    }
}

/// Mean and spread over runs that differ by their seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Least.
    pub min: f64,
    /// Largest.
    pub max: f64,
    /// Standard deviation of the sample (divisor n - 1); `None` for a single run.
    pub std: Option<f64>,
    /// How many runs.
    pub runs: usize,
}

impl Spread {
    /// Of the values as they are; `None` of no values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let runs = values.len();
        let mean = values.iter().sum::<f64>() / runs as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (runs as f64 - 1.0);
        (runs > 0).then(|| Self {
            mean,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            std: (runs > 1).then(|| variance.sqrt()),
            runs,
        })
    }
}

/// One run behind a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its number.
    pub value: f64,
    /// Its seed.
    pub seed: Option<u64>,
    /// Samples that the number was counted over.
    pub samples: u64,
    /// Id of the evaluation stage.
    pub stage: String,
    /// Fingerprint of the evaluation stage.
    pub fingerprint: String,
    /// Stage that made the checkpoint.
    pub checkpoint_stage: Option<String>,
    /// The checkpoint.
    pub checkpoint: Option<String>,
    /// Commit of the program.
    pub commit: Option<String>,
}

/// The best published value.
#[derive(Clone, Debug, PartialEq)]
pub struct BestPublished {
    /// Whose.
    pub method: String,
    /// The value, in percent.
    pub value: f64,
}
