//! From a pipeline and some checkpoints, the pipeline that evaluates them.
//!
//! For every checkpoint and every Evaluate stage that it suits there is a copy of the stage that reads the checkpoint from
//! its file. The reports get the copies, and what they have already of their own. Trainings are in it, but nothing that is
//! to be run needs them.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::{Value, json};
use simvg_pipeline::{Pipeline, Stage};

use super::checkpoints::Found;

/// A checkpoint as stages and reports call it.
pub struct Named<'a> {
    /// The checkpoint.
    pub found: Found<'a>,
    /// Its path within the folder, as a part of a stage's name.
    pub name: String,
}

/// The pipeline that evaluates checkpoints.
pub struct Live {
    /// All stages. Its name is that of the file's pipeline with `.live` behind it.
    pub pipeline: Pipeline,
    /// What is to be run: the reports, or the evaluations if there is no report of them.
    pub targets: Vec<String>,
    /// The report stages.
    pub reports: Vec<String>,
    /// The evaluations: the stage that each is a copy of, its name, and the position of its checkpoint.
    pub copies: Vec<(String, String, usize)>,
}

/// Puts it together from the stages of `pipeline`; `evaluations` are those to copy, `done` has those with results.
pub fn derive(pipeline: &Pipeline, evaluations: &[&Stage], done: &BTreeSet<&str>, named: &[Named]) -> Result<Live> {
    let (mut stages, mut copies, mut reports) = (Vec::new(), Vec::new(), Vec::new());
    let mut left_out = BTreeSet::new();
    for (at, stage) in pipeline.stages.iter().enumerate() {
        if stage.needs.iter().any(|needed| left_out.contains(needed)) {
            left_out.insert(at);
        } else if stage.kind.name() != "Report" {
            stages.push(stage.clone());
        } else if let Some(report) = report_of(stage, done, &copies) {
            reports.push(report.id.clone());
            stages.push(report);
        } else {
            left_out.insert(at);
        }
        if evaluations.iter().any(|evaluation| evaluation.id == stage.id) {
            for (position, one) in named.iter().enumerate().filter(|(_, one)| suits(stage, one, evaluations)) {
                let copy = evaluation_of(stage, one);
                copies.push((stage.id.clone(), copy.id.clone(), position));
                stages.push(copy);
            }
        }
    }
    let evaluated = || copies.iter().map(|(_, copy, _)| copy.clone()).collect();
    let targets = if reports.is_empty() { evaluated() } else { reports.clone() };
    let pipeline = pipeline.with_stages(format!("{}.live", pipeline.name), stages)?;
    Ok(Live { pipeline, targets, reports, copies })
}

/// Gives checkpoints names that stages can have, no two the same.
pub fn name_all<'a>(found: impl Iterator<Item = Found<'a>>) -> Vec<Named<'a>> {
    let mut taken = BTreeSet::new();
    let named = found.map(|found| {
        let text = found.within.with_extension("").to_string_lossy().into_owned();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-+.".contains(c);
        let mut name: String = text.replace('/', ".").chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        Named { found, name }
    });
    named.collect()
}

/// Whether a checkpoint is one for this stage: that of the training which the stage evaluates, or of none in the pipeline.
fn suits(stage: &Stage, one: &Named, evaluations: &[&Stage]) -> bool {
    let is_trained_by = |stage: &Stage| stage.params["checkpoint"]["$stage"].as_str() == one.found.stage;
    one.found.stage.is_none() || is_trained_by(stage) || !evaluations.iter().any(|stage| is_trained_by(stage))
}

/// The stage with the checkpoint in place of its own.
fn evaluation_of(stage: &Stage, one: &Named) -> Stage {
    let mut params = stage.params.clone();
    params["checkpoint"] = json!(one.found.path.display().to_string());
    params["label"] = json!(format!("{}, {}", params["label"].as_str().unwrap_or_default(), one.name));
    Stage { id: format!("{}.{}", stage.id, one.name), params, ..stage.clone() }
}

/// The report with the copies of its evaluations, and of its own those that are done; `None` if no checkpoint is in it.
fn report_of(stage: &Stage, done: &BTreeSet<&str>, copies: &[(String, String, usize)]) -> Option<Stage> {
    let own = stage.params["evaluations"].as_array()?;
    let own: Vec<&str> = own.iter().filter_map(|value| value["$stage"].as_str()).collect();
    let copies: Vec<&str> =
        copies.iter().filter(|(of, ..)| own.contains(&of.as_str())).map(|(_, copy, _)| copy.as_str()).collect();
    if copies.is_empty() {
        return None;
    }
    let mut params = stage.params.clone();
    let shown = own.into_iter().filter(|id| done.contains(id)).chain(copies);
    params["evaluations"] = shown.map(|id| json!({ "$stage": id })).collect::<Value>();
    // Its pairs may name runs that are not there yet.
    params["compare"] = json!([]);
    Some(Stage { params, ..stage.clone() })
}
