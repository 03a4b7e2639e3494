//! Stage kinds: what a pipeline file can ask for.

pub mod metrics;
