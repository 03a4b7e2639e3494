//! The CSV form: one line a number, published ones included.

use anyhow::Result;
use polars::prelude::{Column, DataFrame};
use polars_io::prelude::{CsvWriter, SerWriter};

use crate::{Leaderboard, Publication, Row, Run};

impl Leaderboard {
    /// CSV with a header. Where several runs stand behind a number, what they came from is joined by spaces.
    ///
    /// # Errors
    /// Where the data-frame library fails, which no input is known to cause.
    pub fn csv(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        CsvWriter::new(&mut bytes).finish(&mut frame(&self.rows)?)?;
        Ok(bytes)
    }
}

fn frame(rows: &[Row]) -> Result<DataFrame> {
    let text = |name: &str, f: &dyn Fn(&Row) -> Option<String>| {
        Column::new(name.into(), rows.iter().map(f).collect::<Vec<_>>())
    };
    let number =
        |name: &str, f: &dyn Fn(&Row) -> Option<f64>| Column::new(name.into(), rows.iter().map(f).collect::<Vec<_>>());
    let printed = |f: fn(&Publication) -> &String| move |row: &Row| row.publication.as_ref().map(|p| f(p).clone());
    let columns = vec![
        text("dataset", &|r| Some(r.dataset.clone())),
        text("split", &|r| Some(r.split.clone())),
        text("group", &|r| Some(r.group.clone())),
        text("branch", &|r| Some(r.branch.to_string())),
        text("metric", &|r| Some(r.metric.clone())),
        text("method", &|r| Some(r.method.clone())),
        text("baseline", &|r| r.baseline.clone()),
        Column::new("published".into(), rows.iter().map(|r| r.publication.is_some()).collect::<Vec<_>>()),
        number("value", &|r| Some(r.spread.mean)),
        number("min", &|r| Some(r.spread.min)),
        number("max", &|r| Some(r.spread.max)),
        number("std", &|r| r.spread.std),
        Column::new("seeds".into(), rows.iter().map(|r| r.runs.len() as u64).collect::<Vec<_>>()),
        Column::new("samples".into(), rows.iter().map(Row::samples).collect::<Vec<_>>()),
        number("best_published", &|r| r.best_published.as_ref().map(|best| best.value)),
        text("best_published_method", &|r| r.best_published.as_ref().map(|best| best.method.clone())),
        number("delta", &Row::delta),
        text("stage", &|r| Some(r.stages())),
        text("fingerprint", &|r| of_runs(r, |run| Some(&run.fingerprint))),
        text("checkpoint_stage", &|r| of_runs(r, |run| run.checkpoint_stage.as_ref())),
        text("checkpoint", &|r| of_runs(r, |run| run.checkpoint.as_ref())),
        text("commit", &|r| of_runs(r, |run| run.commit.as_ref())),
        text("venue", &printed(|p| &p.venue)),
        text("year", &printed(|p| &p.year)),
        text("backbone", &printed(|p| &p.backbone)),
        text("pretrain_data", &printed(|p| &p.pretrain_data)),
        text("source", &printed(|p| &p.source)),
    ];
    Ok(DataFrame::new(rows.len(), columns)?)
}

/// What the runs say, each different thing once; `None` where they say nothing.
fn of_runs(row: &Row, what: fn(&Run) -> Option<&String>) -> Option<String> {
    let mut all: Vec<&str> = row.runs.iter().filter_map(|run| what(run).map(String::as_str)).collect();
    all.dedup();
    (!all.is_empty()).then(|| all.join(" "))
}
