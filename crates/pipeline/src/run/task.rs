//! One attempt at one stage, in a thread of its own: sound inputs, a work folder, and an entry in the store at the end.

use std::{
    any::Any,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow, bail};

use super::{Event, Observer, runner::Run, settled::Settled};
use crate::{Entry, Key, Note, Origin, Reason, StageContext, StageInput, WorkLock, command::leftovers};

/// An attempt at a stage.
pub(super) struct Task {
    /// Position of the stage.
    pub at: usize,
    pub key: Key,
    pub fingerprint: String,
    pub why: Reason,
    /// 1 for the first.
    pub attempt: u32,
    /// The stages that it needs, by position.
    pub inputs: Vec<(usize, Arc<Settled>)>,
    /// Held until the attempt is over.
    pub _lock: WorkLock,
}

/// How an attempt ended.
pub(super) enum End {
    /// The result is in the store.
    Made(Entry),
    /// An input turned out to have other bytes than were written.
    Damaged {
        /// Its position.
        needed: usize,
        /// What is wrong with it.
        fault: String,
    },
    /// It did not get through.
    Failed {
        /// What went wrong.
        error: String,
        /// Whether it was stopped because it took too long.
        timed_out: bool,
    },
}

impl Run<'_> {
    /// Makes the attempt; gives how it ended and how long the stage ran.
    pub(super) fn attempt(&self, task: &Task) -> (End, Duration) {
        for (needed, settled) in &task.inputs {
            if let Err(fault) = settled.verify() {
                return (End::Damaged { needed: *needed, fault }, Duration::ZERO);
            }
        }
        let stage = &self.pipeline.stages[task.at];
        self.observer.observe(&Event::StageStarted {
            id: stage.id.clone(),
            kind: stage.kind.name().to_owned(),
            fingerprint: task.fingerprint.clone(),
            why: task.why.clone(),
            attempt: task.attempt,
        });
        let start = Instant::now();
        let deadline = stage.terms.timeout.and_then(|timeout| start.checked_add(timeout));
        let end = match self.make(task, start, deadline) {
            Ok(entry) => End::Made(entry),
            Err(error) => {
                let timed_out = deadline.is_some_and(|deadline| Instant::now() >= deadline) && !self.is_cancelled();
                End::Failed { error: self.failure(task.at, timed_out, &error), timed_out }
            }
        };
        (end, start.elapsed())
    }

    /// What went wrong, in words.
    fn failure(&self, at: usize, timed_out: bool, error: &anyhow::Error) -> String {
        match self.pipeline.stages[at].terms.timeout.filter(|_| timed_out) {
            Some(timeout) => format!("it took longer than its `timeout` of {} s: {error:#}", timeout.as_secs_f64()),
            None => format!("{error:#}"),
        }
    }

    /// Lets the kind do its work and puts the result into the store.
    fn make(&self, task: &Task, start: Instant, deadline: Option<Instant>) -> anyhow::Result<Entry> {
        let stage = &self.pipeline.stages[task.at];
        let context = self.context(task, deadline)?;
        catch_unwind(AssertUnwindSafe(|| stage.kind.run(&context))).unwrap_or_else(|panic| Err(panic_error(panic)))?;
        self.check_raw_inputs(task)?;
        let origin = Origin {
            pipeline: self.pipeline.name.clone(),
            stage: stage.id.clone(),
            commit: context.commit,
            seconds: start.elapsed().as_secs_f64(),
        };
        let entry = self.store.commit(&task.fingerprint, &task.key, origin).context("cannot store the result")?;
        self.store.set_latest(&self.pipeline.name, &stage.id, &task.fingerprint)?;
        Ok(entry)
    }

    /// A result is stored under the content that its raw inputs had before. If they have another one by now, nobody knows
    /// which of the two the stage has read.
    fn check_raw_inputs(&self, task: &Task) -> anyhow::Result<()> {
        let now = self.planner.raw_digests(task.at)?;
        let changed = now.iter().find(|(name, digest)| task.key.raw.get(*name) != Some(digest));
        if let Some((name, _)) = changed {
            bail!(
                "its input `{name}` was changed while the stage ran, so its result belongs to neither version and is \
                 dropped; run again"
            );
        }
        Ok(())
    }

    /// A work folder that is there already was left by an attempt that failed or was killed. Whatever that has started
    /// must not write into the folder any more.
    fn end_leftovers(&self, fingerprint: &str) -> anyhow::Result<()> {
        match fs_err::canonicalize(self.store.work_path(fingerprint)) {
            Ok(folder) => leftovers::end(leftovers::of_folder(&folder), Duration::ZERO),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn context(&self, task: &Task, deadline: Option<Instant>) -> anyhow::Result<StageContext> {
        let stage = &self.pipeline.stages[task.at];
        self.end_leftovers(&task.fingerprint)?;
        let (out, scratch) = self.store.work_folders(&task.fingerprint)?;
        let mut context = StageContext::new(&stage.id, stage.params.clone(), out, scratch);
        for (needed, settled) in &task.inputs {
            let id = self.pipeline.stages[*needed].id.clone();
            let found = settled.entry.as_ref().zip(settled.result.fingerprint.clone());
            let (entry, fingerprint) = found.ok_or_else(|| anyhow!("its input `{id}` has no result"))?;
            context.inputs.insert(id, StageInput { path: entry.path.clone(), fingerprint });
        }
        context.pipeline = self.pipeline.name.clone();
        context.live = self.store.live_path(&self.pipeline.name, &stage.id);
        context.fingerprint = task.fingerprint.clone();
        context.commit = self.recorder.commit();
        context.root = self.root.clone();
        context.cancel = self.options.cancel.clone();
        context.deadline = deadline;
        context.follow = self.options.output;
        context.guardian = self.guardian.clone();
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
            Note::Output(line) => Event::StageOutput { id, line },
        });
    }
}

/// A panic is a mistake in the program, but it ends one stage and not the record of the run.
fn panic_error(panic: Box<dyn Any + Send>) -> anyhow::Error {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    anyhow!("the stage panicked, which is a mistake in the program: {}", text.unwrap_or("no message"))
}
