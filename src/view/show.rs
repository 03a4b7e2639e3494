//! One run, or one result, as text.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use console::style;
use indicatif::HumanBytes;
use serde_json::Value;
use simvg_pipeline::{PastStage, Status};

use super::{digits, epochs::epochs_text, number, runs::plain, time};
use crate::commands::show::{ResultDetail, RunDetail};

/// Of more files than this the rest is counted.
const MOST_FILES: usize = 20;

/// What was asked, what became of the stages, and the numbers that came out.
pub fn run_text(detail: &RunDetail) -> String {
    let run = detail.run;
    let state = serde_json::to_value(run.state).map(|state| plain(&state)).unwrap_or_default();
    let mut text = format!("{}  {}  {state} in {}\n", style(&run.id).bold(), run.pipeline, time(run.seconds));
    let pairs = [
        ("started", run.header.started.clone()),
        ("command", run.header.command.join(" ")),
        ("commit", run.header.commit.clone().unwrap_or_default()),
        ("version", run.header.version.clone()),
        ("record", run.folder.display().to_string()),
    ];
    text += &pairs_text(&pairs);
    if !run.params.is_empty() {
        text += "\nparameters\n";
        text += &pairs_text(&run.params.iter().map(|(name, value)| (name.as_str(), plain(value))).collect::<Vec<_>>());
    }
    text += &format!("\nstages\n{}", stages_text(detail));
    for result in detail.results.iter().flatten() {
        if !result.epochs.is_empty() {
            text += &format!("\n{}, epoch by epoch\n{}", style(&result.stage).bold(), epochs_text(&result.epochs));
        }
    }
    text + &all_numbers(detail)
}

/// What a result was made from, what it holds, and where it is.
pub fn result_text(result: &ResultDetail) -> String {
    let mut text = format!("{}  {}  {}\n", style(&result.stage).bold(), result.kind, result.fingerprint);
    let pairs = [
        ("made", format!("in {} by pipeline {}", time(result.origin.seconds), result.origin.pipeline)),
        ("commit", result.origin.commit.clone().unwrap_or_default()),
        ("folder", result.folder.display().to_string()),
    ];
    text += &pairs_text(&pairs);
    let params = result.params.as_object().into_iter().flatten();
    text += "\nparameters\n";
    text += &pairs_text(&params.map(|(name, value)| (name.as_str(), param(value))).collect::<Vec<_>>());
    if !result.epochs.is_empty() {
        text += &format!("\nepoch by epoch\n{}", epochs_text(&result.epochs));
    }
    if !result.metrics.is_empty() {
        text += &format!("\nnumbers\n{}", numbers_text(result));
    }
    text += "\nfiles\n";
    for file in result.files.iter().take(MOST_FILES) {
        text += &format!("  {:>10}  {}\n", HumanBytes(file.size).to_string(), file.path);
    }
    if result.files.len() > MOST_FILES {
        text += &format!("  and {} more\n", result.files.len() - MOST_FILES);
    }
    text
}

/// A parameter; a reference to a stage as in the pipeline file.
fn param(value: &Value) -> String {
    match value.get("$stage").and_then(Value::as_str) {
        Some(stage) => format!("Stage(\"{stage}\")"),
        None => plain(value),
    }
}

/// Lines of a name and a value; those without a value are left out.
fn pairs_text(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let shown = pairs.iter().filter(|(_, value)| !value.is_empty());
    shown.map(|(name, value)| format!("  {}  {value}\n", style(format!("{name:<width$}")).dim())).collect()
}

fn stages_text(detail: &RunDetail) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    for (stage, result) in detail.run.stages.iter().zip(&detail.results) {
        let kind = result.as_ref().map_or("", |result| result.kind.as_str());
        let took = if stage.result.seconds > 0.0 { time(stage.result.seconds) } else { String::new() };
        let fingerprint = stage.result.fingerprint.as_deref().map_or("", digits);
        table.add_row([&format!(" {}", word(stage)), &stage.result.id, kind, &took, fingerprint]);
    }
    if let Some(column) = table.column_mut(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let errors = detail.run.stages.iter().filter_map(|stage| Some((&stage.result.id, stage.error.as_ref()?)));
    let errors = errors.map(|(id, error)| format!("\n{id} failed: {error}\n"));
    format!("{}\n{}", table.trim_fmt(), errors.collect::<String>())
}

fn word(stage: &PastStage) -> &'static str {
    match stage.result.status {
        Status::Ran => "ran",
        Status::Hit => "hit",
        Status::Failed => "FAILED",
        Status::Stopped => "stopped",
        Status::Skipped => "skipped",
    }
}

fn all_numbers(detail: &RunDetail) -> String {
    let results = detail.results.iter().flatten().filter(|result| !result.metrics.is_empty());
    let each = results.map(|result| format!("\n{}\n{}", style(&result.stage).bold(), numbers_text(result)));
    each.collect()
}

fn numbers_text(result: &ResultDetail) -> String {
    let width = result.metrics.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    result.metrics.iter().map(|(name, value)| format!("  {name:<width$}  {:>8}\n", number(*value))).collect()
}
