//! Pipeline files, plans, fingerprints, the store and the runner.
//!
//! The crate knows no stage kind but [`CommandKind`], no tensors and no data sets: the program hands a [`Registry`] of
//! kinds in, and folders of files are the only thing that passes from one stage to the next.

mod context;
mod field;
mod kind;
mod registry;

pub use context::{Note, StageContext, StageInput};
pub use field::{Field, Type};
pub use kind::{Problem, RawHash, RawInput, StageKind};
pub use registry::Registry;
