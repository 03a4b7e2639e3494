//! The words of a data set.

use std::collections::HashMap;

use serde::Serialize;

/// How many of the words a card names.
const NAMED: usize = 25;

/// The words of a data set, after cleaning.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Words {
    /// Words in all.
    pub total: usize,
    /// Different words.
    pub different: usize,
    /// Words that occur a single time.
    pub once: usize,
    /// The most frequent, each with its count; equally frequent ones by the alphabet.
    pub frequent: Vec<(String, usize)>,
}

/// Counts words.
#[derive(Default)]
pub(super) struct Counter {
    counts: HashMap<String, usize>,
}

impl Counter {
    /// Adds the words of a cleaned text and tells how many they are.
    pub(super) fn add(&mut self, cleaned: &str) -> usize {
        let mut added = 0;
        for word in cleaned.split_whitespace() {
            added += 1;
            match self.counts.get_mut(word) {
                Some(count) => *count += 1,
                None => drop(self.counts.insert(word.to_owned(), 1)),
            }
        }
        added
    }

    /// The counts as a card tells them.
    pub(super) fn finish(self) -> Words {
        let (total, different) = (self.counts.values().sum(), self.counts.len());
        let once = self.counts.values().filter(|&&count| count == 1).count();
        let mut frequent: Vec<(String, usize)> = self.counts.into_iter().collect();
        frequent.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        frequent.truncate(NAMED);
        Words { total, different, once, frequent }
    }
}
