//! The entry of a run, and what all of its threads share.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use super::{
    Event, Observer, Outcome, RunOptions, StageResult, Status, coordinator::Coordinator, recorder::Recorder,
    resources::Pool,
};
use crate::{Error, Pipeline, Planner, Selection, Store, command::Guardian, missing_inputs};

/// How a run went.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// How it ended.
    pub outcome: Outcome,
    /// What became of every stage that it was about, in order.
    pub stages: Vec<StageResult>,
}

/// What the threads of a run share.
pub(super) struct Run<'a> {
    pub pipeline: &'a Pipeline,
    pub store: &'a Store,
    pub root: PathBuf,
    pub planner: Planner<'a>,
    pub selection: Selection,
    pub options: &'a RunOptions,
    pub observer: Arc<dyn Observer>,
    pub recorder: Arc<Recorder>,
    /// Goes last: when it is dropped, it ends what Commands have left running.
    pub guardian: Option<Arc<Guardian>>,
}

/// Runs a pipeline. Relative paths in it start at `root`.
///
/// # Errors
/// If the run could not start: a target is unknown, raw inputs are missing, a limit is too low, the store cannot be used.
/// A stage that fails is no error: it is in the summary.
pub fn run(
    pipeline: &Pipeline,
    store: &Store,
    root: &Path,
    options: &RunOptions,
    observer: Arc<dyn Observer>,
) -> Result<Summary, Error> {
    let selection = Selection::new(pipeline, &options.targets)?.starting_at(pipeline, &options.from)?;
    let pool = Pool::new(pipeline, &selection, options)?;
    missing_inputs(pipeline, &selection, root)?;
    store.prepare()?;
    let recorder = Arc::new(Recorder::new(store, &pipeline.name, root, &options.command)?);
    let run = Run {
        pipeline,
        store,
        root: root.to_owned(),
        planner: Planner::new(pipeline, store, root),
        selection,
        options,
        observer: Arc::new(Both(observer, recorder.clone())),
        recorder,
        guardian: options.guardian.clone().map(|argv| Arc::new(Guardian::new(argv))),
    };
    run.go(pool)
}

impl Run<'_> {
    fn go(&self, pool: Pool) -> Result<Summary, Error> {
        let start = Instant::now();
        let ids = self.selection.positions().map(|at| self.pipeline.stages[at].id.clone());
        self.observer.observe(&Event::RunStarted {
            run: self.recorder.id(),
            pipeline: self.pipeline.name.clone(),
            params: self.pipeline.params.clone(),
            stages: ids.collect(),
        });
        let stages = Coordinator::new(self, pool).go();
        self.planner.save()?;
        let outcome = self.outcome(&stages);
        self.observer.observe(&Event::RunFinished {
            pipeline: self.pipeline.name.clone(),
            outcome,
            seconds: start.elapsed().as_secs_f64(),
            stages: stages.clone(),
        });
        Ok(Summary { outcome, stages })
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.options.cancel.load(Ordering::Relaxed)
    }

    fn outcome(&self, stages: &[StageResult]) -> Outcome {
        let incomplete = stages.iter().any(|stage| !matches!(stage.status, Status::Ran | Status::Hit));
        match (incomplete, self.is_cancelled()) {
            (false, _) => Outcome::Complete,
            (true, true) => Outcome::Interrupted,
            (true, false) => Outcome::Failed,
        }
    }
}

/// Tells the caller's observer and the log of the run.
struct Both(Arc<dyn Observer>, Arc<Recorder>);

impl Observer for Both {
    fn observe(&self, event: &Event) {
        self.0.observe(event);
        self.1.observe(event);
    }
}
