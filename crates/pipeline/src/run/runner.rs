//! Goes through the stages in order, skips what the store has, and runs the rest.

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use super::{Event, Observer, Outcome, StageResult, Status, recorder::Recorder};
use crate::{Entry, Error, Lookup, Pipeline, Planner, Reason, Selection, Store, missing_inputs};

/// What a run is about.
#[derive(Clone, Default)]
pub struct RunOptions {
    /// Names of stages, or patterns with `*`: these and what they need. Empty: everything.
    pub targets: Vec<String>,
    /// Run the targets (everything, if there are none) even if the store has their results.
    pub force: bool,
    /// After a failure, go on with the stages that do not need the failed one.
    pub keep_going: bool,
    /// Program and arguments that asked for the run, for its record.
    pub command: Vec<String>,
    /// Set it to stop the run.
    pub cancel: Arc<AtomicBool>,
}

/// How a run went.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// How it ended.
    pub outcome: Outcome,
    /// What became of every stage that it was about, in order.
    pub stages: Vec<StageResult>,
}

/// Runs a pipeline. Relative paths in it start at `root`.
///
/// # Errors
/// If the run could not start: a target is unknown, raw inputs are missing, the store cannot be used. A stage that fails
/// is no error: it is in the summary.
pub fn run(
    pipeline: &Pipeline,
    store: &Store,
    root: &Path,
    options: &RunOptions,
    observer: Arc<dyn Observer>,
) -> Result<Summary, Error> {
    let selection = Selection::new(pipeline, &options.targets)?;
    missing_inputs(pipeline, &selection, root)?;
    store.prepare()?;
    let recorder = Recorder::new(store, &pipeline.name, root, &options.command)?;
    let id = recorder.id();
    let observer = Arc::new(Both(observer, recorder));
    let count = pipeline.stages.len();
    Run {
        id,
        pipeline,
        store,
        root: root.to_owned(),
        planner: Planner::new(pipeline, store, root),
        selection,
        options,
        observer,
        settled: vec![None; count],
        digests: vec![None; count],
        commit: OnceCell::new(),
    }
    .go()
}

/// A run under way.
pub(super) struct Run<'a> {
    /// Short name of the run.
    pub id: String,
    pub pipeline: &'a Pipeline,
    pub store: &'a Store,
    pub root: PathBuf,
    pub planner: Planner<'a>,
    pub selection: Selection,
    pub options: &'a RunOptions,
    pub observer: Arc<dyn Observer>,
    /// By position: what became of the stage.
    pub settled: Vec<Option<Settled>>,
    /// By position: the content of its result.
    pub digests: Vec<Option<String>>,
    pub commit: OnceCell<Option<String>>,
}

/// What became of a stage.
#[derive(Clone)]
pub(super) struct Settled {
    pub result: StageResult,
    /// Its result, if it has one.
    pub entry: Option<Entry>,
    /// Whether every byte of the result is known to be right.
    pub verified: bool,
}

impl Run<'_> {
    fn go(mut self) -> Result<Summary, Error> {
        let start = Instant::now();
        let positions: Vec<usize> = self.selection.positions().collect();
        self.observer.observe(&Event::RunStarted {
            run: self.id.clone(),
            pipeline: self.pipeline.name.clone(),
            params: self.pipeline.params.clone(),
            stages: positions.iter().map(|&at| self.pipeline.stages[at].id.clone()).collect(),
        });
        for &at in &positions {
            if self.must_skip(at) {
                self.settle(at, Status::Skipped, 0.0, None, None, None);
            } else if let Err(error) = self.look_up_or_execute(at) {
                self.settle(at, Status::Failed, 0.0, None, None, Some(format!("{error:#}")));
            }
        }
        self.planner.save()?;
        let stages: Vec<StageResult> = self.settled.iter().flatten().map(|settled| settled.result.clone()).collect();
        let outcome = self.outcome(&stages);
        self.observer.observe(&Event::RunFinished {
            pipeline: self.pipeline.name.clone(),
            outcome,
            seconds: start.elapsed().as_secs_f64(),
            stages: stages.clone(),
        });
        Ok(Summary { outcome, stages })
    }

    fn look_up_or_execute(&mut self, at: usize) -> anyhow::Result<()> {
        if self.options.force && self.selection.named[at] {
            return self.execute(at, Reason::Forced);
        }
        let key = self.planner.key(at, &self.digests)?;
        let fingerprint = key.fingerprint();
        let lookup = self.store.lookup(&fingerprint);
        let why = self.planner.reason(at, &key, &lookup);
        match lookup {
            Lookup::Found(entry) => self.hit(at, &fingerprint, entry),
            Lookup::Missing | Lookup::Damaged(_) => self.execute(at, why),
        }
    }

    pub(super) fn hit(&mut self, at: usize, fingerprint: &str, entry: Entry) -> anyhow::Result<()> {
        self.store.set_latest(&self.pipeline.name, &self.pipeline.stages[at].id, fingerprint)?;
        self.settle(at, Status::Hit, 0.0, Some(fingerprint), Some(entry), None);
        Ok(())
    }

    /// Writes down what became of a stage and tells everyone.
    pub(super) fn settle(
        &mut self,
        at: usize,
        status: Status,
        seconds: f64,
        fingerprint: Option<&str>,
        entry: Option<Entry>,
        error: Option<String>,
    ) {
        let id = self.pipeline.stages[at].id.clone();
        let result = StageResult { id, status, seconds, fingerprint: fingerprint.map(str::to_owned) };
        self.digests[at] = entry.as_ref().map(|entry| entry.manifest.digest.clone());
        self.settled[at] = Some(Settled { result: result.clone(), entry, verified: status == Status::Ran });
        self.observer.observe(&Event::StageFinished { result, error });
    }

    fn must_skip(&self, at: usize) -> bool {
        let failed = self.settled.iter().flatten().any(|settled| settled.result.status == Status::Failed);
        let lacks_input = self.pipeline.stages[at].needs.iter().any(|&needed| self.digests[needed].is_none());
        self.is_cancelled() || lacks_input || (failed && !self.options.keep_going)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.options.cancel.load(Ordering::Relaxed)
    }

    fn outcome(&self, stages: &[StageResult]) -> Outcome {
        let incomplete = stages.iter().any(|stage| matches!(stage.status, Status::Failed | Status::Skipped));
        match (incomplete, self.is_cancelled()) {
            (false, _) => Outcome::Complete,
            (true, true) => Outcome::Interrupted,
            (true, false) => Outcome::Failed,
        }
    }
}

/// Tells the caller's observer and the log of the run.
struct Both(Arc<dyn Observer>, Recorder);

impl Observer for Both {
    fn observe(&self, event: &Event) {
        self.0.observe(event);
        self.1.observe(event);
    }
}
