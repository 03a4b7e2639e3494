//! Pipeline files, plans, fingerprints, the store and the runner.
//!
//! The crate knows no stage kind but [`CommandKind`], no tensors and no data sets: the program hands a [`Registry`] of
//! kinds in, and folders of files are the only thing that passes from one stage to the next.
//!
//! The way of a run: [`load`] a file into a [`Pipeline`], select stages, [`run`] them. For each stage the
//! [`Planner`] makes a [`Key`]; the [`Store`] is asked for its fingerprint; what is not there is run and stored.

mod command;
mod context;
mod error;
mod field;
mod kind;
mod plan;
mod registry;
mod run;
mod spec;
mod store;

pub use command::{CommandKind, guard};
pub use context::{Note, StageContext, StageInput};
pub use error::{Error, MissingInputs};
pub use field::{Field, Type};
pub use kind::{Problem, RawHash, RawInput, StageKind};
pub use plan::{
    Change, FileChange, FileFate, Forced, Key, Plan, Planner, Reason, Selection, State, Step, diff, missing_inputs,
};
pub use registry::Registry;
pub use run::{
    Event, Observer, Outcome, PastRun, PastStage, RunHeader, RunOptions, RunState, StageResult, Status, Summary, Wait,
    run,
};
pub use spec::{
    COMMON_FIELDS, Mistake, Mistakes, Pipeline, Setting, Stage, Terms, did_you_mean, load, matches_pattern, parse,
};
pub use store::{
    Contents, Entry, Fault, FileRecord, FoundEntry, GcReport, Goes, Item, Keep, Limits, Lookup, Manifest, Origin,
    RawHashes, STORE_FORMAT, Store, Work, WorkLock,
};
