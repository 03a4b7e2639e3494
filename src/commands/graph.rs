//! `simvg-pipe graph`: the stages, their edges and how they stand.

use std::env::current_dir;

use anyhow::Result;
use clap::{Args, ValueEnum};
use simvg_pipeline::{Forced, PastRun, Pipeline, Planner, RunState, Selection, State, Status, Step, Store};

use crate::{
    cli::{PipelineArgs, StoreArgs},
    exit_code::Exit,
    view::{
        self,
        graph::{Graph, Node, NodeState, dot, lanes, mermaid, svg},
    },
};

/// Arguments of `graph`.
#[derive(Args)]
pub struct GraphArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
    #[command(flatten)]
    store: StoreArgs,
    /// Form of the drawing
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Draw the pipeline alone; the store is not looked at
    #[arg(long)]
    no_state: bool,
}

/// Form of the drawing.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A line a stage, for the terminal
    Text,
    /// Graphviz
    Dot,
    /// Mermaid, which GitHub draws in Markdown
    Mermaid,
    /// A picture for the browser, in one file
    Svg,
}

/// Prints the graph.
pub fn run(args: &GraphArgs) -> Result<Exit> {
    let pipeline = args.pipeline.load()?;
    let states = if args.no_state { None } else { Some(states(&pipeline, &args.store.open()?)?) };
    let nodes = pipeline.stages.iter().enumerate().map(|(at, stage)| Node {
        id: stage.id.clone(),
        kind: stage.kind.name().to_owned(),
        state: states.as_ref().map(|states| states[at]),
        needs: stage.needs.clone(),
    });
    let graph = Graph { name: pipeline.name.clone(), nodes: nodes.collect() };
    view::print(&match args.format {
        Format::Text => lanes(&graph),
        Format::Dot => dot(&graph),
        Format::Mermaid => mermaid(&graph),
        Format::Svg => svg(&graph),
    })?;
    Ok(Exit::Success)
}

/// How every stage stands: what a run would do with it, what the last run did, and what runs now.
fn states(pipeline: &Pipeline, store: &Store) -> Result<Vec<NodeState>> {
    let everything = Selection::new(pipeline, &[])?;
    let plan = Planner::new(pipeline, store, &current_dir()?).plan(&everything, Forced::default())?;
    let mut runs = store.runs()?;
    runs.retain(|run| run.pipeline == pipeline.name);
    Ok(plan.stages.iter().map(|step| state(step, &runs)).collect())
}

fn state(step: &Step, runs: &[PastRun]) -> NodeState {
    let runs_now = |run: &PastRun| run.state == RunState::Running && run.open.contains(&step.id);
    // A stage that was skipped was not tried, so what became of it before still counts.
    let mut tried = runs.iter().rev().filter_map(|run| run.stage(&step.id)).map(|stage| stage.result.status);
    let failed = tried.find(|status| *status != Status::Skipped) == Some(Status::Failed);
    match step.state {
        State::Hit => NodeState::Done,
        State::Blocked => NodeState::Blocked,
        _ if runs.iter().any(runs_now) => NodeState::Running,
        _ if failed => NodeState::Failed,
        State::Run => NodeState::Run,
        State::MayRun => NodeState::MayRun,
    }
}
