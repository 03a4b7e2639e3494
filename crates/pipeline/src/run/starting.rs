//! How the coordinator looks a stage up and starts it.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context;

use super::{
    Event, Status, Wait,
    coordinator::{Coordinator, Phase},
    task::Task,
    workers::Workers,
};
use crate::{
    Entry, Key, Lookup, Reason, WorkLock,
    command::{LOG, Tail},
};

/// A stage that must run.
pub(super) struct Queued {
    pub key: Key,
    pub fingerprint: String,
    pub why: Reason,
    /// Whether those who listen know that it waits.
    told: bool,
}

impl Coordinator<'_> {
    /// Decides what is to be done with a stage whose needs are settled.
    pub fn look_at(&mut self, at: usize, workers: &Workers) {
        // A stage that runs or is over becomes ready once more when an input that was damaged has been made again.
        if self.phases[at] != Phase::Open {
            return;
        }
        let stage = &self.run.pipeline.stages[at];
        let lacks_input = stage.needs.iter().any(|&needed| self.digests[needed].is_none());
        if lacks_input || self.is_stopping() {
            let result = self.result(at, Status::Skipped, Duration::ZERO, None);
            self.settle_without(at, result, None, false);
        } else if let Some(raw) = self.run.planner.remembered_digests(at) {
            self.look_up(at, raw);
        } else {
            self.phases[at] = Phase::Digesting;
            self.awaited += 1;
            workers.digest(at);
        }
    }

    /// Asks the store for the result of a stage, given the digests of its raw inputs.
    pub fn look_up(&mut self, at: usize, raw: BTreeMap<String, String>) {
        let forced = self.is_forced(at);
        let damaged = self.damaged.remove(&at);
        let key = self.run.planner.key(at, &self.digests, raw);
        let fingerprint = key.fingerprint();
        match self.run.planner.lookup(&fingerprint) {
            Lookup::Found(entry) if damaged.is_none() && !forced => self.hit(at, fingerprint, entry),
            lookup => {
                let key = key.to_key();
                let why = match damaged {
                    Some(fault) => Reason::Damaged { fault },
                    None if forced => Reason::Forced,
                    None => self.run.planner.reason(at, &key, &lookup),
                };
                self.phases[at] = Phase::Queued;
                self.queued.insert(at, Queued { key, fingerprint, why, told: false });
            }
        }
    }

    fn is_forced(&self, at: usize) -> bool {
        let options = self.run.options;
        let ran = |needed: &usize| self.settled[*needed].as_ref().is_some_and(|s| s.result.status == Status::Ran);
        (options.force && self.run.selection.named[at])
            || (options.force_downstream && self.run.pipeline.stages[at].needs.iter().any(ran))
    }

    fn hit(&mut self, at: usize, fingerprint: String, entry: Entry) {
        let (pipeline, id) = (&self.run.pipeline.name, &self.run.pipeline.stages[at].id);
        if self.run.options.output {
            self.replay(at, &entry);
        }
        let is_latest = self.latest.get(id).is_some_and(|latest| *latest == fingerprint);
        let noted = if is_latest { Ok(()) } else { self.run.store.set_latest(pipeline, id, &fingerprint) };
        match noted {
            Ok(()) => self.settle_with(at, fingerprint, entry, None),
            Err(error) => self.fail(at, Some(fingerprint), &error.into()),
        }
    }

    /// Tells what the stage printed when it made its result. Not every result has a log.
    fn replay(&self, at: usize, entry: &Entry) {
        let id = &self.run.pipeline.stages[at].id;
        let tell = |line| self.run.observer.observe(&Event::StageOutput { id: id.clone(), line });
        if let Ok(mut log) = Tail::open(&entry.path.join(LOG)) {
            // A log that cannot be read is no reason to stop: it is not part of the result.
            let _ = log.show(true, tell);
        }
    }

    /// Settles a stage that fails before it runs.
    pub fn fail(&mut self, at: usize, fingerprint: Option<String>, error: &anyhow::Error) {
        let result = self.result(at, Status::Failed, Duration::ZERO, fingerprint);
        self.settle_without(at, result, Some(format!("{error:#}")), false);
    }

    /// Starts what may start now, in the order of the file. What may not does not keep later stages from it.
    pub fn start_queued(&mut self, workers: &Workers) {
        let positions: Vec<usize> = self.queued.keys().copied().collect();
        for at in positions {
            if self.pool.is_full() {
                break;
            }
            let short = self.pool.shortage(at);
            if short.is_empty() {
                self.lock_and_start(at, workers);
            } else if short.iter().any(|name| self.run.pipeline.stages[at].terms.resources.contains_key(*name)) {
                let names = short.into_iter().map(str::to_owned).collect();
                self.tell_waiting(at, Wait::Resources { names });
            }
        }
    }

    fn lock_and_start(&mut self, at: usize, workers: &Workers) {
        match self.run.store.try_lock(&self.queued[&at].fingerprint) {
            Ok(None) => self.tell_waiting(at, Wait::Lock),
            Ok(Some(lock)) => self.start(at, lock, workers),
            Err(error) => {
                let queued = self.queued.remove(&at);
                self.fail(at, queued.map(|queued| queued.fingerprint), &error.into());
            }
        }
    }

    /// Starts an attempt, unless another process has made the result since it was looked up.
    fn start(&mut self, at: usize, lock: WorkLock, workers: &Workers) {
        let Queued { key, fingerprint, why, .. } = self.queued.remove(&at).expect("the caller found it in the queue");
        self.run.planner.expire();
        let must_run = matches!(why, Reason::Forced | Reason::Damaged { .. });
        if !must_run && let Lookup::Found(entry) = self.run.planner.lookup(&fingerprint) {
            return self.hit(at, fingerprint, entry);
        }
        let needs = self.run.pipeline.stages[at].needs.iter();
        let inputs = needs.filter_map(|&needed| Some((needed, self.settled[needed].clone()?))).collect();
        let attempt = self.failures[at] + 1;
        let task = Task { at, key, fingerprint: fingerprint.clone(), why, attempt, inputs, _lock: lock };
        match workers.start(task).context("cannot start a thread") {
            Ok(()) => {
                self.pool.take(at);
                self.phases[at] = Phase::Running;
                self.awaited += 1;
            }
            Err(error) => self.fail(at, Some(fingerprint), &error),
        }
    }

    /// Tells once that a stage waits.
    fn tell_waiting(&mut self, at: usize, wait: Wait) {
        let Some(queued) = self.queued.get_mut(&at).filter(|queued| !queued.told) else { return };
        queued.told = true;
        let (id, fingerprint) = (self.run.pipeline.stages[at].id.clone(), queued.fingerprint.clone());
        self.run.observer.observe(&Event::StageWaiting { id, fingerprint, wait });
    }
}
