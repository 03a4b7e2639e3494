//! `simvg-pipe plan`: what would a run do?

use std::env::current_dir;

use anyhow::Result;
use clap::Args;
use simvg_pipeline::{Forced, Plan, Planner, Selection, State};

use crate::{
    cli::{PipelineArgs, SelectionArgs, StoreArgs},
    exit_code::Exit,
    view::{self, plan::plan_text},
};

/// Arguments of `plan`.
#[derive(Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// End with 6 if there is something to run, with 4 if files from outside are missing
    #[arg(long)]
    exit_code: bool,
}

/// Shows the plan; nothing is run or written.
pub fn run(args: &PlanArgs) -> Result<Exit> {
    let pipeline = args.pipeline.load_for_good()?;
    let store = args.store.open()?;
    let SelectionArgs { targets, from, force, force_downstream } = &args.selection;
    let selection = Selection::new(pipeline, targets)?.starting_at(pipeline, from)?;
    let forced = Forced { named: *force, downstream: *force_downstream };
    let plan = Planner::new(pipeline, &store, &current_dir()?).plan(&selection, forced)?;
    if args.json {
        view::print_json(&plan)?;
    } else {
        view::print(&plan_text(&plan))?;
    }
    Ok(if args.exit_code { verdict(&plan) } else { Exit::Success })
}

/// What the plan means for a script.
fn verdict(plan: &Plan) -> Exit {
    let has = |state| plan.stages.iter().any(|step| step.state == state);
    match (has(State::Blocked), has(State::Run) || has(State::MayRun)) {
        (true, _) => Exit::MissingInput,
        (false, true) => Exit::WorkToDo,
        (false, false) => Exit::Success,
    }
}
