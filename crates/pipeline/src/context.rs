//! What a running stage sees: its parameters, its inputs, its folders, and the ways to report and to be stopped.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::command::Guardian;

/// Progress notes closer together than this are dropped, so that a tight loop may report every step.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// One run of one stage. All folders exist when [`crate::StageKind::run`] is called.
pub struct StageContext {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Name of the stage within the pipeline.
    pub id: String,
    /// Canonical parameters: every field of the kind, defaults filled in.
    pub params: Value,
    /// Every stage that `params` refers to, by its name.
    pub inputs: BTreeMap<String, StageInput>,
    /// An empty folder. What lies in it after a successful run becomes the stage's entry in the store. `log.txt` and
    /// everything below `logs/` is kept for people only: it does not count as content for the stages that follow.
    pub out: PathBuf,
    /// A folder for checkpoints. It survives failures and kills of the same fingerprint and goes away after success.
    pub work: PathBuf,
    /// A folder, which need not exist yet, for what others may look at while the stage runs: `live/<pipeline>/<stage>` of
    /// the store. Files must appear there whole, by renaming. It is no part of the result.
    pub live: PathBuf,
    /// Fingerprint of this run: hexadecimal.
    pub fingerprint: String,
    /// Git commit of the current directory, with `-dirty` behind it where files differ from it.
    pub commit: Option<String>,
    /// Where relative paths start: the current directory.
    pub root: PathBuf,
    /// Set once the user asks to stop.
    pub cancel: Arc<AtomicBool>,
    /// When the stage's `timeout` is over, if it has one.
    pub deadline: Option<Instant>,
    /// Whether to tell what programs print.
    pub(crate) follow: bool,
    /// Ends what a Command has started if the runner is killed.
    pub(crate) guardian: Option<Arc<Guardian>>,
    sink: Box<dyn Fn(Note) + Send + Sync>,
    last_progress: Mutex<Option<Instant>>,
}

/// The stored output of an earlier stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageInput {
    /// The folder that it left in the store; read-only by agreement.
    pub path: PathBuf,
    /// Its fingerprint, for provenance.
    pub fingerprint: String,
}

/// Something that a running stage wants the user to see.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// How far it is.
    Progress {
        /// Units done so far.
        done: u64,
        /// Units in all.
        total: u64,
        /// What is counted, in the plural: `samples`, `steps`.
        unit: String,
        /// Anything worth a few words: `epoch 3, loss 1.24`.
        detail: String,
    },
    /// A line of text.
    Log(String),
    /// A line of text that asks for attention.
    Warning(String),
    /// A line that a program has printed.
    Output(String),
}

impl StageContext {
    /// A context with the given folders, no inputs and nobody listening: the start for the runner and for tests.
    pub fn new(id: &str, params: Value, out: PathBuf, work: PathBuf) -> Self {
        Self {
            pipeline: String::new(),
            id: id.to_owned(),
            params,
            inputs: BTreeMap::new(),
            live: work.join("live"),
            out,
            work,
            fingerprint: String::new(),
            commit: None,
            root: PathBuf::new(),
            cancel: Arc::default(),
            deadline: None,
            follow: false,
            guardian: None,
            sink: Box::new(drop),
            last_progress: Mutex::new(None),
        }
    }

    /// The same context, with every note going to `sink`.
    pub fn with_sink(self, sink: impl Fn(Note) + Send + Sync + 'static) -> Self {
        Self { sink: Box::new(sink), ..self }
    }

    /// The parameters as a type of the stage's own.
    ///
    /// # Errors
    /// When the type does not fit the kind's fields, which is a mistake in the kind.
    pub fn read_params<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        serde_json::from_value(self.params.clone())
            .with_context(|| format!("the parameters of stage `{}` do not fit its kind", self.id))
    }

    /// The folder or file behind a `Stage`, `Path` or `StageOrPath` parameter.
    ///
    /// # Errors
    /// When `value` is none of these, or names a stage that is not an input.
    pub fn input(&self, value: &Value) -> anyhow::Result<PathBuf> {
        if let Some(id) = stage_reference(value) {
            let input =
                self.inputs.get(id).with_context(|| format!("`{id}` is not an input of stage `{}`", self.id))?;
            return Ok(input.path.clone());
        }
        match value.as_str() {
            Some(path) => Ok(self.path(path)),
            None => bail!("stage `{}` expected a stage or a path, found {value}", self.id),
        }
    }

    /// A path from a parameter, made independent of the current directory.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// Reports that `done` of `total` units are done. Cheap enough to call on every step.
    pub fn progress(&self, done: u64, total: u64, unit: &str, detail: &str) {
        if done < total && !self.progress_is_due() {
            return;
        }
        (self.sink)(Note::Progress { done, total, unit: unit.to_owned(), detail: detail.to_owned() });
    }

    /// Shows a line of text.
    pub fn log(&self, line: impl Into<String>) {
        (self.sink)(Note::Log(line.into()));
    }

    /// Shows a line of text that asks for attention.
    pub fn warn(&self, line: impl Into<String>) {
        (self.sink)(Note::Warning(line.into()));
    }

    /// Shows a line that a program has printed.
    pub(crate) fn output(&self, line: String) {
        (self.sink)(Note::Output(line));
    }

    /// Whether the stage is to stop, because the user asked for it or its time is up. A stage that sees this saves a
    /// checkpoint in [`Self::work`] and returns an error.
    pub fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed) || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    fn progress_is_due(&self) -> bool {
        let Ok(mut last) = self.last_progress.lock() else { return false };
        let due = last.is_none_or(|at| at.elapsed() >= PROGRESS_INTERVAL);
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}

/// The stage that a canonical parameter refers to: `{"$stage": "id"}` gives `id`.
pub(crate) fn stage_reference(value: &Value) -> Option<&str> {
    value.as_object().filter(|object| object.len() == 1)?.get("$stage")?.as_str()
}
