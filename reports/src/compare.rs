//! Two things side by side: the token branch and the decoder, with and without something.
//!
//! The difference is taken seed by seed, since runs of one seed share their data order and their start. What comes out
//! is printed as it is; nothing here knows which side is supposed to win.

use crate::{Branch, Cell, Column, Kind, Line, Pair, Spread, Table};

/// One comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What is compared, and where.
    pub caption: String,
    /// The side of interest.
    pub first: String,
    /// What it is compared with.
    pub second: String,
    /// One a metric and column that both sides have.
    pub lines: Vec<Compared>,
}

/// Both sides on one split.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The metric.
    pub metric: String,
    /// What the numbers are about.
    pub column: Column,
    /// Number of the first side.
    pub first: Cell,
    /// Number of the second side.
    pub second: Cell,
    /// First minus second over the seeds that both have; `None` where they have none in common.
    pub paired: Option<Spread>,
}

impl Compared {
    /// First minus second: over the common seeds, or else of the means.
    pub fn difference(&self) -> f64 {
        self.paired.map_or(self.first.spread.mean - self.second.spread.mean, |paired| paired.mean)
    }

    /// What the seeds say of the first side.
    pub fn verdict(&self) -> &'static str {
        match self.paired {
            None => "no common seed",
            Some(paired) if paired.runs == 1 => "one seed only",
            Some(paired) if paired.min > 0.0 => "higher with every seed",
            Some(paired) if paired.max < 0.0 => "lower with every seed",
            Some(_) => "seeds disagree",
        }
    }
}

/// Token against decoder branch for every method that has both, then the pairs asked for, branch by branch.
pub(crate) fn comparisons(tables: &[Table], pairs: &[Pair]) -> Vec<Comparison> {
    let mut all = Vec::new();
    for method in methods(tables) {
        let caption = format!("{method}: token branch against decoder branch");
        let lines = lines(tables, (method, Branch::Token), (method, Branch::Decoder));
        all.push(Comparison { caption, first: "token".into(), second: "decoder".into(), lines });
    }
    for Pair { with, without } in pairs {
        for branch in [Branch::Decoder, Branch::Token] {
            let caption = format!("{with} against {without}, {branch} branch");
            let lines = lines(tables, (with, branch), (without, branch));
            all.push(Comparison { caption, first: with.clone(), second: without.clone(), lines });
        }
    }
    all.retain(|comparison| !comparison.lines.is_empty());
    all
}

/// Labels of one's own methods in the order of the tables.
fn methods(tables: &[Table]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for line in tables.iter().flat_map(|table| &table.lines).filter(|line| line.kind == Kind::Own) {
        if !names.contains(&line.method.as_str()) {
            names.push(&line.method);
        }
    }
    names
}

type Side<'a> = (&'a str, Branch);

fn lines(tables: &[Table], first: Side, second: Side) -> Vec<Compared> {
    tables.iter().flat_map(|table| compare(table, first, second)).collect()
}

fn compare(table: &Table, first: Side, second: Side) -> Vec<Compared> {
    let line = |side: Side| {
        let is_side = |line: &&Line| line.kind == Kind::Own && (line.method.as_str(), line.branch) == side;
        table.lines.iter().find(is_side)
    };
    let Some((first, second)) = line(first).zip(line(second)) else { return Vec::new() };
    let cells = table.columns.iter().zip(first.cells.iter().zip(&second.cells));
    let both = cells.filter_map(|(column, (first, second))| Some((column, first.as_ref()?, second.as_ref()?)));
    both.map(|(column, first, second)| Compared {
        metric: table.metric.clone(),
        column: column.clone(),
        first: first.clone(),
        second: second.clone(),
        paired: paired(first, second),
    })
    .collect()
}

/// Spread of first minus second over the common seeds.
fn paired(first: &Cell, second: &Cell) -> Option<Spread> {
    let of_seed = |seed| second.runs.iter().find(|run| run.0 == seed).map(|run| run.1);
    let differences = first.runs.iter().filter_map(|&(seed, value)| Some(value - of_seed(seed)?));
    Spread::of(&differences.collect::<Vec<_>>())
}
