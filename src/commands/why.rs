//! `simvg-pipe why`: why would a stage run?

use std::env::current_dir;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use simvg_pipeline::{Forced, Plan, Planner, Reason, Selection, State, Step, matches_pattern};

use crate::{
    cli::{PipelineArgs, StoreArgs},
    completion,
    exit_code::Exit,
    view::{self, why::why_text},
};

/// Arguments of `why`.
#[derive(Args)]
pub struct WhyArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// The stage to explain (`*` fits any text); otherwise every stage that would run
    #[arg(add = completion::stages())]
    stage: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object a stage: the stage, and the stages before it that are the cause
    #[arg(long)]
    json: bool,
}

/// A stage and, if it waits for others, those that run for a reason of their own.
#[derive(Serialize)]
pub struct Explanation {
    /// The stage that was asked about.
    pub stage: Step,
    /// The stages before it that are the cause.
    pub causes: Vec<Step>,
}

/// Explains the stage, or one after the other if several fit.
pub fn run(args: &WhyArgs) -> Result<Exit> {
    let pipeline = args.pipeline.load()?;
    let store = args.store.open()?;
    let selection = Selection::new(&pipeline, args.stage.as_slice())?;
    let plan = Planner::new(&pipeline, &store, &current_dir()?).plan(&selection, Forced::default())?;
    let is_meant = |step: &&Step| match &args.stage {
        Some(pattern) => matches_pattern(pattern, &step.id),
        None => step.state != State::Hit,
    };
    for step in plan.stages.iter().filter(is_meant) {
        let explanation = explain(&plan, step);
        if args.json {
            view::print_json(&explanation)?;
        } else {
            view::print(&why_text(&explanation))?;
        }
    }
    Ok(Exit::Success)
}

/// Follows the stages that a stage waits for back to those that run for a reason of their own.
fn explain(plan: &Plan, stage: &Step) -> Explanation {
    let mut open = vec![stage];
    let mut causes: Vec<Step> = Vec::new();
    while let Some(step) = open.pop() {
        let Reason::Upstream { stages } = &step.why else { continue };
        for cause in plan.stages.iter().filter(|step| stages.contains(&step.id)) {
            if !matches!(cause.why, Reason::Upstream { .. }) && !causes.iter().any(|known| known.id == cause.id) {
                causes.push(cause.clone());
            }
            open.push(cause);
        }
    }
    Explanation { stage: stage.clone(), causes }
}
