//! Labels under which runs are averaged.

use std::collections::{BTreeMap, BTreeSet};

use crate::Measurement;

/// A method that was evaluated twice with one seed is several methods, and averaging them would make up a number:
/// its label gets the stage, and where that does not tell them apart, the fingerprint. Exact repetitions are dropped.
pub(crate) fn told_apart(mut own: Vec<Measurement>) -> Vec<Measurement> {
    for suffix in [|m: &Measurement| m.stage.clone(), |m: &Measurement| m.fingerprint.chars().take(8).collect()] {
        let mut seen = BTreeSet::new();
        own.retain(|m| seen.insert((number(m), m.stage.clone(), m.fingerprint.clone())));
        let mut count = BTreeMap::new();
        own.iter().for_each(|m| *count.entry(number(m)).or_insert(0) += 1);
        let twice: BTreeSet<_> = count.iter().filter(|(_, n)| **n > 1).map(|(key, _)| key.0[5].clone()).collect();
        for m in own.iter_mut().filter(|m| twice.contains(&m.method)) {
            m.method = format!("{} ({})", m.method, suffix(m));
        }
    }
    own
}

/// What a number is about; a second one with the same is a repetition.
fn number(m: &Measurement) -> ([String; 7], Option<u64>) {
    let baseline = m.baseline.clone().unwrap_or_default();
    let (dataset, split, group, metric) = (m.dataset.clone(), m.split.clone(), m.group.clone(), m.metric.clone());
    ([dataset, split, group, m.branch.to_string(), metric, m.method.clone(), baseline], m.seed)
}
