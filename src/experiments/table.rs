//! All runs as one table: what they were asked for, the parameters that differ, the numbers that came out, and time.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use polars::prelude::{Column, DataFrame, IntoLazy, SortMultipleOptions};
use serde::Serialize;
use serde_json::{Map, Value};
use simvg_pipeline::{PastRun, Status, Store};

use super::{
    metrics,
    query::{self, Filter},
};

/// Columns that every table has, in their order.
pub const FIXED: [&str; 7] = ["run", "pipeline", "started", "state", "seconds", "ran", "hit"];

/// Which columns come first: those of baselines last, then those that their stages have first.
type Rank = (bool, usize);

/// A run, its parameters and the numbers that its results hold.
#[derive(Debug, Clone, Serialize)]
pub struct RunRow {
    /// Short name.
    pub run: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// When it began: RFC 3339, in UTC.
    pub started: String,
    /// How it ended.
    pub state: Value,
    /// How long it took.
    pub seconds: f64,
    /// Stages that ran.
    pub ran: usize,
    /// Stages whose results were there.
    pub hit: usize,
    /// Parameters of the pipeline, and those fields of its stages that differ between the runs, as `stage.field`.
    pub params: BTreeMap<String, Value>,
    /// Numbers of its results as `stage: name`.
    pub metrics: Map<String, Value>,
    /// Their names in the order of the stages, and the rank of each as a column.
    #[serde(skip)]
    pub ranks: Vec<(String, Rank)>,
}

/// Runs as a data frame with, for every line of it, what it was made from.
pub struct RunTable {
    /// One line a run.
    pub frame: DataFrame,
    /// The runs in the order of the lines.
    pub rows: Vec<RunRow>,
    /// Columns of parameters.
    pub params: Vec<String>,
    /// Columns of numbers.
    pub metrics: Vec<String>,
}

/// Reads results, each once however many runs share it.
struct Reader<'s> {
    store: &'s Store,
    fields: HashMap<String, Vec<(String, Value)>>,
    metrics: HashMap<String, Vec<metrics::Metric>>,
}

/// The runs as rows, oldest first.
pub fn rows(store: &Store, runs: &[PastRun]) -> Vec<RunRow> {
    let mut reader = Reader { store, fields: HashMap::new(), metrics: HashMap::new() };
    runs.iter().map(|run| reader.row(run)).collect()
}

impl Reader<'_> {
    fn row(&mut self, run: &PastRun) -> RunRow {
        let mut params = run.params.clone();
        let (mut metrics, mut ranks) = (Map::new(), Vec::new());
        for stage in &run.stages {
            let Some(fingerprint) = &stage.result.fingerprint else { continue };
            for (name, value) in self.fields_of(fingerprint) {
                params.insert(format!("{}.{name}", stage.result.id), value.clone());
            }
            if !matches!(stage.result.status, Status::Ran | Status::Hit) {
                continue;
            }
            for (place, metric) in self.metrics_of(fingerprint).iter().enumerate() {
                let name = format!("{}: {}", stage.result.id, metric.name);
                ranks.push((name.clone(), (metric.is_baseline, place)));
                metrics.insert(name, Value::from(metric.value));
            }
        }
        let count = |status| run.stages.iter().filter(|stage| stage.result.status == status).count();
        RunRow {
            run: run.id.clone(),
            pipeline: run.pipeline.clone(),
            started: run.header.started.clone(),
            state: serde_json::to_value(run.state).unwrap_or_default(),
            seconds: run.seconds,
            ran: count(Status::Ran),
            hit: count(Status::Hit),
            params,
            metrics,
            ranks,
        }
    }

    fn fields_of(&mut self, fingerprint: &str) -> &[(String, Value)] {
        let key = || self.store.key(fingerprint).map(|key| key.params).unwrap_or_default();
        self.fields.entry(fingerprint.to_owned()).or_insert_with(|| leaves(&key()))
    }

    fn metrics_of(&mut self, fingerprint: &str) -> &[metrics::Metric] {
        let found = self.metrics.entry(fingerprint.to_owned());
        found.or_insert_with(|| metrics::of_result(self.store, fingerprint))
    }
}

/// The plain values in a stage's parameters by their paths.
fn leaves(params: &Value) -> Vec<(String, Value)> {
    fn collect(path: &str, value: &Value, found: &mut Vec<(String, Value)>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    collect(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, value, found);
                }
            }
            value => found.push((path.to_owned(), value.clone())),
        }
    }
    let mut found = Vec::new();
    collect("", params, &mut found);
    found
}

impl RunTable {
    /// The table of `rows`, with the parameters that differ between them or, if `all`, all of them.
    ///
    /// # Errors
    /// Where the data-frame library fails, which no input is known to cause.
    pub fn new(mut rows: Vec<RunRow>, all: bool) -> Result<Self> {
        let params = if all { all_params(&rows) } else { differing(&rows) };
        for row in &mut rows {
            row.params.retain(|name, _| !name.contains('.') || params.contains(name));
        }
        let metrics = headlines_first(&rows);
        let mut columns = fixed(&rows);
        columns.extend(params.iter().map(|name| column(name, rows.iter().map(|row| row.params.get(name)))));
        columns.extend(metrics.iter().map(|name| column(name, rows.iter().map(|row| row.metrics.get(name)))));
        let numbers: Vec<u32> = (0..rows.len() as u32).collect();
        columns.push(Column::new(LINE.into(), numbers));
        let frame = DataFrame::new(rows.len(), columns)?;
        Ok(Self { frame, rows, params, metrics })
    }

