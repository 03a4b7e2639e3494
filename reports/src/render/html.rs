//! The HTML form: one file, no scripts, nothing fetched.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::chart::chart;
use super::grid::{self, Grid, GridLine};
use crate::{Example, Kind, Leaderboard, Table, Verdict, colours};

const STYLE: &str = include_str!("style.css");

/// Wider tables are hard to read on a page.
const MOST_COLUMNS: usize = 4;

impl Leaderboard {
    /// A page that stands alone and follows the reader's light or dark theme.
    pub fn html(&self) -> String {
        page(&self.title, "", &content(self))
    }
}

/// A page that stands alone, around `content`; `style` is what it needs beyond the common look.
pub(super) fn page(title: &str, style: &str, content: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body {
                main { (content) }
            }
        }
    };
    page.into_string()
}

fn content(board: &Leaderboard) -> Markup {
    html! {
        h1 { (board.title) }
        @if board.tables.is_empty() { p { "Nothing has been evaluated yet." } }
        @for table in board.tables.iter().flat_map(readable) {
            section {
                (section(&grid::table(&table, board.digits)))
                (chart(&table, board.digits))
            }
        }
        @for comparison in &board.comparisons {
            section { (section(&grid::comparison(comparison, board.digits))) }
        }
        @if !board.examples.is_empty() {
            section {
                h2 { "Examples" }
                p .note { (colours::LEGEND) }
                div .examples { @for example in &board.examples { (card(example)) } }
            }
        }
        @if !board.origins.is_empty() {
            section .provenance { (section(&grid::provenance(board))) }
        }
    }
}

/// The table whole, or one a data set where it has many columns.
fn readable(table: &Table) -> Vec<Table> {
    let is_wide = table.columns.len() > MOST_COLUMNS && !table.has_mean;
    if is_wide { table.by_dataset() } else { vec![table.clone()] }
}

fn section(grid: &Grid) -> Markup {
    html! {
        h2 { (grid.caption) }
        (table(grid))
        @for note in &grid.notes { p .note { (note) } }
    }
}

/// The table alone.
pub(super) fn table(grid: &Grid) -> Markup {
    let side = |column: usize| if grid.numbers.contains(&column) { "number" } else { "text" };
    html! {
        div .wide {
            table {
                thead { tr { @for (i, word) in grid.header.iter().enumerate() { th class=(side(i)) { (word) } } } }
                tbody { @for line in &grid.lines { (row(line, side)) } }
            }
        }
    }
}

fn row(line: &GridLine, side: impl Fn(usize) -> &'static str) -> Markup {
    let kind = match line.kind {
        Kind::Own => "own",
        Kind::Baseline => "baseline",
        Kind::Published => "published",
    };
    html! {
        tr class=(kind) {
            @for (i, cell) in line.cells.iter().enumerate() {
                td class=(side(i)) { @if cell.best { strong { (cell.text) } } @else { (cell.text) } }
            }
        }
    }
}

fn card(example: &Example) -> Markup {
    let picture = format!("data:image/png;base64,{}", STANDARD.encode(&example.picture));
    html! {
        article {
            img src=(picture) alt=(example.expression);
            p .expression { (example.expression) }
            ul { @for verdict in &example.verdicts { (verdict_item(verdict)) } }
            p .note { (example.caption) }
        }
    }
}

fn verdict_item(verdict: &Verdict) -> Markup {
    let (class, word) = if verdict.correct { ("right", "right") } else { ("wrong", "wrong") };
    html! {
        li class=(class) {
            (verdict.branch) ": " (word)
            @if let Some(iou) = verdict.iou { ", IoU " (format!("{iou:.2}")) }
        }
    }
}
