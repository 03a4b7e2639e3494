//! The outcome of converting. Records are made of what was read when they are wanted, some at a time: all of them at once
//! would take several times the memory.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use rayon::prelude::*;

use super::{ConvertOptions, CountDifference};
use crate::catalog::Entry;
use crate::counter::Counter;
use crate::refer::join::Reference;
use crate::refer::{Defect, Joined};
use crate::sample::{Counts, Dataset, Record, Saver};
use crate::table::ROWS;

/// References that become records at a time, a row group on each of a few processors.
const PART: usize = 4 * ROWS;

/// The outcome of converting.
#[derive(Debug)]
pub struct Converted {
    pub(super) image_root: String,
    pub(super) joined: Joined,
    pub(super) namer: Namer,
    /// What was left out; empty unless lenient.
    pub dropped: Vec<Defect>,
    /// Counts that are not the published ones.
    pub differences: Vec<CountDifference>,
}

impl Converted {
    /// The data set with all of its records.
    pub fn dataset(&self) -> Dataset {
        Dataset { image_root: self.image_root.clone(), records: self.parts().flatten().collect() }
    }

    /// Writes the data set into `dir` as [`Dataset::save`] does, and shows every part of the records to `look`.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub fn save(&self, dir: impl AsRef<Path>, mut look: impl FnMut(&[Record]) + Send) -> Result<()> {
        let mut saver = Saver::create(dir.as_ref(), &self.image_root)?;
        let mut parts = self.parts();
        let mut next = parts.next();
        while let Some(part) = next {
            let save = || {
                look(&part);
                saver.add(&part)
            };
            let saved;
            (saved, next) = rayon::join(save, || parts.next());
            saved?;
        }
        saver.finish()
    }

    /// Records, pictures and expressions of every split.
    pub fn counts(&self) -> Counts {
        let mut counter = Counter::default();
        self.parts().for_each(|part| part.iter().for_each(|record| counter.add(record)));
        counter.finish()
    }

    fn parts(&self) -> impl Iterator<Item = Vec<Record>> + Send {
        let rows = self.joined.rows();
        (0..rows).step_by(PART).map(move |start| {
            let part = (start..rows.min(start + PART)).into_par_iter().with_min_len(1024);
            part.filter_map(|row| self.joined.get(row)).flat_map_iter(|one| self.namer.records(one)).collect()
        })
    }
}

/// Makes records out of references.
#[derive(Debug)]
pub(super) struct Namer {
    name: Arc<str>,
    group: Arc<str>,
}

impl Namer {
    pub(super) fn new(options: &ConvertOptions, entry: Option<&Entry>) -> Self {
        let listed = entry.map(|entry| entry.name.clone());
        let name: Arc<str> = options.name.clone().or(listed).unwrap_or_else(|| options.dataset.clone()).into();
        Self { group: options.group.as_deref().map_or_else(|| Arc::clone(&name), Arc::from), name }
    }

    /// One record for training, and one an expression for evaluation.
    fn records(&self, reference: Reference) -> impl Iterator<Item = Record> {
        let is_training = **reference.of.split == *"train";
        let mut sentences = reference.sentences();
        std::iter::from_fn(move || {
            let first = sentences.next()?;
            let mut expressions = Vec::with_capacity(1);
            expressions.push(first.sent.to_owned());
            if is_training {
                expressions.extend(sentences.by_ref().map(|sentence| sentence.sent.to_owned()));
            }
            Some(self.record(&reference, first.sent_id, expressions))
        })
    }

    fn record(&self, reference: &Reference, id: i64, expressions: Vec<String>) -> Record {
        Record {
            id,
            picture: Arc::clone(reference.picture),
            expressions,
            boxes: reference.boxes(),
            any_box: reference.of.any_box,
            split: Arc::clone(reference.of.split),
            dataset: Arc::clone(&self.name),
            group: Arc::clone(&self.group),
        }
    }
}
