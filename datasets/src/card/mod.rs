//! The data card: what a converted data set holds, in numbers. Whoever shows it decides how it looks.

mod histogram;
mod spread;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

pub use histogram::{Bin, Histogram};
pub use spread::Spread;
pub use words::Words;

use crate::sample::{Dataset, Record};
use crate::text::{Tokenizer, clean_string};

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
        let mut splits: BTreeMap<(&str, &str), Vec<&Record>> = BTreeMap::new();
        for record in &dataset.records {
            splits.entry((&record.dataset, &record.split)).or_default().push(record);
        }
        let mut words = words::Counter::default();
        let mut lengths = Histogram::of_numbers(1, 20);
        let cards = splits.into_iter().map(|((dataset, split), records)| {
            let texts = Texts::read(&records, limit, &mut words);
            texts.words.iter().for_each(|&count| lengths.add(count));
            texts.card(dataset, split, &records, limit)
        });
        let mut cards: Vec<SplitCard> = cards.collect();
        cards.sort_by_key(|card| (card.dataset.clone(), place(&card.split), card.split.clone()));
        let pictures: HashSet<&str> = dataset.records.iter().map(|record| record.picture.identity.as_str()).collect();
        Self {
            splits: cards,
            pictures: pictures.len(),
            max_token: limit.max_token,
            tokenized: limit.tokenizer.is_some(),
            words: words.finish(),
            lengths,
            sides: histogram::sides(&dataset.records),
            shapes: histogram::shapes(&dataset.records),
            targets: histogram::targets(&dataset.records),
        }
    }
}

/// Training comes first, then validation, then tests.
fn place(split: &str) -> usize {
    ["train", "val"].iter().position(|known| *known == split).unwrap_or(2)
}

/// Lengths of a split's expressions.
struct Texts {
    words: Vec<f64>,
    tokens: Vec<f64>,
}

impl Texts {
    fn read(records: &[&Record], limit: &TextLimit, counter: &mut words::Counter) -> Self {
        let mut texts = Self { words: Vec::new(), tokens: Vec::new() };
        for expression in records.iter().flat_map(|record| &record.expressions) {
            let cleaned = clean_string(expression);
            let words = counter.add(&cleaned);
            let inner = limit.tokenizer.map_or(words, |tokenizer| tokenizer.tokens(&cleaned).len());
            texts.words.push(words as f64);
            texts.tokens.push((inner + 2) as f64);
        }
        texts
    }

    fn card(self, dataset: &str, split: &str, records: &[&Record], limit: &TextLimit) -> SplitCard {
        let images: HashSet<&str> = records.iter().map(|record| record.picture.identity.as_str()).collect();
        let sides = records.iter().flat_map(|record| record.boxes.iter().map(|b| relative_side(record, b)));
        SplitCard {
            dataset: dataset.to_owned(),
            split: split.to_owned(),
            records: records.len(),
            images: images.len(),
            expressions: self.words.len(),
            without_target: records.iter().filter(|record| record.boxes.is_empty()).count(),
            several_targets: records.iter().filter(|record| record.targets() > 1).count(),
            truncated: self.tokens.iter().filter(|&&tokens| tokens > limit.max_token as f64).count(),
            side: Spread::of(sides.collect()),
            words: Spread::of(self.words),
            tokens: Spread::of(self.tokens),
        }
    }
}

/// Side of a square of the box's area, in percent of the side of a square of the picture's.
fn relative_side(record: &Record, [x0, y0, x1, y1]: &[f64; 4]) -> f64 {
    let picture = f64::from(record.picture.width) * f64::from(record.picture.height);
    100.0 * ((x1 - x0).max(0.0) * (y1 - y0).max(0.0) / picture.max(1.0)).sqrt()
}
