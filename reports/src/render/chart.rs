//! A bar chart as inline SVG: one bar a line of a table.

use maud::{Markup, html};

use super::words;
use crate::{Branch, Cell, Kind, Line, Table};

/// Sizes in user units.
const ROW: usize = 30;
/// Width of a letter, and what the longest label has beside its letters.
const LETTER: f64 = 7.2;
const LABEL_GAP: f64 = 20.0;
const BARS: f64 = 520.0;
const VALUES: f64 = 120.0;
const AXIS: usize = 24;

/// The chart of the table's mean, or of its first column where it has no mean. Its caption says which. A single bar says no
/// more than its number, and is not drawn.
pub fn chart(table: &Table, digits: usize) -> Markup {
    let bars: Vec<(&Line, &Cell)> = table.lines.iter().filter_map(|line| Some((line, lead(line)?))).collect();
    if bars.len() < 2 {
        return html! {};
    }
    let letters = bars.iter().map(|(line, _)| label(line).chars().count()).max().unwrap_or(0);
    let left = letters as f64 * LETTER + LABEL_GAP;
    let (width, height) = (left + BARS + VALUES, bars.len() * ROW + AXIS);
    let what = if table.has_mean { "mean over the columns".into() } else { words::name(&table.columns[0]) };
    html! {
        figure {
            svg viewBox=(format!("0 0 {width:.0} {height}")) role="img" aria-label=(format!("{}, {what}", table.metric)) {
                @for tick in [0, 25, 50, 75, 100] { (gridline(tick, left, bars.len() * ROW)) }
                @for (i, (line, cell)) in bars.iter().enumerate() { (bar(i * ROW, left, line, cell, digits)) }
            }
            figcaption {
                (table.metric) " in percent, " (what) "."
                @if bars.iter().any(|(_, cell)| cell.spread.runs > 1) { " The thin line spans the seeds." }
            }
        }
    }
}

fn lead(line: &Line) -> Option<&Cell> {
    line.mean.as_ref().or_else(|| line.cells.first()?.as_ref())
}

/// What a bar is called.
fn label(line: &Line) -> String {
    match line.branch {
        Branch::None => line.method.clone(),
        branch => format!("{}, {branch}", line.method),
    }
}

/// Where a percentage lies, given where bars begin.
fn x(left: f64, percent: f64) -> f64 {
    left + BARS * percent.clamp(0.0, 100.0) / 100.0
}

fn gridline(tick: u32, left: f64, bottom: usize) -> Markup {
    let x = x(left, f64::from(tick));
    html! {
        line .grid x1=(format!("{x:.1}")) x2=(format!("{x:.1}")) y1="0" y2=(bottom) {}
        text .tick x=(format!("{x:.1}")) y=(bottom + 16) text-anchor="middle" { (tick) }
    }
}

fn bar(top: usize, left: f64, line: &Line, cell: &Cell, digits: usize) -> Markup {
    let (middle, end) = (top + ROW / 2, x(left, cell.spread.mean));
    html! {
        text x=(format!("{:.1}", left - 10.0)) y=(middle + 5) text-anchor="end" { (label(line)) }
        rect class=(colour(line)) x=(format!("{left:.1}")) y=(top + 5) width=(format!("{:.1}", end - left)) height=(ROW - 10) rx="3" {}
        @if cell.spread.runs > 1 {
            line .whisker x1=(format!("{:.1}", x(left, cell.spread.min))) x2=(format!("{:.1}", x(left, cell.spread.max))) y1=(middle) y2=(middle) {}
        }
        text .value x=(format!("{:.1}", end.max(x(left, cell.spread.max)) + 8.0)) y=(middle + 5) {
            (format!("{:.digits$}", cell.spread.mean))
        }
    }
}

fn colour(line: &Line) -> &'static str {
    match (line.kind, line.branch) {
        (Kind::Published, _) => "published",
        (Kind::Baseline, _) => "baseline",
        (Kind::Own, Branch::Token) => "token",
        (Kind::Own, _) => "decoder",
    }
}
