//! The command line from outside, on pipelines of `Command` stages.

mod checkpoints;
mod errors;
mod experiments;
mod graph;
mod inspect;
mod run;
pub mod support;
