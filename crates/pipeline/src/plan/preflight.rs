//! Looks for every raw input before anything runs: a run of a week does not end at a file that was never there.

use std::{collections::HashSet, path::Path};

use super::Selection;
use crate::{MissingInputs, Pipeline};

/// Checks that all raw inputs of the selected stages exist. `root` is where relative paths start.
///
/// # Errors
/// All that are missing, each path once.
pub fn missing_inputs(pipeline: &Pipeline, selection: &Selection, root: &Path) -> Result<(), MissingInputs> {
    let mut seen = HashSet::new();
    let mut inputs = Vec::new();
    for stage in selection.positions().map(|at| &pipeline.stages[at]) {
        for input in stage.kind.raw_inputs(&stage.params) {
            if !root.join(&input.path).exists() && seen.insert(input.path.clone()) {
                inputs.push((stage.id.clone(), input));
            }
        }
    }
    if inputs.is_empty() { Ok(()) } else { Err(MissingInputs { inputs }) }
}
