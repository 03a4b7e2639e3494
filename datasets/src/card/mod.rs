//! The data card: what a converted data set holds, in numbers. Whoever shows it decides how it looks.

mod counter;
mod histogram;
mod spread;
#[cfg(test)]
mod tests;
mod words;

use serde::Serialize;

pub use counter::CardCounter;
pub use histogram::{Bin, Histogram};
pub use spread::Spread;
pub use words::Words;

use crate::sample::Dataset;
use crate::text::Tokenizer;

/// How long a text may be, and how that is counted.
#[derive(Clone, Copy, Debug)]
pub struct TextLimit<'a> {
    /// Counts tokens; without one, words are counted in their place, and a text has at least as many tokens.
    pub tokenizer: Option<&'a Tokenizer>,
    /// Longest text in tokens, start and end included.
    pub max_token: usize,
}

/// A data set in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    /// Every data set in the order of their names, with its splits: train, val, tests.
    pub splits: Vec<SplitCard>,
    /// Different pictures, over all splits.
    pub pictures: usize,
    /// Longest text in tokens, start and end included.
    pub max_token: usize,
    /// Whether tokens were counted, or words in their place.
    pub tokenized: bool,
    /// The words of the expressions.
    pub words: Words,
    /// Expressions by their number of words.
    pub lengths: Histogram,
    /// Target boxes by the side of a square of their area, in percent of such a side of the picture.
    pub sides: Histogram,
    /// Target boxes by width over height.
    pub shapes: Histogram,
    /// Records by their number of targets.
    pub targets: Histogram,
}

/// One split in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SplitCard {
    /// Its data set.
    pub dataset: String,
    /// Its name.
    pub split: String,
    /// Records.
    pub records: usize,
    /// Different pictures.
    pub images: usize,
    /// Expressions.
    pub expressions: usize,
    /// Records without a target, and with more than one.
    pub without_target: usize,
    /// See `without_target`.
    pub several_targets: usize,
    /// Words of an expression after cleaning.
    pub words: Spread,
    /// Tokens of an expression, start and end included; of words where there was no tokenizer.
    pub tokens: Spread,
    /// Expressions that are longer than the limit, so that their end is cut off.
    pub truncated: usize,
    /// Side of a target box, as in [`Card::sides`].
    pub side: Spread,
}

impl Card {
    /// Counts everything.
    pub fn new(dataset: &Dataset, limit: &TextLimit) -> Self {
        let mut counter = CardCounter::new(limit);
        counter.add(&dataset.records);
        counter.finish()
    }
}
