//! The published results (`reports/published/published.csv`) and how their names meet ours.

use std::io::Cursor;

use anyhow::{Context, Result, ensure};
use polars::prelude::{PolarsResult, StringChunked};
use polars_io::prelude::{CsvReadOptions, CsvReader, SerReader};

use crate::{Branch, Measurement, Publication};

const CSV: &[u8] = include_bytes!("../published/published.csv");

const COLUMNS: [&str; 10] =
    ["method", "venue", "year", "backbone", "pretrain_data", "dataset", "split", "metric", "value", "source"];

/// Numbers that other sources contradict: the two labels look swapped in SimVG's README, going by every other table.
const DOUBTFUL: [(&str, &str, f64); 2] = [("SimVG (DB)", "ReferIt", 83.15), ("SimVG (DB)", "Flickr30k", 78.75)];

/// Data set and split as publications print them, where a run of ours calls them otherwise.
const SPLITS: [(&str, &str, &str, &str); 3] = [
    ("RefCOCOg", "val", "RefCOCOg", "val-u"),
    ("RefCOCOg", "test", "RefCOCOg", "test-u"),
    ("RefCOCOg (google)", "val", "RefCOCOg", "val-g"),
];

/// What gRefCOCO's papers call the F1score.
const F1_SCORE: &str = "Pr@(F1=1,IoU>=0.5)";

/// (data set, split, metric) under which publications print what a run of ours calls `dataset`, `split`, `metric`.
pub fn name_of(dataset: &str, split: &str, metric: &str) -> (String, String, String) {
    let alias = SPLITS.iter().find(|(d, s, ..)| (*d, *s) == (dataset, split));
    let (dataset, split) = alias.map_or((dataset, split), |(.., d, s)| (*d, *s));
    let metric = if metric == "F1score" { F1_SCORE } else { metric };
    (dataset.into(), split.into(), metric.into())
}

/// The published results that come with this crate, in the order and with the names of their file.
///
/// # Errors
/// Never for the file as it is shipped; a test reads it.
pub fn builtin() -> Result<Vec<Measurement>> {
    read(CSV).context("the published results are damaged")
}

/// Reads a CSV with the columns of `published.csv`.
fn read(csv: &'static [u8]) -> Result<Vec<Measurement>> {
    let as_text = CsvReadOptions::default().with_infer_schema_length(Some(0));
    let frame = CsvReader::new(Cursor::new(csv)).with_options(as_text).finish()?;
    let columns: Vec<&StringChunked> =
        COLUMNS.iter().map(|name| frame.column(name)?.str()).collect::<PolarsResult<_>>()?;
    (0..frame.height()).map(|row| measurement(&columns, row)).collect()
}

fn measurement(columns: &[&StringChunked], row: usize) -> Result<Measurement> {
    let text = |i: usize| columns[i].get(row).unwrap_or_default().to_owned();
    let value: f64 = text(8).parse().with_context(|| format!("row {}: `{}` is not a number", row + 2, text(8)))?;
    ensure!((0.0..=100.0).contains(&value), "row {}: {value} is not a percentage", row + 2);
    let (method, dataset) = (text(0), text(5));
    let publication = Publication {
        venue: text(1),
        year: text(2),
        backbone: text(3),
        pretrain_data: text(4),
        source: text(9),
        doubtful: DOUBTFUL.contains(&(&method, &dataset, value)),
    };
    Ok(Measurement {
        group: dataset.clone(),
        dataset,
        split: text(6),
        branch: branch(&method),
        metric: text(7),
        value,
        samples: 0,
        stage: String::new(),
        method,
        baseline: None,
        seed: None,
        published: true,
        checkpoint: None,
        checkpoint_stage: None,
        fingerprint: String::new(),
        commit: None,
        publication: Some(publication),
    })
}

/// SimVG's rows say their branch in brackets.
fn branch(method: &str) -> Branch {
    match method {
        m if m.starts_with("SimVG (DB") => Branch::Decoder,
        m if m.starts_with("SimVG (TB") => Branch::Token,
        _ => Branch::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let all = builtin().unwrap();
        assert_eq!(all.len(), 735);
        assert_eq!(all.iter().filter(|m| m.publication.as_ref().unwrap().doubtful).count(), 2);
        assert_eq!((all[0].method.as_str(), all[0].branch, all[0].value), ("SimVG (DB)", Branch::Decoder, 90.51));
    }

    #[test]
    fn names_meet() {
        let all = builtin().unwrap();
        let ours = [("RefCOCOg", "test", "Acc@0.5"), ("gRefCOCO", "testA", "F1score"), ("RefCOCO", "val", "Acc@0.5")];
        for (dataset, split, metric) in ours {
            let name = name_of(dataset, split, metric);
            let printed = |m: &&Measurement| (&m.dataset, &m.split, &m.metric) == (&name.0, &name.1, &name.2);
            assert!(all.iter().filter(printed).count() > 5, "{name:?}");
        }
    }
}
