//! Which records make up which batch of an epoch.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;

use super::draws::{Purpose, stream};
use super::{Grouping, Source};
use crate::sample::Record;

/// The record indices of each batch, in the order of the epoch.
pub(super) fn epoch_batches(source: &Source, epoch: u64) -> Vec<Vec<usize>> {
    let options = &source.options;
    let mut rng = stream(options.seed, epoch, Purpose::Order, 0);
    let mut members = source.members.clone();
    if options.shuffle {
        members.shuffle(&mut rng);
    }
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for index in members {
        groups.entry(group_of(&source.dataset.records[index], options.grouping)).or_default().push(index);
    }
    let chunks = groups.values().flat_map(|group| group.chunks(options.batch));
    let full = |chunk: &&[usize]| !options.drop_last || chunk.len() == options.batch;
    let mut batches: Vec<Vec<usize>> = chunks.filter(full).map(<[usize]>::to_vec).collect();
    // Without groups the members are in random order already.
    if options.shuffle && options.grouping != Grouping::None {
        batches.shuffle(&mut rng);
    }
    batches
}

fn group_of(record: &Record, grouping: Grouping) -> &str {
    match grouping {
        Grouping::None => "",
        Grouping::Orientation if record.picture.width > record.picture.height => "landscape",
        Grouping::Orientation => "portrait",
        Grouping::ReportGroup => &record.group,
    }
}
