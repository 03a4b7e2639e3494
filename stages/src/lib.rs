//! Stage kinds: what a pipeline file can ask for. Each knows data sets and models; none knows another, what passes between
//! them are folders of files.

mod batch;
pub mod browse;
pub mod card;
mod convert;
pub mod evaluate;
pub mod inference;
mod merge;
pub mod metrics;
mod precision;
pub mod preprocess;
mod raw;
mod report;
mod synthesize;
mod training;
mod validation;

pub use batch::to_model;
pub use training::data::loader_options;
pub use training::{BEST, EpochMetrics, checkpoint_file, read_epochs, trained_branches};
pub use validation::Validation;

use simvg_pipeline::StageKind;

/// Every stage kind of this crate.
pub fn registry() -> Vec<Box<dyn StageKind>> {
    let mut kinds: Vec<Box<dyn StageKind>> = vec![
        Box::new(synthesize::Synthesize),
        Box::new(convert::Convert),
        Box::new(merge::Merge),
        Box::new(evaluate::Evaluate),
        Box::new(report::Report),
    ];
    kinds.extend(training::Training::ALL.map(|kind| Box::new(kind) as Box<dyn StageKind>));
    kinds
}