    /// Keeps the runs that meet all conditions.
    ///
    /// # Errors
    /// If a condition speaks of no column.
    pub fn filter(&mut self, filters: &[Filter]) -> Result<()> {
        for filter in filters {
            let condition = filter.condition(&self.frame)?;
            self.frame = self.frame.clone().lazy().filter(condition).collect()?;
        }
        self.follow()
    }

    /// Orders the runs by a column; those without a value in it come last.
    ///
    /// # Errors
    /// If there is no such column.
    pub fn sort(&mut self, word: &str, descending: bool) -> Result<()> {
        let (by, _) = query::column(&self.frame, word)?;
        let order = SortMultipleOptions::default().with_order_descending(descending).with_nulls_last(true);
        self.frame = self.frame.clone().lazy().sort_by_exprs([by], order.with_maintain_order(true)).collect()?;
        self.follow()
    }

    /// Puts the rows in the order of the frame.
    fn follow(&mut self) -> Result<()> {
        let lines = self.frame.column(LINE)?.u32()?.clone();
        self.rows = lines.into_no_null_iter().map(|line| self.rows[line as usize].clone()).collect();
        let numbers: Vec<u32> = (0..self.rows.len() as u32).collect();
        self.frame.with_column(Column::new(LINE.into(), numbers))?;
        Ok(())
    }

    /// Leaves out the numbers whose names have none of `words`; without words, all stay.
    pub fn choose(&mut self, words: &[String]) {
        let is_meant = |name: &str| words.is_empty() || words.iter().any(|words| query::has_parts(name, words));
        self.metrics.retain(|name| is_meant(name));
        for row in &mut self.rows {
            row.metrics.retain(|name, _| is_meant(name));
        }
    }

    /// The columns for readers, in their order.
    ///
    /// # Errors
    /// Where the data-frame library fails, which no input is known to cause.
    pub fn into_frame(self) -> Result<DataFrame> {
        let fixed = FIXED.iter().map(|name| (*name).to_owned());
        Ok(self.frame.select(fixed.chain(self.params).chain(self.metrics))?)
    }
}

/// Column with the place of a line's row; not for readers.
pub const LINE: &str = "#";

fn fixed(rows: &[RunRow]) -> Vec<Column> {
    let text = |name: &str, of: fn(&RunRow) -> &str| Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>());
    let number = |name: &str, of: fn(&RunRow) -> f64| Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>());
    vec![
        text("run", |row| &row.run),
        text("pipeline", |row| &row.pipeline),
        text("started", |row| &row.started),
        text("state", |row| row.state.as_str().unwrap_or_default()),
        number("seconds", |row| row.seconds),
        number("ran", |row| row.ran as f64),
        number("hit", |row| row.hit as f64),
    ]
}

/// Numbers if all values are, else text.
fn column<'v>(name: &str, values: impl Iterator<Item = Option<&'v Value>>) -> Column {
    let values: Vec<Option<&Value>> = values.collect();
    if values.iter().flatten().all(|value| value.is_number()) {
        return Column::new(name.into(), values.iter().map(|value| (*value)?.as_f64()).collect::<Vec<_>>());
    }
    let text = |value: &&Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Column::new(name.into(), values.iter().map(|value| value.as_ref().map(text)).collect::<Vec<_>>())
}

/// The columns of numbers. The first number of every stage comes before the second of any, and all of them before those of
/// baselines, so that the few that are shown tell something of every result.
fn headlines_first(rows: &[RunRow]) -> Vec<String> {
    let (mut names, mut known) = (Vec::new(), HashSet::new());
    for (name, rank) in rows.iter().flat_map(|row| &row.ranks) {
        if known.insert(name) {
            names.push((name, rank));
        }
    }
    names.sort_by_key(|(_, rank)| *rank);
    names.into_iter().map(|(name, _)| name.clone()).collect()
}

fn all_params(rows: &[RunRow]) -> Vec<String> {
    let mut names: Vec<String> = rows.iter().flat_map(|row| row.params.keys().cloned()).collect();
    names.sort_unstable();
    names.dedup();
    // A parameter of the pipeline has no dot, and comes before the fields of stages.
    names.sort_by_key(|name| name.contains('.'));
    names.retain(|name| !FIXED.contains(&name.as_str()));
    names
}

/// Parameters that have several values among the runs. The field of a stage that only repeats a parameter of the pipeline
/// is left out.
fn differing(rows: &[RunRow]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for name in all_params(rows) {
        let values = |name: &str| rows.iter().filter_map(|row| row.params.get(name)).collect::<Vec<_>>();
        let own = values(&name);
        let differs = own.iter().any(|value| *value != own[0]);
        let repeats = |known: &String| !known.contains('.') && rows.iter().all(|row| agree(row, known, &name));
        if differs && !kept.iter().any(repeats) {
            kept.push(name);
        }
    }
    kept
}

/// Whether a field has the parameter's value in a run, or is not there.
fn agree(row: &RunRow, param: &str, field: &str) -> bool {
    row.params.get(field).is_none_or(|value| row.params.get(param) == Some(value))
}
