//! Boxes on plain numbers: formats, overlaps, and the boxes that a prediction stands for.
//!
//! The head speaks of boxes as centre and size relative to the picture (`cxcywh`), everything outside it of corners in
//! pixels (`xyxy`).

use crate::batch::ImageMeta;
use crate::head::{Prediction, Rows};

/// Added to both denominators of the head's overlaps (detrex, `box_ops.py`); visible for boxes of a few pixels.
pub const HEAD_EPS: f32 = 1e-6;

/// Corners of a box given by centre and size.
pub fn to_corners([cx, cy, w, h]: [f32; 4]) -> [f32; 4] {
    [cx - 0.5 * w, cy - 0.5 * h, cx + 0.5 * w, cy + 0.5 * h]
}

/// Centre and size of a box given by its corners.
pub fn to_center([x0, y0, x1, y1]: [f32; 4]) -> [f32; 4] {
    [(x0 + x1) / 2.0, (y0 + y1) / 2.0, x1 - x0, y1 - y0]
}

/// Area of the intersection, of the union and of the hull of two boxes given by their corners.
pub fn overlap(a: [f32; 4], b: [f32; 4]) -> (f32, f32, f32) {
    let area = |b: [f32; 4]| (b[2] - b[0]) * (b[3] - b[1]);
    let span = |x0: f32, y0: f32, x1: f32, y1: f32| (x1 - x0).max(0.0) * (y1 - y0).max(0.0);
    let inter = span(a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3]));
    let hull = span(a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3]));
    (inter, area(a) + area(b) - inter, hull)
}

/// Intersection over union as the head computes it.
pub fn iou(a: [f32; 4], b: [f32; 4]) -> f32 {
    let (inter, union, _) = overlap(a, b);
    inter / (union + HEAD_EPS)
}

/// Generalised intersection over union as the head computes it.
pub fn giou(a: [f32; 4], b: [f32; 4]) -> f32 {
    let (inter, union, hull) = overlap(a, b);
    inter / (union + HEAD_EPS) - (hull - union) / (hull + HEAD_EPS)
}

/// A predicted box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Corners x0 y0 x1 y1 in pixels.
    pub bbox: [f32; 4],
    /// Probability that it shows the object.
    pub score: f32,
}

/// All boxes of a batch, per sample in query order: scaled by `img_shape`, clipped to it, empty ones dropped.
/// With `rescale` they are in pixels of the original picture, else of the input.
pub fn detections(prediction: &Prediction<Rows>, metas: &[ImageMeta], rescale: bool) -> Vec<Vec<Detection>> {
    let queries = prediction.boxes.len().checked_div(metas.len()).unwrap_or(0);
    let sample = |(i, meta): (usize, &ImageMeta)| {
        let rows = i * queries..(i + 1) * queries;
        rows.filter_map(|row| detection(prediction, row, meta, rescale)).collect()
    };
    metas.iter().enumerate().map(sample).collect()
}

/// The box with the highest score; of equal ones the first. None if every box was empty.
pub fn best(detections: &[Detection]) -> Option<Detection> {
    detections.iter().copied().reduce(|best, next| if next.score > best.score { next } else { best })
}

fn detection(prediction: &Prediction<Rows>, row: usize, meta: &ImageMeta, rescale: bool) -> Option<Detection> {
    let [h, w] = meta.img_shape.map(|side| side as f32);
    let c = to_corners(prediction.boxes.quad(row));
    let mut bbox =
        [(c[0] * w).clamp(0.0, w), (c[1] * h).clamp(0.0, h), (c[2] * w).clamp(0.0, w), (c[3] * h).clamp(0.0, h)];
    if bbox[2] <= bbox[0] || bbox[3] <= bbox[1] {
        return None;
    }
    if rescale {
        bbox = std::array::from_fn(|i| bbox[i] / meta.scale_factor[i] as f32);
    }
    let score = foreground_score(prediction.logits.row(row));
    Some(Detection { bbox, score })
}

/// Largest probability of the foreground classes; the last logit is "no object".
fn foreground_score(logits: &[f32]) -> f32 {
    let p = softmax(logits);
    p[..p.len() - 1].iter().copied().fold(0.0, f32::max)
}

/// Softmax of a few logits.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exp: Vec<f32> = logits.iter().map(|x| (x - max).exp()).collect();
    let sum: f32 = exp.iter().sum();
    exp.iter().map(|x| x / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_boxes_are_dropped_and_the_first_of_equals_wins() {
        let rows = |cols, data: &[f32]| Rows { cols, data: data.to_vec() };
        let prediction = Prediction {
            logits: rows(2, &[0.0, 0.0, 1.0, 0.0, 1.0, 0.0]),
            boxes: rows(4, &[0.5, 0.5, 0.0, 0.2, 0.5, 0.5, 1.0, 1.0, 0.1, 0.1, 0.4, 0.2]),
        };
        let meta = ImageMeta { img_shape: [10, 20], scale_factor: [2.0, 0.5, 2.0, 0.5] };
        let found = &detections(&prediction, std::slice::from_ref(&meta), false)[0];
        assert_eq!(found.iter().map(|d| d.bbox).collect::<Vec<_>>(), [[0.0, 0.0, 20.0, 10.0], [0.0, 0.0, 6.0, 2.0]]);
        assert_eq!(best(found).map(|d| d.bbox), Some([0.0, 0.0, 20.0, 10.0]));
        assert_eq!(detections(&prediction, &[meta], true)[0][0].bbox, [0.0, 0.0, 10.0, 20.0]);
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn overlaps_agree_with_hand_computed_ones() {
        let (a, b) = ([0.0, 0.0, 0.4, 0.4], [0.2, 0.2, 0.6, 0.6]);
        assert!((iou(a, b) - 0.04 / 0.28).abs() < 1e-5);
        assert!((giou(a, b) - (0.04 / 0.28 - 0.08 / 0.36)).abs() < 1e-5);
        assert_eq!(to_center(to_corners([0.5, 0.25, 0.5, 0.25])), [0.5, 0.25, 0.5, 0.25]);
    }
}
