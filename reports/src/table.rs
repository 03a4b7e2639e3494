//! The wide table that papers print: methods down, splits across.

use crate::line::mean;
use crate::{Cell, Column, Kind, Line, ReportOptions, Row, ShowPublished, Sort};

/// All numbers of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The metric, in percent.
    pub metric: String,
    /// What stands across.
    pub columns: Vec<Column>,
    /// What stands down: own runs, baselines, published results.
    pub lines: Vec<Line>,
    /// Whether a last column with the mean over `columns` makes sense: several groups of one split, and nothing
    /// published beside them (publications do not average over data sets).
    pub has_mean: bool,
    /// Order of the lines.
    sort: Sort,
}

impl Table {
    /// The table of `metric`; `None` where no run of one's own has measured it.
    pub(crate) fn new(metric: &str, rows: &[Row], options: &ReportOptions) -> Option<Self> {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.measures(metric)).collect();
        let columns = columns(&rows, options);
        let mut lines: Vec<Line> = Vec::new();
        for row in rows {
            place(row, &columns, &mut lines);
        }
        for column in 0..columns.len() {
            mark_best(&mut lines, |line| line.cells[column].as_mut());
        }
        lines.retain(|line| line.kind != Kind::Published || is_shown(line, options.published));
        let published = lines.iter().any(|line| line.kind == Kind::Published);
        let has_mean = columns.len() > 1 && !published && columns.iter().all(|c| c.split == columns[0].split);
        if has_mean {
            lines.iter_mut().for_each(|line| line.mean = mean(&line.cells));
            mark_best(&mut lines, |line| line.mean.as_mut());
        }
        sort(&mut lines, options.sort);
        let table = Self { metric: metric.into(), columns, lines, has_mean, sort: options.sort };
        (!table.columns.is_empty()).then_some(table)
    }

    /// One table a data set.
    pub(crate) fn by_dataset(&self) -> Vec<Self> {
        let mut datasets: Vec<&str> = self.columns.iter().map(|c| c.dataset.as_str()).collect();
        datasets.dedup();
        datasets.into_iter().map(|dataset| self.only(dataset)).collect()
    }

    /// The part that is about one data set, without the lines that say nothing about it.
    fn only(&self, dataset: &str) -> Self {
        let kept: Vec<usize> = (0..self.columns.len()).filter(|&i| self.columns[i].dataset == dataset).collect();
        let columns = kept.iter().map(|&i| self.columns[i].clone()).collect();
        let part = |line: &Line| {
            let cells = kept.iter().map(|&i| line.cells[i].clone()).collect();
            Line { cells, mean: None, ..line.clone() }
        };
        let mut lines: Vec<Line> = self.lines.iter().map(part).collect();
        lines.retain(|line| line.cells.iter().any(Option::is_some));
        sort(&mut lines, self.sort);
        Self { metric: self.metric.clone(), columns, lines, has_mean: false, sort: self.sort }
    }
}

/// What one's own rows are about, data sets in the order asked for.
fn columns(rows: &[&Row], options: &ReportOptions) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for row in rows.iter().filter(|row| row.publication.is_none()) {
        if !columns.iter().any(|column| column.holds(row)) {
            columns.push(Column::of(row));
        }
    }
    let first_seen: Vec<String> = columns.iter().map(|c| c.dataset.clone()).collect();
    let order = if options.datasets.is_empty() { &first_seen } else { &options.datasets };
    columns.retain(|column| order.contains(&column.dataset));
    columns.sort_by_key(|column| order.iter().position(|dataset| *dataset == column.dataset));
    columns
}

/// Puts the row's number into its line, which is begun where it is missing.
fn place(row: &Row, columns: &[Column], lines: &mut Vec<Line>) {
    let Some(column) = columns.iter().position(|column| column.holds(row)) else { return };
    let kind = match (&row.publication, &row.baseline) {
        (Some(_), _) => Kind::Published,
        (None, Some(_)) => Kind::Baseline,
        (None, None) => Kind::Own,
    };
    let method = row.baseline.as_ref().unwrap_or(&row.method);
    let is_its = |line: &Line| {
        (line.kind, &line.method, line.branch, &line.publication) == (kind, method, row.branch, &row.publication)
    };
    let at = lines.iter().position(is_its).unwrap_or_else(|| {
        let (method, publication, cells) = (method.clone(), row.publication.clone(), vec![None; columns.len()]);
        lines.push(Line { kind, method, branch: row.branch, publication, cells, mean: None });
        lines.len() - 1
    });
    lines[at].cells[column].get_or_insert_with(|| Cell::of(row));
}

/// Marks the best of the cells that `cell` picks, one a line.
fn mark_best(lines: &mut [Line], cell: impl Fn(&mut Line) -> Option<&mut Cell>) {
    let cells = lines.iter_mut().filter(|line| line.is_trusted()).filter_map(cell);
    if let Some(best) = cells.max_by(|a, b| a.spread.mean.total_cmp(&b.spread.mean)) {
        best.best = true;
    }
}

fn is_shown(line: &Line, published: ShowPublished) -> bool {
    match published {
        ShowPublished::None => false,
        ShowPublished::Best => line.method.starts_with("SimVG") || line.cells.iter().flatten().any(|cell| cell.best),
        ShowPublished::All => true,
    }
}

fn sort(lines: &mut [Line], by: Sort) {
    lines.sort_by(|a, b| {
        let value = match by {
            Sort::Value => b.rank().total_cmp(&a.rank()),
            Sort::Method => a.method.cmp(&b.method),
        };
        a.kind.cmp(&b.kind).then(value).then_with(|| (&a.method, a.branch).cmp(&(&b.method, b.branch)))
    });
}
