//! What lies in the store, as text.

use comfy_table::{CellAlignment, Table, presets};
use indicatif::HumanBytes;
use serde::Serialize;
use simvg_pipeline::{GcReport, Goes, Item};

use super::plural;
use crate::quantity::short_time;

/// A result as `artifacts ls` shows it.
#[derive(Serialize)]
pub struct Line {
    fingerprint: String,
    made_by: String,
    kind: Option<String>,
    bytes: u64,
    files: usize,
    age_seconds: u64,
    /// The stages whose latest result it is.
    latest_of: Vec<String>,
    /// Why it cannot be used.
    damage: Option<String>,
    path: String,
}

impl Line {
    /// The line of a result.
    pub fn new(item: &Item, latest_of: Option<&Vec<String>>) -> Self {
        let manifest = item.manifest.as_ref();
        Self {
            fingerprint: item.fingerprint.clone(),
            made_by: item.maker(),
            kind: item.key.as_ref().map(|key| key.kind.clone()),
            bytes: item.bytes,
            files: manifest.map_or(0, |manifest| manifest.files.len()),
            // A clock that was set back makes a result no younger than new.
            age_seconds: item.made.elapsed().unwrap_or_default().as_secs(),
            latest_of: latest_of.cloned().unwrap_or_default(),
            damage: manifest.err().cloned(),
            path: item.path.display().to_string(),
        }
    }

    fn note(&self) -> String {
        match (&self.damage, self.latest_of.as_slice()) {
            (Some(fault), _) => format!("damaged: {fault}"),
            (None, []) => String::new(),
            (None, [one]) if *one == self.made_by => "latest".to_owned(),
            (None, all) => format!("latest of {}", all.join(", ")),
        }
    }
}

/// The results as a table, with a line about all of them.
pub fn ls_text(lines: &[Line]) -> String {
    let mut table = table(&["fingerprint", "made by", "kind", "files", "size", "age", ""]);
    for line in lines {
        table.add_row([
            line.fingerprint.chars().take(12).collect(),
            line.made_by.clone(),
            line.kind.clone().unwrap_or_default(),
            line.files.to_string(),
            HumanBytes(line.bytes).to_string(),
            short_time(line.age_seconds),
            line.note(),
        ]);
    }
    for column in [3, 4, 5] {
        align_right(&mut table, column);
    }
    let bytes = lines.iter().map(|line| line.bytes).sum();
    let sum = format!("{} result{}, {}\n", lines.len(), plural(lines.len()), HumanBytes(bytes));
    if lines.is_empty() { sum } else { format!("{}\n{sum}", table.trim_fmt()) }
}

/// What goes and what that frees.
pub fn gc_text(report: &GcReport, spared: &[Goes], dry_run: bool) -> String {
    let mut table = table(&["name", "what", "size", "age"]);
    for goes in report.goes.iter().filter(|goes| !spared.contains(goes)) {
        let name = goes.name.chars().take(12).collect();
        table.add_row([name, goes.what.clone(), HumanBytes(goes.bytes).to_string(), short_time(goes.age_seconds)]);
    }
    align_right(&mut table, 2);
    align_right(&mut table, 3);
    let gone = report.goes.len() - spared.len();
    let freed = report.freed_bytes - spared.iter().map(|goes| goes.bytes).sum::<u64>();
    let would = if dry_run { "would be removed" } else { "removed" };
    let mut text = if gone == 0 { String::new() } else { format!("{}\n", table.trim_fmt()) };
    text += &format!("{gone} {would}, {} freed; ", HumanBytes(freed));
    text += &format!("{} result{} stay, {}", report.left, plural(report.left), HumanBytes(report.left_bytes));
    let busy = report.in_use + spared.len();
    text + &if busy == 0 { "\n".to_owned() } else { format!("; {busy} spared, in use by a running process\n") }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header);
    table
}

fn align_right(table: &mut Table, column: usize) {
    if let Some(column) = table.column_mut(column) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}
