//! What a report shows and how.

use crate::Branch;

/// What a report shows. The default shows every own number, and the best published ones beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportOptions {
    /// Heading.
    pub title: String,
    /// Data sets shown, in this order; empty for all that were evaluated.
    pub datasets: Vec<String>,
    /// Metrics shown, in this order; empty for all that were measured.
    pub metrics: Vec<String>,
    /// Digits behind the point.
    pub digits: usize,
    /// Order of the lines.
    pub sort: Sort,
    /// Which published results.
    pub published: ShowPublished,
    /// Runs to be set against each other, besides the two branches of each run.
    pub compare: Vec<Pair>,
    /// Pictures for the HTML page.
    pub examples: Vec<Example>,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self {
            title: "Leaderboard".into(),
            datasets: Vec::new(),
            metrics: Vec::new(),
            digits: 2,
            sort: Sort::Value,
            published: ShowPublished::Best,
            compare: Vec::new(),
            examples: Vec::new(),
        }
    }
}

/// Order of the lines of a table. Own runs always come first, then baselines, then published results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Best first, by the mean over the columns.
    Value,
    /// By name.
    Method,
}

/// Which published results stand beside one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShowPublished {
    /// None.
    None,
    /// The best of each column, and SimVG's own.
    Best,
    /// All that have a number in one of the columns.
    All,
}

/// Two methods, by their labels: with something, and without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The method of interest, e.g. with distillation.
    pub with: String,
    /// What it is compared with, e.g. the same without distillation.
    pub without: String,
}

/// A picture with its expression and what each branch made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Where it is from, e.g. data set and split.
    pub caption: String,
    /// The referring expression.
    pub expression: String,
    /// PNG file with the boxes drawn in the colours of [`crate::colours`].
    pub picture: Vec<u8>,
    /// One a branch.
    pub verdicts: Vec<Verdict>,
}

/// What one branch made of an example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Which branch.
    pub branch: Branch,
    /// IoU with the target, where there is exactly one.
    pub iou: Option<f64>,
    /// Right by the metric of its kind of sample.
    pub correct: bool,
}
