//! One file a command.

pub mod bench;
pub mod check;
pub mod completions;
pub mod export;
pub mod graph;
pub mod inspect;
pub mod kinds;
pub mod plan;
pub mod predict;
pub mod report;
pub mod run;
pub mod why;
