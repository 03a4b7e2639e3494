//! Runs the pipeline again once its plan is no longer empty.

use anyhow::Result;
use simvg_pipeline::{Forced, Pipeline, Plan, Planner, RunOptions, Selection, State, run};

use super::Session;
use crate::commands::run::guardian;

/// Remembers what the last run left undone, so that a stage that fails is not tried until something changes.
#[derive(Default)]
pub struct Rerun {
    left: Option<Plan>,
}

impl Rerun {
    /// Runs what is to be run.
    pub fn look(&mut self, session: &Session, pipeline: &Pipeline) -> Result<bool> {
        let plan = plan(session, pipeline)?;
        let is_empty = plan.stages.iter().all(|step| step.state == State::Hit);
        if is_empty || self.left.as_ref() == Some(&plan) {
            return Ok(false);
        }
        let options = options(session, session.args.targets.clone());
        let ran = run(pipeline, &session.store, &session.root, &options, session.observer(&pipeline.name));
        self.left = Some(self::plan(session, pipeline)?);
        ran?;
        Ok(false)
    }
}

/// What a run would do now.
pub fn plan(session: &Session, pipeline: &Pipeline) -> Result<Plan> {
    let selection = Selection::new(pipeline, &session.args.targets)?;
    plan_of(session, pipeline, &selection)
}

/// What a run of these stages would do now. Digests of raw files are remembered, or every look would read them all.
pub fn plan_of(session: &Session, pipeline: &Pipeline, selection: &Selection) -> Result<Plan> {
    let planner = Planner::new(pipeline, &session.store, &session.root);
    let plan = planner.plan(selection, Forced::default())?;
    if session.store.root().exists() {
        planner.save()?;
    }
    Ok(plan)
}

/// A run that goes on after failures and stops when watching stops.
pub fn options(session: &Session, targets: Vec<String>) -> RunOptions {
    RunOptions {
        targets,
        keep_going: true,
        guardian: Some(guardian()),
        command: std::env::args().collect(),
        cancel: session.cancel.clone(),
        ..RunOptions::default()
    }
}
