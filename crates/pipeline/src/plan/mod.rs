//! What has to run, and why.

mod diff;
mod files;
mod key;
mod planner;
mod preflight;
mod reason;
mod selection;

pub use diff::diff;
pub use key::Key;
pub(crate) use key::KeyView;
pub use planner::{Forced, Plan, Planner, State, Step};
pub use preflight::missing_inputs;
pub use reason::{Change, FileChange, FileFate, Reason};
pub use selection::Selection;
