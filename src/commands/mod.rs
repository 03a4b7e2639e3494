//! One file a command.

pub mod artifacts;
pub mod bench;
pub mod check;
pub mod completions;
pub mod data;
pub mod diff;
pub mod doctor;
pub mod export;
pub mod graph;
pub mod init;
pub mod inspect;
pub mod kinds;
pub mod man;
pub mod plan;
pub mod predict;
pub mod report;
pub mod run;
pub mod runs;
pub mod schema;
pub mod show;
pub mod watch;
pub mod why;
