//! Counts of a data set: records, pictures and expressions of every split.

use std::collections::{BTreeMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};

use crate::sample::{Picture, Record};

/// How much of a split there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Number of records.
    pub records: usize,
    /// Number of different pictures.
    pub images: usize,
    /// Number of expressions.
    pub expressions: usize,
}

/// Counts by data set and split.
pub type Counts = BTreeMap<String, BTreeMap<String, Count>>;

/// A picture that is equal to all others of its identity.
#[derive(Clone, Debug)]
pub(crate) struct Identified(pub(crate) Arc<Picture>);

impl PartialEq for Identified {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.identity == other.0.identity
    }
}

impl Eq for Identified {}

impl Hash for Identified {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.identity.hash(state);
    }
}

/// Counts records as they come.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    splits: Vec<Split>,
    /// The split and picture of the last record: most records follow one of the same picture.
    last: Option<(usize, Arc<Picture>)>,
}

#[derive(Debug)]
struct Split {
    dataset: Arc<str>,
    name: Arc<str>,
    count: Count,
    pictures: HashSet<Identified, RandomState>,
}

impl Counter {
    /// Counts one more.
    pub(crate) fn add(&mut self, record: &Record) {
        let at = self.place(record);
        let split = &mut self.splits[at];
        split.count.records += 1;
        split.count.expressions += record.expressions.len();
        let same = |(last, picture): &(usize, Arc<Picture>)| *last == at && Arc::ptr_eq(picture, &record.picture);
        if !self.last.as_ref().is_some_and(same) {
            split.count.images += usize::from(split.pictures.insert(Identified(Arc::clone(&record.picture))));
            self.last = Some((at, Arc::clone(&record.picture)));
        }
    }

    fn place(&mut self, record: &Record) -> usize {
        let is = |split: &Split| *split.name == *record.split && *split.dataset == *record.dataset;
        let last = self.last.as_ref().map(|(last, _)| *last).filter(|&last| is(&self.splits[last]));
        last.or_else(|| self.splits.iter().position(is)).unwrap_or_else(|| {
            let (dataset, name) = (Arc::clone(&record.dataset), Arc::clone(&record.split));
            self.splits.push(Split { dataset, name, count: Count::default(), pictures: HashSet::default() });
            self.splits.len() - 1
        })
    }

    /// What was counted.
    pub(crate) fn finish(self) -> Counts {
        let mut counts = Counts::new();
        for Split { dataset, name, count, .. } in self.splits {
            counts.entry(dataset.to_string()).or_default().insert(name.to_string(), count);
        }
        counts
    }
}
