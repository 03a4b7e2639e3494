//! The set criterion of DETR: match predictions with targets, then classes, boxes and overlaps of the pairs
//! (official `core/criterion/criterion.py` and `core/matcher.py`).

use dfdx::prelude::*;

use super::Sum;
use super::overlap::giou_of_centers;
use super::targets::Target;
use crate::boxes::{giou, softmax, to_corners};
use crate::config::HeadConfig;
use crate::head::tape::{Matrix, Scalar, SharedTape, matrix, value, vector};
use crate::head::{Prediction, Rows};
use crate::matching::{Costs, assign};

/// Weight of the class "no object".
const NO_OBJECT: f32 = 0.1;
/// Names and weights of the three terms of a layer.
const TERMS: [(&str, f32); 3] = [("loss_class", 1.0), ("loss_bbox", 5.0), ("loss_giou", 2.0)];

/// Predictions of one layer, plain and on the tape of the losses.
pub struct Layer<'a> {
    /// As numbers.
    pub plain: &'a Prediction<Rows>,
    /// As recorded.
    pub traced: Prediction<Matrix<SharedTape>>,
}

/// Settings of the criterion.
pub struct Criterion {
    samples: usize,
    classes: usize,
    aux: bool,
    /// Layers that auxiliary weights exist for.
    weighed_layers: usize,
    /// The form for weighted distillation.
    weighted: bool,
}

impl Criterion {
    /// For batches of `samples`; `weighted` takes the targets' weights into account.
    pub fn new(cfg: &HeadConfig, samples: usize, weighted: bool) -> Self {
        Self {
            samples,
            classes: cfg.num_classes,
            aux: cfg.aux_loss,
            // Official: counted from the decoder, whatever branch the layers come from.
            weighed_layers: cfg.num_decoder_layers - 1,
            weighted,
        }
    }

    /// Sum of the terms of the last layer and, with auxiliary losses, of the others. The unweighted terms are noted.
    pub fn loss(&self, layers: &[Layer], targets: &[Vec<Target>], sum: &mut Sum) -> Scalar<SharedTape> {
        let boxes = targets.iter().map(Vec::len).sum::<usize>().max(1) as f32;
        let last = layers.len() - 1;
        let mut notes = Vec::new();
        let mut total: Option<Scalar<SharedTape>> = None;
        let others = if self.aux { 0..last } else { 0..0 };
        for i in std::iter::once(last).chain(others) {
            let terms = self.terms(&layers[i], targets, boxes, &sum.tape);
            for ((name, weight), term) in TERMS.into_iter().zip(terms) {
                notes.push((if i == last { name.to_owned() } else { format!("{name}_{i}") }, value(&term)));
                let weight = if i == last || i < self.weighed_layers { weight } else { 1.0 };
                let term = term * weight;
                total = Some(match total {
                    Some(total) => total + term,
                    None => term,
                });
            }
        }
        sum.criteria.push(notes);
        total.expect("there is a last layer")
    }

    /// Class, box and overlap terms of one layer, unweighted.
    fn terms(&self, layer: &Layer, targets: &[Vec<Target>], boxes: f32, tape: &SharedTape) -> [Scalar<SharedTape>; 3] {
        let pairs = Pairs::new(self, layer.plain, targets);
        let rows = pairs.labels.len();
        let class_map = self.class_map(&pairs);
        let log = layer.traced.logits.clone().log_softmax::<Axis<1>>();
        let class = -(log * matrix(tape, class_map, rows, self.classes + 1)).sum();
        let flat: Vec<f32> = pairs.boxes.iter().flatten().copied().collect();
        let target = matrix(tape, flat, rows, 4);
        let l1 = (layer.traced.boxes.clone() - target.clone()).abs();
        let weights: Vec<f32> = pairs.weights.iter().map(|w| w / boxes).collect();
        let per_coordinate = weights.iter().flat_map(|&w| [w; 4]).collect();
        let bbox = (l1 * matrix(tape, per_coordinate, rows, 4)).sum();
        let overlap = giou_of_centers(layer.traced.boxes.clone(), target);
        let giou = ((-overlap + 1.0) * vector(tape, weights)).sum();
        [class, bbox, giou]
    }

    /// Factor of every log-probability `[B*Q, K+1]`.
    fn class_map(&self, pairs: &Pairs) -> Vec<f32> {
        let class_weight = |label: usize| if label == self.classes { NO_OBJECT } else { 1.0 };
        let total: f32 = pairs.labels.iter().map(|&label| class_weight(label)).sum();
        let queries = pairs.labels.len() / self.samples;
        let mut map = vec![0.0; pairs.labels.len() * (self.classes + 1)];
        for (row, &label) in pairs.labels.iter().enumerate() {
            let share = if self.weighted { pairs.emphasis[row] / queries as f32 } else { 1.0 / total };
            map[row * (self.classes + 1) + label] = class_weight(label) * share;
        }
        map
    }
}

/// Every query with the target that it was matched with.
struct Pairs {
    /// Class that the query should show.
    labels: Vec<usize>,
    /// Box that it should have; unmatched queries have some box and weight 0.
    boxes: Vec<[f32; 4]>,
    weights: Vec<f32>,
    /// Factor of the class term in the weighted form. Official: 1 in the place that has the *target's* number, 0.1
    /// elsewhere.
    emphasis: Vec<f32>,
}

impl Pairs {
    fn new(criterion: &Criterion, prediction: &Prediction<Rows>, targets: &[Vec<Target>]) -> Self {
        let rows = prediction.logits.len();
        let queries = rows / criterion.samples;
        let mut all = Self {
            labels: vec![criterion.classes; rows],
            boxes: vec![[0.5, 0.5, 1.0, 1.0]; rows],
            weights: vec![0.0; rows],
            emphasis: vec![0.1; rows],
        };
        for (sample, pairs) in match_samples(prediction, targets).into_iter().enumerate() {
            for (query, t) in pairs {
                let (row, target) = (sample * queries + query, &targets[sample][t]);
                all.labels[row] = target.label;
                all.boxes[row] = target.bbox;
                all.weights[row] = if criterion.weighted { target.weight } else { 1.0 };
                if t < queries {
                    all.emphasis[sample * queries + t] = 1.0;
                }
            }
        }
        all
    }
}

/// Pairs (query, target) of every sample, at least cost `5 L1 - p(label) - 2 GIoU`.
pub fn match_samples(prediction: &Prediction<Rows>, targets: &[Vec<Target>]) -> Vec<Vec<(usize, usize)>> {
    let queries = prediction.logits.len() / targets.len().max(1);
    let sample = |(i, targets): (usize, &Vec<Target>)| {
        let cost = |q: usize, t: usize| f64::from(pair_cost(prediction, i * queries + q, &targets[t]));
        assign(&Costs::new(queries, targets.len(), cost))
    };
    targets.iter().enumerate().map(sample).collect()
}

fn pair_cost(prediction: &Prediction<Rows>, row: usize, target: &Target) -> f32 {
    let bbox = prediction.boxes.quad(row);
    let l1: f32 = bbox.iter().zip(&target.bbox).map(|(a, b)| (a - b).abs()).sum();
    let probability = softmax(prediction.logits.row(row))[target.label];
    5.0 * l1 - probability - 2.0 * giou(to_corners(bbox), to_corners(target.bbox))
}
