//! The state of a run and the loop that brings it to its end. Starting and ending of stages have files of their own.

use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc::Receiver},
    thread,
    time::{Duration, Instant},
};

use super::{
    Event, StageResult, Status,
    resources::Pool,
    runner::Run,
    schedule::Schedule,
    settled::Settled,
    starting::Queued,
    workers::{News, Workers},
};
use crate::Entry;

/// How often to ask for a lock that another process holds, and whether the user wants to stop.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// How far a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing was decided yet.
    Open,
    /// Its raw inputs are being read.
    Digesting,
    /// It must run, as soon as the limits and other processes allow.
    Queued,
    /// It failed and is tried again after a pause.
    Delayed,
    /// An attempt is under way.
    Running,
    /// It is over.
    Settled,
}

/// Decides what becomes of every stage, one decision at a time.
pub(super) struct Coordinator<'a> {
    pub run: &'a Run<'a>,
    pub pool: Pool,
    pub schedule: Schedule,
    /// By position, like all that follows.
    pub phases: Vec<Phase>,
    pub queued: BTreeMap<usize, Queued>,
    pub delayed: BTreeMap<usize, Instant>,
    /// Failed attempts so far.
    pub failures: Vec<u32>,
    /// Why a result that the run has already used is made again.
    pub damaged: BTreeMap<usize, String>,
    pub settled: Vec<Option<Arc<Settled>>>,
    /// The content of the results.
    pub digests: Vec<Option<String>>,
    /// How many news are still to come.
    pub awaited: usize,
    /// What the stages had last when the run last woke up: to ask for every hit takes longer than all else about it.
    pub latest: Arc<BTreeMap<String, String>>,
    has_failed: bool,
}

impl<'a> Coordinator<'a> {
    /// The state of a run in which nothing is decided yet.
    pub fn new(run: &'a Run<'a>, pool: Pool) -> Self {
        let count = run.pipeline.stages.len();
        Self {
            run,
            pool,
            schedule: Schedule::new(run.pipeline, &run.selection),
            phases: vec![Phase::Open; count],
            queued: BTreeMap::new(),
            delayed: BTreeMap::new(),
            failures: vec![0; count],
            damaged: BTreeMap::new(),
            settled: vec![None; count],
            digests: vec![None; count],
            awaited: 0,
            latest: Arc::default(),
            has_failed: false,
        }
    }

    /// Settles every wanted stage; gives what became of them, in order.
    pub fn go(mut self) -> Vec<StageResult> {
        thread::scope(|scope| {
            let (workers, news) = Workers::new(scope, self.run);
            while self.advance(&workers) {
                self.listen(&news);
            }
        });
        self.settled.iter().flatten().map(|settled| settled.result.clone()).collect()
    }

    /// Does all that can be done now; says whether there is anything to wait for.
    fn advance(&mut self, workers: &Workers) -> bool {
        self.wake_delayed();
        self.latest = self.run.store.latest_of(&self.run.pipeline.name);
        loop {
            while let Some(at) = self.schedule.take() {
                self.look_at(at, workers);
            }
            if self.is_stopping() {
                self.unqueue_all();
            }
            self.start_queued(workers);
            if !self.schedule.has_ready() {
                return self.awaited > 0 || !self.queued.is_empty() || !self.delayed.is_empty();
            }
        }
    }

    fn listen(&mut self, news: &Receiver<News>) {
        self.run.recorder.flush();
        // The other outcome is that the time is up.
        if let Ok(news) = news.recv_timeout(LOOK_INTERVAL) {
            self.take_in(news);
        }
    }

    /// Whether nothing new is to be started.
    pub fn is_stopping(&self) -> bool {
        self.run.is_cancelled() || (self.has_failed && !self.run.options.keep_going)
    }

    fn wake_delayed(&mut self) {
        let now = Instant::now();
        let due: Vec<usize> = self.delayed.iter().filter(|(_, time)| **time <= now).map(|(&at, _)| at).collect();
        due.into_iter().for_each(|at| self.reopen(at));
    }

    fn unqueue_all(&mut self) {
        let waiting: Vec<usize> = self.queued.keys().chain(self.delayed.keys()).copied().collect();
        waiting.into_iter().for_each(|at| self.reopen(at));
    }

    /// Takes back what was decided for a stage.
    pub fn reopen(&mut self, at: usize) {
        self.queued.remove(&at);
        self.delayed.remove(&at);
        self.phases[at] = Phase::Open;
        self.schedule.put_back(at);
    }

    /// Writes down what became of a stage that has a result now.
    pub fn settle_with(&mut self, at: usize, fingerprint: String, entry: Entry, ran: Option<Duration>) {
        let status = if ran.is_some() { Status::Ran } else { Status::Hit };
        self.digests[at] = Some(entry.contents.digest.clone());
        let result = self.result(at, status, ran.unwrap_or_default(), Some(fingerprint));
        self.settle(at, Settled::new(result, Some(entry), ran.is_some()), None, false);
    }

    /// Writes down what became of a stage that has no result.
    pub fn settle_without(&mut self, at: usize, result: StageResult, error: Option<String>, timed_out: bool) {
        self.has_failed |= result.status == Status::Failed;
        self.settle(at, Settled::new(result, None, false), error, timed_out);
    }

    /// What became of a stage, for those who listen.
    pub fn result(&self, at: usize, status: Status, ran: Duration, fingerprint: Option<String>) -> StageResult {
        StageResult { id: self.run.pipeline.stages[at].id.clone(), status, seconds: ran.as_secs_f64(), fingerprint }
    }

    fn settle(&mut self, at: usize, settled: Settled, error: Option<String>, timed_out: bool) {
        let result = settled.result.clone();
        self.phases[at] = Phase::Settled;
        self.settled[at] = Some(Arc::new(settled));
        self.schedule.settle(at);
        self.run.observer.observe(&Event::StageFinished { result, error, timed_out });
    }
}
