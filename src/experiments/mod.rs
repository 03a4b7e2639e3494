//! Past runs as experiments: their records joined with the numbers that their results hold.
//!
//! The runner knows nothing of measures, and measures nothing of runs; here they meet.

pub mod compare;
pub mod find;
pub mod metrics;
pub mod query;
pub mod table;
