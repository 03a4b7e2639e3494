//! Counts of a conversion beside the published ones.

use std::collections::{HashMap, HashSet};
use std::fmt;

use foldhash::fast::RandomState;
use serde::Serialize;

use crate::catalog::PublishedCount;
use crate::refer::Joined;
use crate::sample::Count;

/// A count that is not the published one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CountDifference {
    /// The split.
    pub split: String,
    /// Refs, pictures or expressions.
    pub what: &'static str,
    /// As counted here.
    pub found: usize,
    /// As published.
    pub published: usize,
    /// Who published it.
    pub source: String,
    /// Whether the published number can be relied on.
    pub sure: bool,
}

impl fmt::Display for CountDifference {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { split, what, found, published, source, sure } = self;
        let doubt = if *sure { "" } else { ", not sure" };
        write!(formatter, "{split}: {found} {what}, published are {published} ({source}{doubt})")
    }
}

/// The published counts that `joined` does not have.
pub(super) fn differences(published: &[PublishedCount], joined: &Joined) -> Vec<CountDifference> {
    let found = count(joined);
    let mut differences = Vec::new();
    for expected in published {
        let count = found.get(expected.split.as_str()).copied().unwrap_or_default();
        let pairs = [
            ("refs", count.records, expected.refs),
            ("pictures", count.images, expected.images),
            ("expressions", count.expressions, expected.expressions),
        ];
        for (what, found, published) in pairs {
            let Some(published) = published.filter(|&published| published != found) else { continue };
            let PublishedCount { split, source, sure, .. } = expected.clone();
            differences.push(CountDifference { split, what, found, published, source, sure });
        }
    }
    differences
}

/// References, pictures and expressions of each split.
fn count(joined: &Joined) -> HashMap<&str, Count> {
    let mut counts: Vec<(&str, Count, HashSet<i64, RandomState>)> = Vec::new();
    for reference in joined.iter() {
        let split: &str = reference.of.split;
        let known = counts.iter().rposition(|(known, ..)| *known == split);
        let place = known.unwrap_or_else(|| {
            counts.push((split, Count::default(), HashSet::default()));
            counts.len() - 1
        });
        let (_, count, pictures) = &mut counts[place];
        count.records += 1;
        count.expressions += reference.sentences().count();
        count.images += usize::from(pictures.insert(reference.picture.id));
    }
    counts.into_iter().map(|(split, count, _)| (split, count)).collect()
}
