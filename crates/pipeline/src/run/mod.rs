//! Runs what the plan says and tells everyone who listens.

mod commit;
mod event;
mod execute;
mod past;
mod recorder;
mod runner;

pub use event::{Event, Observer, Outcome, StageResult, Status};
pub use past::{PastRun, PastStage, RunHeader, RunState};
pub use runner::{RunOptions, Summary, run};
