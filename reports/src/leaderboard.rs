//! Everything that a report says, before it has a form.

use anyhow::Result;

use crate::compare::comparisons;
use crate::provenance::origins;
use crate::{Comparison, Example, Kind, Measurement, Origin, ReportOptions, Row, Table, aggregate};

/// A report's content. Its `terminal`, `markdown`, `csv`, `json` and `html` give it a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaderboard {
    /// Heading.
    pub title: String,
    /// Digits behind the point.
    pub digits: usize,
    /// One a metric.
    pub tables: Vec<Table>,
    /// Branch against branch, method against method.
    pub comparisons: Vec<Comparison>,
    /// Where one's own numbers came from.
    pub origins: Vec<Origin>,
    /// The numbers that the tables show, one a row: own ones first.
    pub rows: Vec<Row>,
    /// Pictures for the HTML page.
    pub examples: Vec<Example>,
}

impl Leaderboard {
    /// Brings the measurements together; own and published ones may come in any order.
    ///
    /// # Errors
    /// Where the data-frame library fails, which no input is known to cause.
    pub fn new(measurements: &[Measurement], options: &ReportOptions) -> Result<Self> {
        let mut rows = aggregate::rows(measurements)?;
        let tables: Vec<Table> =
            metrics(&rows, options).iter().filter_map(|metric| Table::new(metric, &rows, options)).collect();
        rows.retain(|row| tables.iter().any(|table| shows(table, row)));
        Ok(Self {
            title: options.title.clone(),
            digits: options.digits,
            comparisons: comparisons(&tables, &options.compare),
            origins: origins(&rows),
            tables,
            rows,
            examples: options.examples.clone(),
        })
    }
}

/// The metrics asked for, or all that runs of one's own have.
fn metrics(rows: &[Row], options: &ReportOptions) -> Vec<String> {
    let mut metrics = options.metrics.clone();
    for row in rows.iter().filter(|row| row.publication.is_none() && options.metrics.is_empty()) {
        if !metrics.contains(&row.metric) {
            metrics.push(row.metric.clone());
        }
    }
    metrics
}

/// Whether the table has a line and a column for the row.
fn shows(table: &Table, row: &Row) -> bool {
    let has_line = table.lines.iter().any(|line| match line.kind {
        Kind::Published => (&line.publication, &line.method) == (&row.publication, &row.method),
        _ => row.publication.is_none(),
    });
    row.measures(&table.metric) && has_line && table.columns.iter().any(|column| column.holds(row))
}
