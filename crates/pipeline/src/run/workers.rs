//! The threads of a run and the news that they send.

use std::{
    collections::BTreeMap,
    io,
    sync::mpsc::{self, Receiver, Sender},
    thread::{Builder, Scope},
    time::Duration,
};

use super::{
    runner::Run,
    task::{End, Task},
};

/// As much stack as the main thread of a program has: kinds may be written for that.
const STACK: usize = 8 << 20;

/// What a thread has to tell.
pub(super) enum News {
    /// Digests of a stage's raw inputs.
    Digests(usize, io::Result<BTreeMap<String, String>>),
    /// An attempt is over.
    Ended(Ended),
}

/// An attempt that is over.
pub(super) struct Ended {
    /// Position of the stage.
    pub at: usize,
    pub fingerprint: String,
    pub end: End,
    /// How long the stage ran.
    pub time: Duration,
}

/// Starts threads.
pub(super) struct Workers<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    run: &'env Run<'env>,
    sender: Sender<News>,
    to_digest: Sender<usize>,
}

impl<'scope, 'env> Workers<'scope, 'env> {
    /// The threads of `run`, and where their news arrives.
    pub fn new(scope: &'scope Scope<'scope, 'env>, run: &'env Run<'env>) -> (Self, Receiver<News>) {
        let (sender, news) = mpsc::channel();
        let (to_digest, positions) = mpsc::channel();
        let digests = sender.clone();
        // One thread reads the raw inputs, of one stage after the other, so that a large data set does not hold up
        // stages that have none.
        scope.spawn(move || {
            for at in positions {
                // The coordinator listens until it has all that it asked for.
                let _ = digests.send(News::Digests(at, run.planner.raw_digests(at)));
            }
        });
        (Self { scope, run, sender, to_digest }, news)
    }

    /// Asks for the digests of a stage's raw inputs.
    pub fn digest(&self, at: usize) {
        self.to_digest.send(at).expect("the reading thread listens until the workers are dropped");
    }

    /// Starts an attempt.
    ///
    /// # Errors
    /// If the system has no thread left.
    pub fn start(&self, task: Task) -> io::Result<()> {
        let (run, news) = (self.run, self.sender.clone());
        let name = run.pipeline.stages[task.at].id.clone();
        let attempt = move || {
            let (end, time) = run.attempt(&task);
            // The lock goes first, so that whoever hears of the end finds it free.
            let Task { at, fingerprint, .. } = task;
            // The coordinator listens until every attempt has ended.
            let _ = news.send(News::Ended(Ended { at, fingerprint, end, time }));
        };
        Builder::new().name(name).stack_size(STACK).spawn_scoped(self.scope, attempt).map(drop)
    }
}
