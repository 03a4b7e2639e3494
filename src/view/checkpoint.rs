//! A checkpoint as text and as JSON.

use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};
use simvg_model::checkpoint::{Checkpoint, Fit};

use super::plural;

/// Names of one list that are shown; `--json` has them all.
const SHOWN: usize = 8;

/// One object with every tensor, the sum of their elements, the metadata, and the comparison where one was made.
pub fn as_json(file: &Checkpoint, fit: Option<&Fit>) -> Value {
    let tensors: Vec<Value> = file
        .tensors()
        .iter()
        .map(|(name, t)| json!({ "name": name, "shape": t.shape, "dtype": t.dtype.to_string(), "count": t.count() }))
        .collect();
    let mut all = json!({ "tensors": tensors, "total": total(file), "metadata": file.metadata() });
    if let Some(fit) = fit {
        all["fit"] = json!(fit);
        all["fit"]["verdict"] = json!(verdict(file, fit));
    }
    all
}

/// A table of the tensors, their sum, the metadata, and the comparison in words.
pub fn as_text(file: &Checkpoint, fit: Option<&Fit>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(["tensor", "shape", "type", "count"]);
    for (name, t) in file.tensors() {
        table.add_row([printable(name), format!("{:?}", t.shape), t.dtype.to_string(), t.count().to_string()]);
    }
    if let Some(counts) = table.column_mut(3) {
        counts.set_cell_alignment(CellAlignment::Right);
    }
    let count = file.tensors().len();
    let mut text = format!("{}\n\n{count} tensor{}, {} elements\n", table.trim_fmt(), plural(count), total(file));
    for (name, value) in file.metadata() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}: {}", printable(name), printable(value));
    }
    if let Some(fit) = fit {
        let _ = write!(text, "\n{}", in_words(file, fit));
    }
    text
}

fn total(file: &Checkpoint) -> usize {
    file.tensors().values().map(|tensor| tensor.count()).sum()
}

fn in_words(file: &Checkpoint, fit: &Fit) -> String {
    let changes = |changes: &[_]| changes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut text = format!("{}\n  {} of the same shape\n", verdict(file, fit), fit.same);
    list(&mut text, "resized: interpolated from another picture or patch size", &changes(&fit.resized));
    list(&mut text, "of another shape, and of no use", &changes(&fit.misshapen));
    list(&mut text, "missing: the model keeps fresh values", &fit.missing);
    list(&mut text, "unexpected: ignored", &fit.unexpected);
    text
}

/// What the checkpoint is good for.
fn verdict(file: &Checkpoint, fit: &Fit) -> &'static str {
    if !fit.misshapen.is_empty() {
        "it does not fit the model: shapes differ"
    } else if fit.same + fit.resized.len() == 0 {
        "it shares no tensor with the model"
    } else if fit.missing.is_empty() && fit.resized.is_empty() {
        "it is a whole model of this form"
    } else if file.is_backbone_only() {
        "it is a backbone: it can be the `init` of a training stage"
    } else {
        "it fits in part: it can be the `init` of a training stage"
    }
}

fn list(text: &mut String, what: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    // Writing to a string cannot fail.
    let _ = writeln!(text, "  {} {what}", items.len());
    for item in items.iter().take(SHOWN) {
        let _ = writeln!(text, "    {}", printable(item));
    }
    if items.len() > SHOWN {
        let _ = writeln!(text, "    and {} more (--json lists them)", items.len() - SHOWN);
    }
}

/// Names in a stranger's file must not steer the terminal.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
