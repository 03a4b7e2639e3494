//! A bar chart as inline SVG: one bar a line of a table.

use maud::{Markup, html};

use super::words;
use crate::{Branch, Cell, Kind, Line, Table};

/// Sizes in user units.
const ROW: usize = 30;
const LABELS: f64 = 260.0;
const BARS: f64 = 520.0;
const VALUES: f64 = 120.0;
const AXIS: usize = 24;

/// The chart of the table's mean, or of its first column where it has no mean. Its caption says which.
pub fn chart(table: &Table, digits: usize) -> Markup {
    let bars: Vec<(&Line, &Cell)> = table.lines.iter().filter_map(|line| Some((line, lead(line)?))).collect();
    let (width, height) = (LABELS + BARS + VALUES, bars.len() * ROW + AXIS);
    let what = if table.has_mean { "mean over the columns".into() } else { words::name(&table.columns[0]) };
    html! {
        figure {
            svg viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(format!("{}, {what}", table.metric)) {
                @for tick in [0, 25, 50, 75, 100] { (gridline(tick, bars.len() * ROW)) }
                @for (i, (line, cell)) in bars.iter().enumerate() { (bar(i * ROW, line, cell, digits)) }
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

/// Where a percentage lies.
fn x(percent: f64) -> f64 {
    LABELS + BARS * percent.clamp(0.0, 100.0) / 100.0
}

fn gridline(tick: u32, bottom: usize) -> Markup {
    let x = x(f64::from(tick));
    html! {
        line .grid x1=(x) x2=(x) y1="0" y2=(bottom) {}
        text .tick x=(x) y=(bottom + 16) text-anchor="middle" { (tick) }
    }
}

fn bar(top: usize, line: &Line, cell: &Cell, digits: usize) -> Markup {
    let (middle, end) = (top + ROW / 2, x(cell.spread.mean));
    let label = match line.branch {
        Branch::None => line.method.clone(),
        branch => format!("{}, {branch}", line.method),
    };
    html! {
        text x=(LABELS - 10.0) y=(middle + 5) text-anchor="end" { (label) }
        rect class=(colour(line)) x=(LABELS) y=(top + 5) width=(format!("{:.1}", end - LABELS)) height=(ROW - 10) rx="3" {}
        @if cell.spread.runs > 1 {
            line .whisker x1=(x(cell.spread.min)) x2=(x(cell.spread.max)) y1=(middle) y2=(middle) {}
        }
        text .value x=(format!("{:.1}", end.max(x(cell.spread.max)) + 8.0)) y=(middle + 5) {
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
