//! The JSON form: an array with one object a number.

use anyhow::Result;
use serde::Serialize;

use crate::{Leaderboard, Row, Run};

/// One number. `value` is the mean over `runs`; a published number has no runs.
#[derive(Serialize)]
struct JsonRow<'a> {
    dataset: &'a str,
    split: &'a str,
    group: &'a str,
    branch: String,
    metric: &'a str,
    method: &'a str,
    value: f64,
    min: f64,
    max: f64,
    std: Option<f64>,
    seeds: usize,
    samples: u64,
    stage: String,
    baseline: Option<&'a str>,
    published: bool,
    best_published: Option<f64>,
    best_published_method: Option<&'a str>,
    delta: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    runs: Vec<JsonRun<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publication: Option<&'a crate::Publication>,
}

/// One run behind a number.
#[derive(Serialize)]
struct JsonRun<'a> {
    value: f64,
    seed: Option<u64>,
    stage: &'a str,
    fingerprint: &'a str,
    checkpoint_stage: Option<&'a str>,
    checkpoint: Option<&'a str>,
    commit: Option<&'a str>,
}

impl Leaderboard {
    /// A JSON array of the rows.
    ///
    /// # Errors
    /// Never in practice; the serializer's signature asks for it.
    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(&self.rows.iter().map(json_row).collect::<Vec<_>>())? + "\n")
    }
}

fn json_row(row: &Row) -> JsonRow<'_> {
    let best = row.best_published.as_ref();
    JsonRow {
        dataset: &row.dataset,
        split: &row.split,
        group: &row.group,
        branch: row.branch.to_string(),
        metric: &row.metric,
        method: &row.method,
        value: row.spread.mean,
        min: row.spread.min,
        max: row.spread.max,
        std: row.spread.std,
        seeds: row.runs.len(),
        samples: row.samples(),
        stage: row.stages(),
        baseline: row.baseline.as_deref(),
        published: row.publication.is_some(),
        best_published: best.map(|best| best.value),
        best_published_method: best.map(|best| best.method.as_str()),
        delta: row.delta(),
        runs: row.runs.iter().map(json_run).collect(),
        publication: row.publication.as_ref(),
    }
}

fn json_run(run: &Run) -> JsonRun<'_> {
    JsonRun {
        value: run.value,
        seed: run.seed,
        stage: &run.stage,
        fingerprint: &run.fingerprint,
        checkpoint_stage: run.checkpoint_stage.as_deref(),
        checkpoint: run.checkpoint.as_deref(),
        commit: run.commit.as_deref(),
    }
}
