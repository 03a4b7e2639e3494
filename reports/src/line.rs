//! What a table is made of: columns, lines and cells.

use crate::{Branch, Publication, Row, Spread, published};

/// Something that a number is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Data set.
    pub dataset: String,
    /// Sub-group; equal to `dataset` for the whole split.
    pub group: String,
    /// Split.
    pub split: String,
    /// Samples counted; 0 where unknown.
    pub samples: u64,
}

impl Column {
    pub(crate) fn of(row: &Row) -> Self {
        let (dataset, group, split) = (row.dataset.clone(), row.group.clone(), row.split.clone());
        Self { dataset, group, split, samples: row.samples() }
    }

    /// Whether the row's number belongs under this column; published rows have names of their own.
    pub(crate) fn holds(&self, row: &Row) -> bool {
        let own = (&row.dataset, &row.group, &row.split) == (&self.dataset, &self.group, &self.split);
        match row.publication {
            None => own,
            Some(_) => {
                let (dataset, split, _) = published::name_of(&self.dataset, &self.split, "");
                self.group == self.dataset && (&row.dataset, &row.split) == (&dataset, &split)
            }
        }
    }
}

/// What kind of line it is; also the order in which they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Of one's own runs.
    Own,
    /// A baseline of one's own.
    Baseline,
    /// From a publication.
    Published,
}

/// One method.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What kind.
    pub kind: Kind,
    /// The label of its runs, the name of the baseline, or of the published method.
    pub method: String,
    /// Which head.
    pub branch: Branch,
    /// Where it was published.
    pub publication: Option<Publication>,
    /// One a column of the table.
    pub cells: Vec<Option<Cell>>,
    /// Over the columns, where the table has a mean and the line is complete.
    pub mean: Option<Cell>,
}

impl Line {
    /// Mean over the cells that there are, for sorting.
    pub(crate) fn rank(&self) -> f64 {
        let values: Vec<f64> = self.cells.iter().flatten().map(|cell| cell.spread.mean).collect();
        Spread::of(&values).map_or(f64::NEG_INFINITY, |spread| spread.mean)
    }

    /// Whether it can be the best of a column.
    pub(crate) fn is_trusted(&self) -> bool {
        self.kind != Kind::Baseline && self.publication.as_ref().is_none_or(|p| !p.doubtful)
    }
}

/// One number.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The number and its spread.
    pub spread: Spread,
    /// The seeds and values behind it; empty for a published number.
    pub runs: Vec<(Option<u64>, f64)>,
    /// Difference to the best published value.
    pub delta: Option<f64>,
    /// The best of its column, baselines left aside.
    pub best: bool,
}

impl Cell {
    pub(crate) fn of(row: &Row) -> Self {
        let runs = row.runs.iter().map(|run| (run.seed, run.value)).collect();
        Self { spread: row.spread, runs, delta: row.delta(), best: false }
    }
}

/// The mean over all columns: run by run where the columns share their seeds, so that its spread is one of runs.
pub(crate) fn mean(cells: &[Option<Cell>]) -> Option<Cell> {
    let cells: Vec<&Cell> = cells.iter().map(Option::as_ref).collect::<Option<_>>()?;
    let seeds = |cell: &Cell| cell.runs.iter().map(|run| run.0).collect::<Vec<_>>();
    let over = |value: &dyn Fn(&Cell) -> f64| cells.iter().map(|c| value(c)).sum::<f64>() / cells.len() as f64;
    let first = cells.first()?;
    let runs: Vec<(Option<u64>, f64)> = match cells.iter().all(|cell| seeds(cell) == seeds(first)) {
        true => (0..first.runs.len()).map(|i| (first.runs[i].0, over(&|cell| cell.runs[i].1))).collect(),
        false => vec![(None, over(&|cell| cell.spread.mean))],
    };
    let spread = Spread::of(&runs.iter().map(|run| run.1).collect::<Vec<_>>())?;
    Some(Cell { spread, runs, delta: None, best: false })
}
