//! Baselines that need no model: any annotated object of the picture, with a perfect box, or never anything.

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use simvg_datasets::sample::{Dataset, Record};

use super::Options;
use super::measure::judged;
use super::predictions::Prediction;
use crate::metrics::ScoredBox;
use crate::training::data::members;

/// One random object for each sample, or nothing; the draw depends on the seed and the record alone.
pub fn answers(options: &Options, dataset: &Dataset) -> Vec<Prediction> {
    let chosen = options.splits.iter().flat_map(|split| members(dataset, split, options.limit));
    let pick = |i: usize| {
        let record = &dataset.records[i];
        let found = (options.answer != "Nothing").then(|| draw(options.seed, record)).flatten();
        let found: Vec<ScoredBox> = found.into_iter().collect();
        judged(&options.rule(), dataset, record, "none", &found)
    };
    chosen.map(pick).collect()
}

fn draw(seed: u64, record: &Record) -> Option<ScoredBox> {
    if record.picture.candidates.is_empty() {
        return None;
    }
    let key = blake3::hash(format!("random object/{seed}/{}/{}", record.dataset, record.id).as_bytes());
    let index = ChaCha8Rng::from_seed(*key.as_bytes()).random_range(0..record.picture.candidates.len());
    Some(ScoredBox { bbox: record.picture.candidates[index].map(|v| v as f32), score: 1.0 })
}
