//! The command line from outside, on pipelines of `Command` stages.

mod artifacts;
mod checkpoints;
mod completion;
mod crash;
mod data;
mod doctor;
mod errors;
mod experiments;
mod graph;
mod hostile;
mod inspect;
mod limits;
mod run;
mod schema;
pub mod support;
mod watch;
pub mod watching;
