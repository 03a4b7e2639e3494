//! `simvg-pipe run`: run a pipeline.

use std::{
    env::current_dir,
    ffi::OsString,
    num::NonZeroUsize,
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::Result;
use clap::Args;
use signal_hook::{consts, flag};
use simvg_pipeline::{Observer, Outcome, RunOptions, Store};

use crate::{
    cli::{PipelineArgs, SelectionArgs, StoreArgs},
    exit_code::Exit,
    view::{
        self,
        json::JsonLines,
        overall::LastTime,
        terminal::{Detail, TerminalView},
    },
};

/// The guardian is this program again, by a path that stays right when its file is replaced during the run.
pub fn guardian() -> Vec<OsString> {
    ["/proc/self/exe", "guard"].map(OsString::from).to_vec()
}

/// Arguments of `run`.
#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    /// After a failure, go on with the stages that do not need the failed one
    #[arg(long)]
    keep_going: bool,
    /// Run up to N stages at a time. Without it: as many as there are cpus, where a stage that does not say how many it
    /// takes has them all. Of the stages that could run, those first in the file start first
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// What the stages that run at the same time may take together, such as gpu=1,memory=20. Without a limit: the
    /// machine's cpus, and of anything else as much as the stage that takes most
    #[arg(long, value_name = "NAME=AMOUNT", value_delimiter = ',', value_parser = limit)]
    resources: Vec<(String, u64)>,
    /// Print every event as one JSON object a line, on stdout
    #[arg(long)]
    json: bool,
    /// Show failures only
    #[arg(long, short, conflicts_with = "json")]
    quiet: bool,
    /// Also show what changed field by field, fingerprints in full, and what Commands print, again when it is a hit
    #[arg(long, short, conflicts_with = "quiet")]
    verbose: bool,
}

impl RunArgs {
    fn detail(&self) -> Detail {
        match (self.quiet, self.verbose) {
            (true, _) => Detail::Quiet,
            (false, true) => Detail::Verbose,
            (false, false) => Detail::Normal,
        }
    }
}

/// How long the stages of a pipeline took when they last ran.
pub fn last_time(store: &Store, pipeline: &str) -> LastTime {
    let (store, pipeline) = (store.clone(), pipeline.to_owned());
    Box::new(move |stage| Some(store.manifest(&store.latest(&pipeline, stage)?)?.origin.seconds))
}

/// Runs the pipeline.
pub fn run(args: RunArgs) -> Result<Exit> {
    let pipeline = args.pipeline.load_for_good()?;
    let store = args.store.open()?;
    let observer: Arc<dyn Observer> = if args.json {
        Arc::new(JsonLines)
    } else {
        Arc::new(TerminalView::new(args.detail(), last_time(&store, &pipeline.name)))
    };
    let options = RunOptions {
        targets: args.selection.targets,
        from: args.selection.from,
        force: args.selection.force,
        force_downstream: args.selection.force_downstream,
        keep_going: args.keep_going,
        jobs: args.jobs,
        resources: args.resources.into_iter().collect(),
        output: args.verbose,
        guardian: Some(guardian()),
        command: std::env::args().collect(),
        cancel: cancel_on_signal()?,
    };
    let summary = simvg_pipeline::run(pipeline, &store, &current_dir()?, &options, observer)?;
    let has_report = pipeline.stages.iter().any(|stage| stage.kind.name() == "Report");
    if summary.outcome == Outcome::Complete && has_report && !args.json && !args.quiet {
        view::say(&format!("see the report: simvg-pipe report {}", args.pipeline.file.display()));
    }
    Ok(summary.outcome.into())
}

/// One limit of `--resources`.
fn limit(text: &str) -> Result<(String, u64), String> {
    let (name, amount) = text.split_once('=').ok_or("expected NAME=AMOUNT, such as gpu=1")?;
    let amount = amount.trim().parse().map_err(|_| format!("`{amount}` is not a whole number"))?;
    Ok((name.trim().to_owned(), amount))
}

/// A flag that the first Ctrl-C sets, so that stages stop at a checkpoint; the second one ends the program at once.
pub fn cancel_on_signal() -> Result<Arc<AtomicBool>> {
    let cancel = Arc::new(AtomicBool::new(false));
    for signal in [consts::SIGINT, consts::SIGTERM] {
        flag::register_conditional_shutdown(signal, i32::from(Exit::Interrupted as u8), cancel.clone())?;
        flag::register(signal, cancel.clone())?;
    }
    Ok(cancel)
}
