//! Runs one stage: sound inputs, a lock, a work folder, and an entry in the store at the end.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow, bail};

use super::{Event, Observer, Status, commit::git_commit, runner::Run};
use crate::{Entry, Key, Lookup, Note, Origin, Reason, StageContext, StageInput, WorkLock};

/// How often to ask for a lock that another process holds.
const LOCK_INTERVAL: Duration = Duration::from_millis(100);

impl Run<'_> {
    /// Runs the stage at position `at` and settles it.
    pub(super) fn execute(&mut self, at: usize, why: Reason) -> anyhow::Result<()> {
        self.check_inputs(at)?;
        let key = self.planner.key(at, &self.digests)?;
        let fingerprint = key.fingerprint();
        let (_lock, waited) = self.lock(at, &fingerprint)?;
        if waited && let Lookup::Found(entry) = self.store.lookup(&fingerprint) {
            return self.hit(at, &fingerprint, entry);
        }
        let stage = &self.pipeline.stages[at];
        self.observer.observe(&Event::StageStarted {
            id: stage.id.clone(),
            kind: stage.kind.name().to_owned(),
            fingerprint: fingerprint.clone(),
            why,
        });
        let start = Instant::now();
        let made = self.make(at, &key, &fingerprint, start);
        let seconds = start.elapsed().as_secs_f64();
        match made {
            Ok(entry) => self.settle(at, Status::Ran, seconds, Some(&fingerprint), Some(entry), None),
            Err(error) => {
                let error = Some(format!("{error:#}"));
                self.settle(at, Status::Failed, seconds, Some(&fingerprint), None, error);
            }
        }
        Ok(())
    }

    /// Reads every byte of the inputs that nobody has verified yet, and makes damaged ones again.
    fn check_inputs(&mut self, at: usize) -> anyhow::Result<()> {
        for needed in self.pipeline.stages[at].needs.clone() {
            let Some(settled) = self.settled[needed].as_mut().filter(|settled| !settled.verified) else { continue };
            let (Some(entry), Some(fingerprint)) = (&settled.entry, settled.result.fingerprint.clone()) else {
                continue;
            };
            match entry.manifest.check_bytes(&entry.path) {
                Ok(()) => settled.verified = true,
                Err(fault) => {
                    self.store.remove(&fingerprint)?;
                    self.execute(needed, Reason::Damaged { fault })?;
                }
            }
            if self.digests[needed].is_none() {
                bail!("its input `{}` was damaged and could not be made again", self.pipeline.stages[needed].id);
            }
        }
        Ok(())
    }

    /// The lock of a fingerprint, and whether it took waiting for another process.
    fn lock(&self, at: usize, fingerprint: &str) -> anyhow::Result<(WorkLock, bool)> {
        let mut waited = false;
        loop {
            if let Some(lock) = self.store.try_lock(fingerprint)? {
                return Ok((lock, waited));
            }
            if self.is_cancelled() {
                bail!("interrupted");
            }
            if !waited {
                let id = self.pipeline.stages[at].id.clone();
                self.observer.observe(&Event::StageWaiting { id, fingerprint: fingerprint.to_owned() });
            }
            waited = true;
            sleep(LOCK_INTERVAL);
        }
    }

    /// Lets the kind do its work and puts the result into the store.
    fn make(&mut self, at: usize, key: &Key, fingerprint: &str, start: Instant) -> anyhow::Result<Entry> {
        let stage = &self.pipeline.stages[at];
        let context = self.context(at, fingerprint)?;
        catch_unwind(AssertUnwindSafe(|| stage.kind.run(&context))).unwrap_or_else(|panic| Err(panic_error(panic)))?;
        if self.planner.key(at, &self.digests)? != *key {
            bail!("a raw input changed while the stage ran, so its result belongs to neither version; run again");
        }
        let origin = Origin {
            pipeline: self.pipeline.name.clone(),
            stage: stage.id.clone(),
            commit: context.commit,
            seconds: start.elapsed().as_secs_f64(),
        };
        let entry = self.store.commit(fingerprint, key, origin).context("cannot store the result")?;
        self.store.set_latest(&self.pipeline.name, &stage.id, fingerprint)?;
        Ok(entry)
    }

    fn context(&self, at: usize, fingerprint: &str) -> anyhow::Result<StageContext> {
        let stage = &self.pipeline.stages[at];
        let (out, scratch) = self.store.work_folders(fingerprint)?;
        let mut context = StageContext::new(&stage.id, stage.params.clone(), out, scratch);
        for &needed in &stage.needs {
            let settled = self.settled[needed].as_ref();
            let found =
                settled.and_then(|settled| Some((settled.entry.as_ref()?, settled.result.fingerprint.as_ref()?)));
            let (entry, fingerprint) = found.ok_or_else(|| anyhow!("input {needed} has no result"))?;
            let input = StageInput { path: entry.path.clone(), fingerprint: fingerprint.clone() };
            context.inputs.insert(self.pipeline.stages[needed].id.clone(), input);
        }
        context.pipeline = self.pipeline.name.clone();
        context.fingerprint = fingerprint.to_owned();
        context.commit = self.commit.get_or_init(|| git_commit(&self.root)).clone();
        context.root = self.root.clone();
        context.cancel = self.options.cancel.clone();
        Ok(context.with_sink(sink(stage.id.clone(), self.observer.clone())))
    }
}

/// Turns what a stage says into events.
fn sink(id: String, observer: Arc<dyn Observer>) -> impl Fn(Note) + Send + Sync {
    move |note| {
        let id = id.clone();
        observer.observe(&match note {
            Note::Progress { done, total, unit, detail } => Event::StageProgress { id, done, total, unit, detail },
            Note::Log(line) => Event::StageLog { id, line },
            Note::Warning(line) => Event::StageWarning { id, line },
        });
    }
}

/// A panic is a mistake in the program, but it ends one stage and not the record of the run.
fn panic_error(panic: Box<dyn Any + Send>) -> anyhow::Error {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    anyhow!("the stage panicked, which is a mistake in the program: {}", text.unwrap_or("no message"))
}
