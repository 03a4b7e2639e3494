//! The difference of two runs or results as text.

use console::style;
use indicatif::HumanBytes;

use super::{digits, number, plural, why::change_text};
use crate::experiments::compare::{Difference, FileChange, MetricChange, StageDifference};

/// Of more files than this the rest is counted.
const MOST_FILES: usize = 10;

/// Parameters, stages and numbers, each where anything differs.
pub fn diff_text(difference: &Difference) -> String {
    let mut text = format!("{} -> {}\n", style(&difference.a).bold(), style(&difference.b).bold());
    if !difference.params.is_empty() {
        text += "\nparameters\n";
        text += &difference.params.iter().map(|change| change_text(change, "")).collect::<String>();
    }
    if !difference.stages.is_empty() {
        text += "\nstages\n";
        text += &difference.stages.iter().map(stage_text).collect::<String>();
    }
    if !difference.metrics.is_empty() {
        text += "\nnumbers\n";
        text += &metrics_text(&difference.metrics);
    }
    if difference.params.is_empty() && difference.stages.is_empty() && difference.metrics.is_empty() {
        text += "nothing differs\n";
    }
    text
}

fn stage_text(stage: &StageDifference) -> String {
    let side = |fingerprint: &Option<String>| fingerprint.as_deref().map_or("(no result)", digits).to_owned();
    let mut text = format!(
        "  {}  {}\n",
        style(&stage.stage).bold(),
        style(format!("{} -> {}", side(&stage.a), side(&stage.b))).dim()
    );
    text += &stage.fields.iter().map(|change| change_text(change, "  ")).collect::<String>();
    let files = stage.files.len();
    if stage.a.is_some() && stage.b.is_some() && files == 0 {
        text += "    the files are the same\n";
    }
    text += &stage.files.iter().take(MOST_FILES).map(file_text).collect::<String>();
    if files > MOST_FILES {
        text +=
            &format!("    and {} more file{} (--json lists them)\n", files - MOST_FILES, plural(files - MOST_FILES));
    }
    text
}

fn file_text(file: &FileChange) -> String {
    match (file.old, file.new) {
        (Some(old), Some(new)) if old == new => format!("    {} has other bytes, {}\n", file.path, HumanBytes(new)),
        (Some(old), Some(new)) => {
            format!("    {} has other bytes, {} -> {}\n", file.path, HumanBytes(old), HumanBytes(new))
        }
        (None, Some(new)) => format!("    {} is new, {}\n", file.path, HumanBytes(new)),
        (_, None) => format!("    {} is gone\n", file.path),
    }
}

fn metrics_text(metrics: &[MetricChange]) -> String {
    let width = metrics.iter().map(|metric| metric.name.chars().count()).max().unwrap_or(0);
    let side = |value: Option<f64>| value.map_or("-".to_owned(), number);
    let line = |metric: &MetricChange| {
        let delta = metric.old.zip(metric.new).map(|(old, new)| new - old);
        let delta =
            delta.map_or(String::new(), |delta| format!("{}{}", if delta > 0.0 { "+" } else { "" }, number(delta)));
        format!("  {:<width$}  {:>8} -> {:>8}  {delta:>8}\n", metric.name, side(metric.old), side(metric.new))
    };
    metrics.iter().map(line).collect()
}
