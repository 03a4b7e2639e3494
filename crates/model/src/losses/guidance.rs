//! Auxiliary losses that need nothing but the target box: where attention should look, and what each patch can say about
//! the target. They let a small model learn to ground without a pretrained backbone; the official recipes have none.

use dfdx::prelude::*;

use super::Sum;
use super::coverage::Coverage;
use super::overlap::giou_of_centers;
use super::targets::{Target, ground_truth};
use crate::batch::Batch;
use crate::config::HeadConfig;
use crate::head::Outputs;
use crate::head::tape::{Matrix, Scalar, SharedTape, matrix, vector};

/// Weight of covered patches in the coverage loss: most patches are not.
const POSITIVE: f32 = 5.0;

/// Adds the guidance terms whose weights are not zero. `cls_attention` holds logits `[B*H, N]`, an entry for each layer.
pub fn add(
    cfg: &HeadConfig,
    outputs: &Outputs<Matrix<SharedTape>>,
    cls_attention: &[Matrix<SharedTape>],
    batch: &Batch,
    sum: &mut Sum,
) {
    let weights = &cfg.guidance;
    if weights.decoder_attention > 0.0 && !outputs.attention.is_empty() {
        let term = attention(&outputs.attention, cfg.num_queries, batch, sum) * weights.decoder_attention;
        sum.add("guidance_decoder_attention", term);
    }
    if weights.cls_attention > 0.0 && !cls_attention.is_empty() {
        let term = attention(cls_attention, 1, batch, sum) * weights.cls_attention;
        sum.add("guidance_cls_attention", term);
    }
    if let Some(logits) = &outputs.coverage {
        let term = patch_coverage(logits, batch, sum) * weights.patch_coverage;
        sum.add("guidance_patch_coverage", term);
    }
    if let Some(boxes) = &outputs.patch_boxes {
        let term = patch_boxes(boxes, batch, sum) * weights.patch_box;
        sum.add("guidance_patch_box", term);
    }
}

/// Cross-entropy between the attention of the first query and the coverage map, for the first half of the heads; mean
/// over samples, heads and layers. Rows of a layer are `[B, H, Q]`.
fn attention(layers: &[Matrix<SharedTape>], queries: usize, batch: &Batch, sum: &Sum) -> Scalar<SharedTape> {
    let (rows, patches) = *layers[0].shape();
    let coverage = Coverage::new(batch, patches);
    let heads = rows / (coverage.samples * queries);
    let guided = (heads / 2).max(1);
    let share = 1.0 / (coverage.samples * guided * layers.len()) as f32;
    let mut map = vec![0.0; rows * patches];
    for sample in 0..coverage.samples {
        let wanted: Vec<f32> = coverage.distribution(sample).iter().map(|x| x * share).collect();
        for head in 0..guided {
            let row = (sample * heads + head) * queries;
            map[row * patches..(row + 1) * patches].copy_from_slice(&wanted);
        }
    }
    let map = matrix(&sum.tape, map, rows, patches);
    let layer = |logits: &Matrix<SharedTape>| -(logits.clone().log_softmax::<Axis<1>>() * map.clone()).sum::<(), _>();
    layers.iter().map(layer).reduce(|a, b| a + b).expect("there is a layer")
}

/// Binary cross-entropy of the coverage logits `[B, N]`, covered patches weighted, mean over patches.
pub(super) fn patch_coverage(logits: &Matrix<SharedTape>, batch: &Batch, sum: &Sum) -> Scalar<SharedTape> {
    let (samples, patches) = *logits.shape();
    let share = Coverage::new(batch, patches).share;
    let weigh = |f: &dyn Fn(f32) -> f32| matrix(&sum.tape, share.iter().map(|&y| f(y)).collect(), samples, patches);
    // With softplus(-x) = relu(-x) + ln(1 + e^-|x|): (1 - y) x + (1 + (w - 1) y) softplus(-x).
    let negative = -logits.clone();
    let softplus = negative.clone().relu() + ((-negative.abs()).exp() + 1.0).ln();
    let loss = logits.clone() * weigh(&|y| 1.0 - y) + softplus * weigh(&|y| 1.0 + (POSITIVE - 1.0) * y);
    loss.sum() / (samples * patches) as f32
}

/// `5 L1 + 2 (1 - GIoU)` of every patch's box `[B*N, 4]` against the target that covers the patch most, weighted by how
/// much it does.
pub(super) fn patch_boxes(boxes: &Matrix<SharedTape>, batch: &Batch, sum: &Sum) -> Scalar<SharedTape> {
    let patches = boxes.shape().0 / batch.len();
    let coverage = Coverage::new(batch, patches);
    let truth = ground_truth(batch);
    box_loss(boxes, &coverage, |row| truth[row / patches].get(coverage.target[row]).map(|t: &Target| t.bbox), sum)
}

/// `5 L1 + 2 (1 - GIoU)` of boxes `[B*N, 4]` against the target of each row, weighted by the row's coverage.
pub(super) fn box_loss(
    boxes: &Matrix<SharedTape>,
    coverage: &Coverage,
    target: impl Fn(usize) -> Option<[f32; 4]>,
    sum: &Sum,
) -> Scalar<SharedTape> {
    let rows = boxes.shape().0;
    let nothing = [0.5, 0.5, 1.0, 1.0];
    let target = (0..rows).flat_map(|row| target(row).unwrap_or(nothing)).collect();
    let target = matrix(&sum.tape, target, rows, 4);
    let total = coverage.total();
    let weights: Vec<f32> = coverage.share.iter().map(|s| s / total).collect();
    let l1 = (boxes.clone() - target.clone()).abs();
    let l1 = (l1 * matrix(&sum.tape, weights.iter().flat_map(|&w| [5.0 * w; 4]).collect(), rows, 4)).sum::<(), _>();
    let overlap = -giou_of_centers(boxes.clone(), target) + 1.0;
    l1 + (overlap * vector(&sum.tape, weights.iter().map(|w| 2.0 * w).collect())).sum()
}
