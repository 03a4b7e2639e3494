//! Runs what the plan says and tells everyone who listens.
//!
//! One thread, the coordinator, knows what became of every stage. It looks up what is ready in the store, starts what is
//! not there as far as the limits allow, in the order of the file, and waits for news. Every stage runs in a thread of
//! its own. A stage that does not fit into what is left of the limits, or that another process works on, does not keep
//! later ones from starting. None of this shows in the results: a stage sees its parameters, its inputs and its folders.

mod commit;
mod coordinator;
mod ending;
mod event;
mod options;
mod past;
mod recorder;
mod resources;
mod runner;
mod schedule;
mod settled;
mod starting;
mod task;
mod workers;

pub use event::{Event, Observer, Outcome, StageResult, Status, Wait};
pub use options::RunOptions;
pub use past::{PastRun, PastStage, RunHeader, RunState};
pub use runner::{Summary, run};
