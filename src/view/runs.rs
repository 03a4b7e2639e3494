//! The table of runs.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::Value;

use super::plural;
use crate::experiments::table::{RunRow, RunTable};

/// More numbers than this are shown only if they are asked for.
const MOST_METRICS: usize = 6;

/// The runs with the parameters that differ and the first numbers.
pub fn runs_text(table: &RunTable, all: bool) -> String {
    if table.rows.is_empty() {
        return "no runs\n".to_owned();
    }
    let shown = if all { table.metrics.len() } else { table.metrics.len().min(MOST_METRICS) };
    let metrics = &table.metrics[..shown];
    let mut text = Table::new();
    text.load_preset(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    let fixed = ["run", "pipeline", "started", "state", "time", "ran"].map(str::to_owned);
    let names = table.params.iter().chain(metrics).cloned();
    text.set_header(fixed.into_iter().chain(names));
    for row in &table.rows {
        let params = table.params.iter().map(|name| row.params.get(name).map_or(String::new(), plain));
        let numbers = metrics.iter().map(|name| row.metrics.get(name).map_or(String::new(), number));
        text.add_row(fixed_cells(row).into_iter().chain(params).chain(numbers));
    }
    for at in (4..6).chain(6 + table.params.len()..6 + table.params.len() + shown) {
        if let Some(column) = text.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{}\n{}", text.trim_fmt(), footer(table, table.metrics.len() - shown))
}

fn fixed_cells(row: &RunRow) -> [String; 6] {
    let started = row.started.get(..16).unwrap_or(&row.started).replace('T', " ");
    let state = row.state.as_str().unwrap_or_default().to_owned();
    let count = format!("{} of {}", row.ran, row.ran + row.hit);
    [row.run.clone(), row.pipeline.clone(), started, state, super::time(row.seconds), count]
}

fn footer(table: &RunTable, hidden: usize) -> String {
    let runs = table.rows.len();
    let mut text = format!("{runs} run{}; simvg-pipe show RUN tells all of one", plural(runs));
    if hidden > 0 {
        text += &format!("; {hidden} more number{} with --all, --metric WORDS, --csv or --json", plural(hidden));
    }
    text + "\n"
}

/// A parameter: text without its quotes.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(value: &Value) -> String {
    value.as_f64().map_or_else(String::new, super::number)
}
