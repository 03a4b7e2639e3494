//! What a run is about and what it may use.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    num::NonZeroUsize,
    sync::{Arc, atomic::AtomicBool},
};

/// What a run is about and what it may use.
#[derive(Clone, Default)]
pub struct RunOptions {
    /// Names of stages, or patterns with `*`: these and what they need. Empty: everything.
    pub targets: Vec<String>,
    /// Names of stages, or patterns: only these, what follows them, and what all of them need. Empty: no restriction.
    pub from: Vec<String>,
    /// Run the stages of `from` (else the targets, else everything) even if the store has their results.
    pub force: bool,
    /// Run whatever needs a stage that ran, even if that gave the same bytes as before.
    pub force_downstream: bool,
    /// After a failure, go on with the stages that do not need the failed one.
    pub keep_going: bool,
    /// The most stages that run at the same time. `None`: as many as there are `cpus`, where a stage that does not say
    /// how many it takes has them all to itself.
    pub jobs: Option<NonZeroUsize>,
    /// Limits of named resources. `cpus` is the machine's if it is not given; any other name is then limited to the most
    /// that a single stage asks for, so that the stages that share it run one after another.
    pub resources: BTreeMap<String, u64>,
    /// Tell what Commands print, while they run and again when their result is in the store.
    pub output: bool,
    /// Program and arguments that start a process which calls [`crate::guard`]. It ends what Commands have started if the
    /// runner is killed. `None`: the next run does, before it works on the same thing.
    pub guardian: Option<Vec<OsString>>,
    /// Program and arguments that asked for the run, for its record.
    pub command: Vec<String>,
    /// Set it to stop the run.
    pub cancel: Arc<AtomicBool>,
}
