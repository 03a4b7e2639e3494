//! Counts the records of a data set as they come.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::words::Counter;
use super::{Card, Histogram, SplitCard, Spread, TextLimit, histogram};
use crate::counter::Identified;
use crate::sample::Record;
use crate::text::clean_string;

/// Counts records as they come.
pub struct CardCounter<'a> {
    limit: &'a TextLimit<'a>,
    splits: Vec<(Arc<str>, Arc<str>, Draft)>,
    pictures: HashSet<Identified, RandomState>,
    words: Counter,
    lengths: Histogram,
    sides: Histogram,
    shapes: Histogram,
    targets: Histogram,
}

impl<'a> CardCounter<'a> {
    /// With nothing counted.
    pub fn new(limit: &'a TextLimit<'a>) -> Self {
        Self {
            limit,
            splits: Vec::new(),
            pictures: HashSet::default(),
            words: Counter::default(),
            lengths: Histogram::of_numbers(1, 20),
            sides: histogram::sides(),
            shapes: histogram::shapes(),
            targets: Histogram::of_numbers(0, 5),
        }
    }

    /// Counts some more.
    pub fn add(&mut self, records: &[Record]) {
        for record in records {
            let place = self.place(record);
            self.add_texts(record, place);
            self.add_boxes(record, place);
            self.splits[place].2.add(record);
            self.targets.add(record.targets() as f64);
            self.pictures.insert(Identified(Arc::clone(&record.picture)));
        }
    }

    fn place(&mut self, record: &Record) -> usize {
        let known = self.splits.iter().rposition(|(set, split, _)| *set == record.dataset && *split == record.split);
        known.unwrap_or_else(|| {
            self.splits.push((Arc::clone(&record.dataset), Arc::clone(&record.split), Draft::default()));
            self.splits.len() - 1
        })
    }

    fn add_texts(&mut self, record: &Record, place: usize) {
        let draft = &mut self.splits[place].2;
        for expression in &record.expressions {
            let cleaned = clean_string(expression);
            let words = self.words.add(&cleaned);
            let inner = self.limit.tokenizer.map_or(words, |tokenizer| tokenizer.tokens(&cleaned).len());
            draft.words.push(words as f64);
            draft.tokens.push((inner + 2) as f64);
            self.lengths.add(words as f64);
        }
    }

    fn add_boxes(&mut self, record: &Record, place: usize) {
        for bbox in &record.boxes {
            let side = relative_side(record, bbox);
            self.splits[place].2.sides.push(side);
            // A box may stick out of its picture a little.
            self.sides.add(side.min(100.0));
            self.shapes.add((bbox[2] - bbox[0]) / (bbox[3] - bbox[1]).max(1e-6));
        }
    }

    /// The card of everything that was counted.
    pub fn finish(self) -> Card {
        let limit = self.limit;
        let card = |(dataset, split, draft): (Arc<str>, Arc<str>, Draft)| draft.card(&dataset, &split, limit);
        let mut splits: Vec<SplitCard> = self.splits.into_iter().map(card).collect();
        splits.sort_by_key(|card| (card.dataset.clone(), order(&card.split), card.split.clone()));
        Card {
            splits,
            pictures: self.pictures.len(),
            max_token: limit.max_token,
            tokenized: limit.tokenizer.is_some(),
            words: self.words.finish(),
            lengths: self.lengths,
            sides: self.sides,
            shapes: self.shapes,
            targets: self.targets,
        }
    }
}

/// Training comes first, then validation, then tests.
fn order(split: &str) -> usize {
    ["train", "val"].iter().position(|known| *known == split).unwrap_or(2)
}

/// What was counted of a split.
#[derive(Default)]
struct Draft {
    records: usize,
    pictures: HashSet<Identified, RandomState>,
    without_target: usize,
    several_targets: usize,
    words: Vec<f64>,
    tokens: Vec<f64>,
    sides: Vec<f64>,
}

impl Draft {
    fn add(&mut self, record: &Record) {
        self.records += 1;
        self.pictures.insert(Identified(Arc::clone(&record.picture)));
        self.without_target += usize::from(record.boxes.is_empty());
        self.several_targets += usize::from(record.targets() > 1);
    }

    fn card(self, dataset: &str, split: &str, limit: &TextLimit) -> SplitCard {
        SplitCard {
            dataset: dataset.to_owned(),
            split: split.to_owned(),
            records: self.records,
            images: self.pictures.len(),
            expressions: self.words.len(),
            without_target: self.without_target,
            several_targets: self.several_targets,
            truncated: self.tokens.iter().filter(|&&tokens| tokens > limit.max_token as f64).count(),
            side: Spread::of(self.sides),
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
