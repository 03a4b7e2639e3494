//! `simvg-pipe plan`: what would a run do?

use std::env::current_dir;

use anyhow::Result;
use clap::Args;
use simvg_pipeline::{Plan, Planner, Selection, State};

use crate::{
    cli::{PipelineArgs, StoreArgs},
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
    /// Only these stages (`*` fits any text) and what they need
    #[arg(long = "target", value_name = "STAGE")]
    targets: Vec<String>,
    /// Plan as `run --force` would run
    #[arg(long)]
    force: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// End with 6 if there is something to run, with 4 if files from outside are missing
    #[arg(long)]
    exit_code: bool,
}

/// Shows the plan; nothing is run or written.
pub fn run(args: &PlanArgs) -> Result<Exit> {
    let pipeline = args.pipeline.load()?;
    let store = args.store.open()?;
    let selection = Selection::new(&pipeline, &args.targets)?;
    let plan = Planner::new(&pipeline, &store, &current_dir()?).plan(&selection, args.force)?;
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
