//! `simvg-pipe watch`: run again whenever something changes, or evaluate checkpoints as they come.
//!
//! Events of the file system only say when to look. What is to be done follows from the content of files and of the store,
//! so neither a burst of events nor the program's own writes make it run twice, and a restart repeats nothing.

mod checkpoints;
mod events;
mod leaderboard;
mod live;
mod rerun;

use std::{
    collections::BTreeSet,
    env::current_dir,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;
use simvg_pipeline::{Observer, Pipeline, Store};

use self::{checkpoints::Checkpoints, events::Events, leaderboard::Leaderboard, rerun::Rerun};
use super::run::{cancel_on_signal, last_time};
use crate::{
    cli::{PipelineArgs, StoreArgs},
    completion,
    exit_code::Exit,
    quantity::duration,
    view::{
        self, failure,
        json::JsonLines,
        terminal::{Detail, TerminalView},
    },
};

/// A burst of events is over when nothing has come for this long.
const QUIET: Duration = Duration::from_millis(200);
/// A burst that does not end is cut after this.
const LONGEST_BURST: Duration = Duration::from_secs(2);
/// How long a checkpoint must stay as it is to count as whole, and how soon a growing one is looked at again.
const SETTLING: Duration = Duration::from_millis(500);
/// How often to look where there are events: they may get lost.
const RESCAN: Duration = Duration::from_secs(60);
/// How often to look where there are none and the user did not say.
const POLL: Duration = Duration::from_secs(5);

/// Arguments of `watch`.
#[derive(Args)]
pub struct WatchArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
    #[command(flatten)]
    store: StoreArgs,
    /// Only these stages (`*` fits any text) and what they need; with --checkpoints: only these Evaluate stages
    #[arg(long = "target", value_name = "STAGE", add = completion::stages())]
    targets: Vec<String>,
    /// Evaluate every checkpoint (.safetensors, .pth, .pt) that comes into this folder or a folder in it, instead of running
    /// the pipeline. A training shows its own in live/PIPELINE/STAGE of the store
    #[arg(long, value_name = "DIR")]
    checkpoints: Option<PathBuf>,
    /// Look this often instead of waiting for events, for file systems that send none: 5s, 1m
    #[arg(long, value_name = "TIME", value_parser = duration)]
    poll: Option<Duration>,
    /// Print every event of every run as one JSON object a line, on stdout
    #[arg(long)]
    json: bool,
}

/// Watches until Ctrl-C, which is the way to end it and therefore a success.
pub fn run(args: WatchArgs) -> Result<Exit> {
    let cancel = cancel_on_signal()?;
    let store = args.store.open()?;
    let mut events = Events::new(args.poll.is_none());
    let mut watch = Watch::new(&args, store, cancel)?;
    view::say(&format!("watching {}; Ctrl-C ends it", watch.subject()));
    loop {
        let looked = Instant::now();
        let again = watch.look(&mut events);
        let pause = match (again, args.poll) {
            (true, _) => SETTLING,
            (false, Some(poll)) => poll,
            (false, None) if events.are_dead() => POLL,
            (false, None) => RESCAN,
        };
        if !events.wait(looked + pause, &watch.session.cancel) {
            return Ok(Exit::Success);
        }
    }
}

/// What stays the same from one look to the next.
struct Session<'a> {
    args: &'a WatchArgs,
    store: Store,
    root: PathBuf,
    cancel: Arc<AtomicBool>,
}

impl Session<'_> {
    /// Whoever shows a run of this pipeline; a new one for every run.
    fn observer(&self, pipeline: &str) -> Arc<dyn Observer> {
        if self.args.json {
            return Arc::new(JsonLines);
        }
        Arc::new(TerminalView::new(Detail::Normal, last_time(&self.store, pipeline)))
    }
}

/// What is done at every look.
enum Task {
    Rerun(Rerun),
    Evaluate(Checkpoints, Leaderboard),
}

struct Watch<'a> {
    session: Session<'a>,
    task: Task,
    /// What was last wrong, so that it is told once.
    told: String,
}

impl<'a> Watch<'a> {
    fn new(args: &'a WatchArgs, store: Store, cancel: Arc<AtomicBool>) -> Result<Self> {
        let task = match &args.checkpoints {
            Some(folder) => Task::Evaluate(Checkpoints::new(folder), Leaderboard::default()),
            None => Task::Rerun(Rerun::default()),
        };
        let session = Session { args, store, root: current_dir()?, cancel };
        Ok(Self { session, task, told: String::new() })
    }

    fn subject(&self) -> String {
        let file = self.session.args.pipeline.file.display();
        let folder = self.session.args.checkpoints.as_ref();
        folder.map_or_else(|| file.to_string(), |folder| format!("{} for {file}", folder.display()))
    }

    /// Looks at everything once and does what is to be done; gives whether to look again soon. A mistake is shown, and
    /// watching goes on.
    fn look(&mut self, events: &mut Events) -> bool {
        match self.try_look(events) {
            Ok(again) => {
                self.told.clear();
                again
            }
            Err(error) => {
                let text = format!("{error:#}\n{:?}", mistakes(&error));
                if text != self.told {
                    failure::show(&error);
                    self.told = text;
                }
                false
            }
        }
    }

    fn try_look(&mut self, events: &mut Events) -> Result<bool> {
        let args = self.session.args;
        events.watch_file(&args.pipeline.file);
        let pipeline = args.pipeline.load()?;
        pipeline.files.iter().for_each(|file| events.watch_file(file));
        match &mut self.task {
            Task::Rerun(rerun) => {
                events.watch_only(&places(&pipeline, &self.session), self.session.store.root());
                rerun.look(&self.session, &pipeline)
            }
            Task::Evaluate(checkpoints, leaderboard) => {
                events.watch_only(&BTreeSet::from([self.session.root.join(checkpoints.folder())]), &PathBuf::new());
                let growing = checkpoints.scan()?;
                Ok(leaderboard.look(&self.session, &pipeline, checkpoints)? || growing)
            }
        }
    }
}

/// The places of all raw inputs.
fn places(pipeline: &Pipeline, session: &Session) -> BTreeSet<PathBuf> {
    let inputs = pipeline.stages.iter().flat_map(|stage| stage.kind.raw_inputs(&stage.params));
    inputs.map(|input| session.root.join(input.path)).collect()
}

/// The messages of mistakes in a pipeline file: the error itself only counts them.
fn mistakes(error: &anyhow::Error) -> Vec<String> {
    match error.downcast_ref::<simvg_pipeline::Error>() {
        Some(simvg_pipeline::Error::Mistakes(mistakes)) => mistakes.list.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}
