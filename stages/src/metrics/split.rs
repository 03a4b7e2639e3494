//! Samples of a split, whatever number of targets each has: REC where all have one, else GREC.

use super::{GrecRule, GrecTally, RecTally, ScoredBox, Xyxy};

/// Running counts over a split.
#[derive(Clone, Copy, Debug, Default)]
pub struct SplitTally {
    /// The samples with exactly one target; their best box counts.
    pub rec: RecTally,
    /// All samples.
    pub grec: GrecTally,
    several: bool,
}

impl SplitTally {
    /// Counts one sample; `found` is in order, best first.
    pub fn add(&mut self, rule: &GrecRule, found: &[ScoredBox], truth: &[Xyxy]) {
        self.grec.add(rule, found, truth);
        match truth {
            [one] => {
                self.rec.add(found.first().map(|f| &f.bbox), one);
            }
            _ => self.several = true,
        }
    }

    /// True if some sample has none or several targets, so that the measures are those of GREC.
    pub fn is_grec(&self) -> bool {
        self.several
    }
}
