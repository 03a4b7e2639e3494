//! The numbers that a result holds: what an evaluation measured, or what a program of the user's own wrote.

use std::path::Path;

use serde_json::Value;
use simvg_pipeline::Store;
use simvg_reports::{Branch, Measurement, read_lines};

/// What an evaluation writes: one measurement a line.
const MEASUREMENTS: &str = "measurements.jsonl";
/// What any program may write: one JSON object of numbers, objects within it allowed.
const METRICS: &str = "metrics.json";

/// A number of a result.
pub struct Metric {
    /// What it is.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Whether it is that of a baseline, which others are compared with.
    pub is_baseline: bool,
}

/// The numbers of a result, in the order in which they were written. None of a result that is no longer in the store, or
/// of files that do not hold any.
pub fn of_result(store: &Store, fingerprint: &str) -> Vec<Metric> {
    let entry = store.entry_path(fingerprint);
    let mut metrics: Vec<Metric> = measured(&entry).iter().map(metric).collect();
    if let Some(value) = fs_err::read(entry.join(METRICS)).ok().and_then(|text| serde_json::from_slice(&text).ok()) {
        flatten("", &value, &mut metrics);
    }
    metrics
}

fn measured(entry: &Path) -> Vec<Measurement> {
    read_lines(&entry.join(MEASUREMENTS)).unwrap_or_default()
}

fn metric(measurement: &Measurement) -> Metric {
    Metric { name: name(measurement), value: measurement.value, is_baseline: measurement.baseline.is_some() }
}

/// As `RefCOCO val Acc@0.5 decoder`: from where, what, and by which head.
fn name(measurement: &Measurement) -> String {
    let branch = match measurement.branch {
        Branch::None => String::new(),
        branch => format!(" {branch}"),
    };
    format!("{} {} {}{branch}", measurement.group, measurement.split, measurement.metric)
}

/// The numbers in a JSON value by their paths, as `val.accuracy`.
fn flatten(path: &str, value: &Value, metrics: &mut Vec<Metric>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, metrics);
            }
        }
        value => {
            let metric = |value| Metric { name: path.to_owned(), value, is_baseline: false };
            metrics.extend(value.as_f64().map(metric));
        }
    }
}
