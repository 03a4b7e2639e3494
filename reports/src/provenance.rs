//! Which stage, checkpoint and commit each of one's own numbers came from.

use crate::{Branch, Row, Run};

/// One evaluation and what was read off it.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// Label of the run, or name of the baseline.
    pub method: String,
    /// The run; its `value` and `samples` are those of the first number.
    pub run: Run,
    /// The numbers, e.g. `decoder Acc@0.5`, each named once.
    pub numbers: Vec<String>,
}

/// The origins of all own rows, in the order of the rows.
pub(crate) fn origins(rows: &[Row]) -> Vec<Origin> {
    let mut origins: Vec<Origin> = Vec::new();
    for (row, run) in rows.iter().flat_map(|row| row.runs.iter().map(move |run| (row, run))) {
        let method = row.baseline.as_ref().unwrap_or(&row.method);
        let number = match row.branch {
            Branch::None => row.metric.clone(),
            branch => format!("{branch} {}", row.metric),
        };
        match origins.iter_mut().find(|origin| origin.method == *method && is_same(&origin.run, run)) {
            Some(origin) if origin.numbers.contains(&number) => {}
            Some(origin) => origin.numbers.push(number),
            None => origins.push(Origin { method: method.clone(), run: run.clone(), numbers: vec![number] }),
        }
    }
    origins
}

fn is_same(a: &Run, b: &Run) -> bool {
    let key = |run: &Run| {
        let Run { seed, stage, fingerprint, checkpoint_stage, checkpoint, commit, .. } = run.clone();
        (seed, stage, fingerprint, checkpoint_stage, checkpoint, commit)
    };
    key(a) == key(b)
}
