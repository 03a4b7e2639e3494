//! `Pretrain`, `TrainDecoder`, `DistillToken` and `Train`: one trainer, four sets of defaults.

mod check;
pub mod data;
mod fields;
mod history;
mod kinds;
mod live;
mod options;
mod run;
mod setup;

pub use history::{EpochMetrics, read_epochs};
pub use kinds::Training;
pub use run::{BEST, LATEST};
pub use setup::{checkpoint_file, trained_branches};
