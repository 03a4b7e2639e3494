//! The command line from outside, on pipelines of `Command` stages.

mod artifacts;
mod checkpoints;
mod data;
mod errors;
mod experiments;
mod graph;
mod hostile;
mod inspect;
mod run;
pub mod support;
