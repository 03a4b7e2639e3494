//! `simvg-pipe run`: run a pipeline.

use std::{
    env::current_dir,
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::Result;
use clap::Args;
use signal_hook::{consts, flag};
use simvg_pipeline::{Observer, Outcome, RunOptions};

use crate::{
    cli::{PipelineArgs, StoreArgs},
    exit_code::Exit,
    view::{self, json::JsonLines, terminal::TerminalView},
};

/// Arguments of `run`.
#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
    #[command(flatten)]
    store: StoreArgs,
    /// Only these stages (`*` fits any text) and what they need
    #[arg(long = "target", value_name = "STAGE")]
    targets: Vec<String>,
    /// Run the targets (everything, without --target) even if their results are there
    #[arg(long)]
    force: bool,
    /// After a failure, go on with the stages that do not need the failed one
    #[arg(long)]
    keep_going: bool,
    /// Print every event as one JSON object a line, on stdout
    #[arg(long)]
    json: bool,
    /// Show failures only
    #[arg(long, short, conflicts_with = "json")]
    quiet: bool,
}

/// Runs the pipeline.
pub fn run(args: RunArgs) -> Result<Exit> {
    let pipeline = args.pipeline.load()?;
    let store = args.store.open()?;
    let observer: Arc<dyn Observer> =
        if args.json { Arc::new(JsonLines) } else { Arc::new(TerminalView::new(args.quiet)) };
    let options = RunOptions {
        targets: args.targets,
        force: args.force,
        keep_going: args.keep_going,
        command: std::env::args().collect(),
        cancel: cancel_on_signal()?,
    };
    let summary = simvg_pipeline::run(&pipeline, &store, &current_dir()?, &options, observer)?;
    let has_report = pipeline.stages.iter().any(|stage| stage.kind.name() == "Report");
    if summary.outcome == Outcome::Complete && has_report && !args.json && !args.quiet {
        view::say(&format!("see the report: simvg-pipe report {}", args.pipeline.file.display()));
    }
    Ok(summary.outcome.into())
}

/// A flag that the first Ctrl-C sets, so that stages stop at a checkpoint; the second one ends the program at once.
fn cancel_on_signal() -> Result<Arc<AtomicBool>> {
    let cancel = Arc::new(AtomicBool::new(false));
    for signal in [consts::SIGINT, consts::SIGTERM] {
        flag::register_conditional_shutdown(signal, i32::from(Exit::Interrupted as u8), cancel.clone())?;
        flag::register(signal, cancel.clone())?;
    }
    Ok(cancel)
}
