//! The measures of the field, as pure functions over boxes.
//!
//! Every measure is a tally over a whole split: a sample counts once, whatever the batch it came in. The official
//! evaluation (`simvg/apis/test.py`) averages the averages of batches, which makes its numbers depend on the batch
//! size; these do not. `official_batch` of an evaluation reports those, too.

pub mod grec;
mod overlap;
pub mod rec;
mod split;

pub use grec::{GrecRule, GrecTally, Overlap, ScoredBox};
pub use overlap::{Xyxy, giou, iou};
pub use rec::RecTally;
pub use split::SplitTally;

/// `part` of `whole` in percent; `None` of nothing.
fn percent(part: f64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| 100.0 * part / whole as f64)
}
