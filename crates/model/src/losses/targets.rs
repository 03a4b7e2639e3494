//! What predictions are compared with: the ground truth, or what the decoder branch predicts.

use super::criterion::match_samples;
use crate::batch::{Batch, ImageMeta, Targets};
use crate::boxes::{iou, softmax, to_center, to_corners};
use crate::config::{Compat, HeadConfig, TargetMode};
use crate::head::{Prediction, Rows};

/// One box to be found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Its class.
    pub label: usize,
    /// Centre and size relative to the picture.
    pub bbox: [f32; 4],
    /// How much it counts, for weighted distillation only.
    pub weight: f32,
}

/// The annotated boxes of every sample; "no target" gives an empty list.
pub fn ground_truth(batch: &Batch) -> Vec<Vec<Target>> {
    annotations(batch).iter().map(|boxes| boxes.iter().flatten().copied().collect()).collect()
}

/// Per annotation its box, or none where it says that there is no target.
fn annotations(batch: &Batch) -> Vec<Vec<Option<Target>>> {
    assert_eq!(batch.targets.len(), batch.len(), "a training batch has targets for every sample");
    let sample = |(targets, meta): (&Targets, &ImageMeta)| {
        let pairs = targets.boxes.iter().zip(&targets.is_object);
        pairs.map(|(bbox, &real)| real.then(|| target(bbox, meta))).collect()
    };
    batch.targets.iter().zip(&batch.metas).map(sample).collect()
}

fn target(bbox: &[f64; 4], meta: &ImageMeta) -> Target {
    let [h, w] = meta.img_shape.map(|side| side as f32);
    let corners = std::array::from_fn(|i| bbox[i] as f32 / if i % 2 == 0 { w } else { h });
    Target { label: 0, bbox: to_center(corners), weight: 1.0 }
}

/// The decoder's predictions as targets.
pub struct Teacher {
    /// Per sample.
    pub targets: Vec<Vec<Target>>,
    /// All weights, sample by sample: those of the targets, or of every query if the mode is `score_weighted`.
    pub weights: Vec<Vec<f32>>,
}

impl Teacher {
    /// Mean weight, the `w` of dynamic weight-balance distillation. A batch of only no-target samples has nothing to
    /// teach: 0 (the official code gets NaN there).
    pub fn confidence(&self) -> f32 {
        let weights = self.weights.iter().flatten();
        weights.clone().sum::<f32>() / weights.count().max(1) as f32
    }
}

/// Targets from one decoder layer (official `prepare_soft_targets`).
pub fn teacher(cfg: &HeadConfig, prediction: &Prediction<Rows>, truth: &[Vec<Target>]) -> Teacher {
    let (targets, weights) = match cfg.prepare_target_mode {
        TargetMode::ScoreIouWeighted => {
            let targets = matched(prediction, truth);
            let weights = targets.iter().map(|sample| sample.iter().map(|t| t.weight).collect()).collect();
            (targets, weights)
        }
        TargetMode::ScoreWeighted => {
            let queries = prediction.logits.len() / truth.len().max(1);
            let all = (0..truth.len()).map(|i| confident(prediction, i * queries, queries, cfg.as_target_query_thr));
            all.unzip()
        }
    };
    Teacher { targets, weights }
}

/// Matched queries, weighted by score times IoU with the ground truth.
fn matched(prediction: &Prediction<Rows>, truth: &[Vec<Target>]) -> Vec<Vec<Target>> {
    let queries = prediction.logits.len() / truth.len().max(1);
    let pairs = match_samples(prediction, truth);
    let sample = |(i, pairs): (usize, Vec<(usize, usize)>)| {
        let one = |&(q, t): &(usize, usize)| {
            let (row, real) = (i * queries + q, truth[i][t]);
            let bbox = prediction.boxes.quad(row);
            let weight = score(prediction, row) * iou(to_corners(bbox), to_corners(real.bbox));
            Target { label: 0, bbox, weight }
        };
        pairs.iter().map(one).collect()
    };
    pairs.into_iter().enumerate().map(sample).collect()
}

/// Queries of one sample with a score above the threshold, and the weights of all its queries (0 below the threshold).
/// Official: targets take their weights from the front of that list, as if it had been thinned out too.
fn confident(prediction: &Prediction<Rows>, first: usize, queries: usize, threshold: f32) -> (Vec<Target>, Vec<f32>) {
    let scores = (first..first + queries).map(|row| score(prediction, row));
    let weights: Vec<f32> = scores.map(|s| if s > threshold { s } else { 0.0 }).collect();
    let kept = (0..queries).filter(|&q| weights[q] > 0.0);
    let targets =
        kept.zip(&weights).map(|(q, &weight)| Target { label: 0, bbox: prediction.boxes.quad(first + q), weight });
    (targets.collect(), weights.clone())
}

fn score(prediction: &Prediction<Rows>, row: usize) -> f32 {
    softmax(prediction.logits.row(row))[0]
}

/// Ground truth and the decoder's matched boxes together. "No target" takes part as a box of class "no object".
///
/// A decoder's box has the class of the box it was matched with. The official code takes the labels left over from a loop
/// instead: of the last sample's ground truth in the first sample, else zeros (quirk L6). That makes a difference only where
/// some samples have no target, and fails unless all samples have equally many boxes; then alone it is reproduced.
pub fn merged(cfg: &HeadConfig, compat: Compat, batch: &Batch, prediction: &Prediction<Rows>) -> Vec<Vec<Target>> {
    let nothing = Target { label: cfg.num_classes, bbox: [0.0; 4], weight: 1.0 };
    let truth: Vec<Vec<Target>> =
        annotations(batch).iter().map(|boxes| boxes.iter().map(|bbox| bbox.unwrap_or(nothing)).collect()).collect();
    let queries = prediction.logits.len() / truth.len().max(1);
    let pairs = match_samples(prediction, &truth);
    let official = compat == Compat::Official
        && pairs.iter().zip(&truth).all(|(p, t)| p.len() == truth[0].len() && t.len() == p.len());
    let label = |i: usize, k: usize, t: usize| match (official, i) {
        (false, _) => truth[i][t].label,
        (true, 0) => truth[truth.len() - 1][k].label,
        (true, _) => 0,
    };
    let sample = |(i, pairs): (usize, Vec<(usize, usize)>)| {
        let real = pairs.iter().map(|&(_, t)| truth[i][t]);
        let pseudo = pairs.iter().enumerate().map(|(k, &(q, t))| {
            let bbox = prediction.boxes.quad(i * queries + q);
            Target { bbox, label: label(i, k, t), weight: 1.0 }
        });
        real.chain(pseudo).collect()
    };
    pairs.into_iter().enumerate().map(sample).collect()
}
