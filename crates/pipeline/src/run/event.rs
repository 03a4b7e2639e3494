//! What happens during a run, as data. The terminal, the JSON lines and the log file are observers of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Reason;

/// Something that happened during a run. As JSON: one object, its kind under `event`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first event.
    RunStarted {
        /// Short name of the run, for `simvg-pipe show`.
        run: String,
        /// Name of the pipeline.
        pipeline: String,
        /// Its parameters after `--set`.
        params: BTreeMap<String, Value>,
        /// The stages that the run is about, in order.
        stages: Vec<String>,
    },
    /// A stage could run but has to wait. Told once, and not of stages that only wait for a free job.
    StageWaiting {
        /// The stage.
        id: String,
        /// What it would make.
        fingerprint: String,
        /// What for.
        #[serde(flatten)]
        wait: Wait,
    },
    /// A stage begins to run.
    StageStarted {
        /// The stage.
        id: String,
        /// Its kind.
        kind: String,
        /// What it makes.
        fingerprint: String,
        /// Why it runs.
        why: Reason,
        /// 1 for the first attempt.
        attempt: u32,
    },
    /// An attempt failed; the stage is tried again after a pause.
    StageRetry {
        /// The stage.
        id: String,
        /// The attempt that failed.
        attempt: u32,
        /// What went wrong.
        error: String,
        /// Whether it was stopped because it took longer than its `timeout`.
        timed_out: bool,
        /// The pause in seconds.
        pause: f64,
    },
    /// How far a running stage is.
    StageProgress {
        /// The stage.
        id: String,
        /// Units done.
        done: u64,
        /// Units in all.
        total: u64,
        /// What is counted.
        unit: String,
        /// A few words more.
        detail: String,
    },
    /// A line that a stage wants to be read.
    StageLog {
        /// The stage.
        id: String,
        /// The line.
        line: String,
    },
    /// A line that a Command has printed, now or when it made the result that is a hit. Told only on demand.
    StageOutput {
        /// The stage.
        id: String,
        /// The line.
        line: String,
    },
    /// A line that asks for attention.
    StageWarning {
        /// The stage.
        id: String,
        /// The line.
        line: String,
    },
    /// A stage is settled. A result that turns out damaged when another stage wants to read it is made again, so a `hit`
    /// may be followed by a `ran` of the same stage.
    StageFinished {
        /// What became of it.
        #[serde(flatten)]
        result: StageResult,
        /// What went wrong, for `failed` and `stopped`.
        error: Option<String>,
        /// Whether the last attempt was stopped because it took longer than the stage's `timeout`.
        timed_out: bool,
    },
    /// The last event.
    RunFinished {
        /// Name of the pipeline.
        pipeline: String,
        /// How it ended.
        outcome: Outcome,
        /// How long it took, in seconds.
        seconds: f64,
        /// What became of every stage that the run was about, in order.
        stages: Vec<StageResult>,
    },
}

/// What a stage waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "wait", rename_all = "snake_case")]
pub enum Wait {
    /// Another process works on the same thing.
    Lock,
    /// Other stages of the run have what it takes.
    Resources {
        /// What there is too little of.
        names: Vec<String>,
    },
}

/// What became of a stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageResult {
    /// The stage.
    pub id: String,
    /// How it ended.
    pub status: Status,
    /// How long it ran, in seconds; 0 for those that did not.
    pub seconds: f64,
    /// Its fingerprint, if it came to be known.
    pub fingerprint: Option<String>,
}

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It ran, and its result is in the store.
    Ran,
    /// Its result was in the store.
    Hit,
    /// It ran and did not get through.
    Failed,
    /// The user stopped it while it ran. The next run goes on from its last checkpoint.
    Stopped,
    /// It was not tried, because of a failure elsewhere or because the user stopped the run.
    Skipped,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every stage has its result.
    Complete,
    /// A stage failed.
    Failed,
    /// The user stopped it.
    Interrupted,
}

/// Someone who wants to know what happens. Events may come from several threads.
pub trait Observer: Send + Sync {
    /// Takes note of an event. It cannot fail: a run does not end because somebody stopped listening.
    fn observe(&self, event: &Event);
}
