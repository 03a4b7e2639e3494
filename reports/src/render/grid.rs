//! Tables of plain text, which terminal, Markdown and HTML then draw each in its way.

use std::ops::Range;

use super::words;
use crate::{Branch, Comparison, Kind, Leaderboard, Line, Origin, Table};

/// A captioned table of text.
#[derive(Clone, Debug)]
pub struct Grid {
    pub caption: String,
    pub header: Vec<String>,
    pub lines: Vec<GridLine>,
    pub notes: Vec<&'static str>,
    /// The columns that hold numbers, to be set flush right.
    pub numbers: Range<usize>,
}

/// A line of text.
#[derive(Clone, Debug)]
pub struct GridLine {
    pub kind: Kind,
    pub cells: Vec<GridCell>,
}

/// Text, and whether it is the best of its column.
#[derive(Clone, Debug)]
pub struct GridCell {
    pub text: String,
    pub best: bool,
}

impl From<String> for GridCell {
    fn from(text: String) -> Self {
        Self { text, best: false }
    }
}

impl Grid {
    pub fn plain(caption: String, header: &[&str], lines: Vec<Vec<String>>, numbers: Range<usize>) -> Self {
        let line =
            |cells: Vec<String>| GridLine { kind: Kind::Own, cells: cells.into_iter().map(Into::into).collect() };
        let header = header.iter().map(|word| (*word).to_owned()).collect();
        Self { caption, header, lines: lines.into_iter().map(line).collect(), notes: Vec::new(), numbers }
    }
}

/// Where one's own numbers came from, one line an evaluation.
pub fn provenance(board: &Leaderboard) -> Grid {
    let header = ["run", "seed", "numbers", "evaluation", "fingerprint", "checkpoint of", "checkpoint", "commit"];
    let line = |Origin { method, run, numbers }: &Origin| {
        vec![
            method.clone(),
            run.seed.map_or("-".into(), |seed| seed.to_string()),
            numbers.join(", "),
            run.stage.clone(),
            words::short(Some(&run.fingerprint)),
            run.checkpoint_stage.clone().unwrap_or("-".into()),
            run.checkpoint.clone().unwrap_or("-".into()),
            words::short(run.commit.as_deref()),
        ]
    };
    let lines = board.origins.iter().map(line).collect();
    Grid::plain("Where each number came from".into(), &header, lines, 0..0)
}

/// A comparison, one line a metric and column.
pub fn comparison(comparison: &Comparison, digits: usize) -> Grid {
    let verdict = format!("{} is", comparison.first);
    let header = ["", "metric", &comparison.first, &comparison.second, "difference", &verdict];
    let lines = comparison.lines.iter().map(|line| {
        vec![
            words::name(&line.column),
            line.metric.clone(),
            words::spread(&line.first.spread, digits),
            words::spread(&line.second.spread, digits),
            words::difference(line.difference(), line.paired, digits),
            line.verdict().into(),
        ]
    });
    Grid::plain(comparison.caption.clone(), &header, lines.collect(), 2..5)
}

/// The numbers of a metric, methods down and splits across.
pub fn table(table: &Table, digits: usize) -> Grid {
    let has_settings = table.lines.iter().any(|line| line.publication.is_some());
    let mut header = vec!["method".to_owned(), "branch".to_owned()];
    header.extend(has_settings.then(|| "backbone; other grounding data".to_owned()));
    let first_number = header.len();
    header.extend(table.columns.iter().map(|column| words::header(column, &table.columns)));
    header.extend(table.has_mean.then(|| "mean".to_owned()));
    let numbers = first_number..header.len();
    let lines = table.lines.iter().map(|l| line(l, has_settings, table.has_mean, digits)).collect();
    let shared = words::shared(&table.columns);
    let caption = if shared.is_empty() { table.metric.clone() } else { format!("{shared}: {}", table.metric) };
    Grid { caption: caption + ", %", header, lines, notes: notes(table), numbers }
}

fn line(line: &Line, has_settings: bool, has_mean: bool, digits: usize) -> GridLine {
    let branch = if line.branch == Branch::None { "-".into() } else { line.branch.to_string() };
    let mut cells = vec![GridCell::from(words::method(line)), branch.into()];
    let setting = || line.publication.as_ref().map_or("-".into(), words::setting);
    cells.extend(has_settings.then(|| setting().into()));
    let numbers = line.cells.iter().chain(has_mean.then_some(&line.mean));
    cells.extend(numbers.map(|cell| match cell {
        Some(cell) => GridCell { text: words::cell(cell, digits), best: cell.best },
        None => GridCell::from("-".to_owned()),
    }));
    GridLine { kind: line.kind, cells }
}

fn notes(table: &Table) -> Vec<&'static str> {
    let cells = || table.lines.iter().flat_map(|line| line.cells.iter().flatten());
    let spread = cells().any(|cell| cell.spread.std.is_some()).then_some(words::LEGEND_SPREAD);
    let delta = cells().any(|cell| cell.delta.is_some()).then_some(words::LEGEND_DELTA);
    spread.into_iter().chain(delta).chain(words::matching(&table.metric)).collect()
}
