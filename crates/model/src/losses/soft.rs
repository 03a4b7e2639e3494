//! Soft distillation of one layer: the teacher's logits as soft labels, its boxes as targets.
//!
//! The official code around `loss_single_distill` cannot run; this is that function as it stands. It reads the teacher's
//! relative boxes as corners in pixels, asks unmatched queries for the value K+1 in every class, and lets gradients flow
//! into the teacher.

use dfdx::prelude::*;

use super::criterion::Layer;
use super::overlap::{Corners, Guard, giou};
use crate::batch::ImageMeta;
use crate::boxes::{overlap, to_center, to_corners};
use crate::head::tape::{Matrix, Scalar, SharedTape, Vector, column, matrix, vector};
use crate::head::{Prediction, Rows};
use crate::matching::{Costs, assign};

/// mmdet's epsilon.
const EPS: f32 = 1e-6;

/// Class, box and overlap losses of `student` against `teacher`, added up.
pub fn loss(student: &Layer, teacher: &Layer, metas: &[ImageMeta], classes: usize) -> Scalar<SharedTape> {
    let (_, tape) = student.traced.logits.clone().split_tape();
    let factors: Vec<[f32; 4]> = metas.iter().map(|m| [1, 0, 1, 0].map(|i| m.img_shape[i] as f32)).collect();
    let pairs = pairs(student.plain, teacher.plain, &factors);
    let rows = student.plain.logits.len();
    let matched: Vec<f32> = (0..rows).map(|row| f32::from(pairs.iter().any(|&(q, _)| q == row))).collect();
    let mut selection = vec![0.0; rows * rows];
    pairs.iter().for_each(|&(q, k)| selection[q * rows + k] = 1.0);
    let selection = matrix(&tape, selection, rows, rows);
    let count = pairs.len() as f32;

    let filler = matched.iter().flat_map(|m| vec![(1.0 - m) * (classes + 1) as f32; classes + 1]).collect();
    let labels = selection.clone().matmul(teacher.traced.logits.clone()) + matrix(&tape, filler, rows, classes + 1);
    let class = cross_entropy(&student.traced.logits, labels) / (count + f32::EPSILON);

    let per_row: Vec<[f32; 4]> = (0..rows).map(|row| factors[row * factors.len() / rows]).collect();
    let scale = matrix(&tape, per_row.concat(), rows, 4);
    let target = selection.matmul(centers(teacher.traced.boxes.clone() / scale.clone(), &tape));
    let (w, h) = (column(&scale, 0), column(&scale, 1));
    let corners = |boxes: &Matrix<SharedTape>| Corners::of_centers(boxes).scaled(&w, &h);
    let weights: Vector<SharedTape> = vector(&tape, matched.clone());
    let overlap = giou(corners(&student.traced.boxes), corners(&target), Guard::Floor(EPS));
    let overlap = ((-overlap + 1.0) * weights).sum::<(), _>() * (2.0 / (count.max(1.0) + f32::EPSILON));
    let l1 = (student.traced.boxes.clone() - target).abs();
    let per_coordinate = matrix(&tape, matched.iter().flat_map(|&m| [m; 4]).collect(), rows, 4);
    let l1 = (l1 * per_coordinate).sum::<(), _>() * (5.0 / (count.max(1.0) + f32::EPSILON));
    class + l1 + overlap
}

/// Binary cross-entropy from logits with soft labels, summed.
fn cross_entropy(logits: &Matrix<SharedTape>, labels: Matrix<SharedTape>) -> Scalar<SharedTape> {
    let tail = ((-logits.clone().abs()).exp() + 1.0).ln();
    (logits.clone().relu() - logits.clone() * labels + tail).sum()
}

/// Corners `[rows, 4]` to centre and size.
fn centers(corners: Matrix<SharedTape>, tape: &SharedTape) -> Matrix<SharedTape> {
    #[rustfmt::skip]
    let change = vec![
        0.5, 0.0, -1.0,  0.0,
        0.0, 0.5,  0.0, -1.0,
        0.5, 0.0,  1.0,  0.0,
        0.0, 0.5,  0.0,  1.0,
    ];
    corners.matmul(matrix(tape, change, 4, 4))
}

/// Pairs (student row, teacher row) of least cost within every sample.
fn pairs(student: &Prediction<Rows>, teacher: &Prediction<Rows>, factors: &[[f32; 4]]) -> Vec<(usize, usize)> {
    let queries = student.logits.len() / factors.len().max(1);
    let sample = |(i, factor): (usize, &[f32; 4])| {
        let first = i * queries;
        let costs = Costs::new(queries, queries, |q, k| {
            let student = (student.logits.row(first + q), student.boxes.quad(first + q));
            f64::from(cost(student, (teacher.logits.row(first + k), teacher.boxes.quad(first + k)), factor))
        });
        assign(&costs).into_iter().map(move |(q, k)| (first + q, first + k)).collect::<Vec<_>>()
    };
    factors.iter().enumerate().flat_map(sample).collect()
}

type Row<'a> = (&'a [f32], [f32; 4]);

fn cost((logits, bbox): Row, (labels, teacher): Row, factor: &[f32; 4]) -> f32 {
    let softplus = |x: f32| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let class: f32 = logits.iter().zip(labels).map(|(&x, y)| softplus(-x) * y + softplus(x) * (1.0 - y)).sum();
    let target = to_center(std::array::from_fn(|i| teacher[i] / factor[i]));
    let l1: f32 = bbox.iter().zip(target).map(|(a, b)| (a - b).abs()).sum();
    let corners = to_corners(bbox);
    let (inter, union, hull) = overlap(std::array::from_fn(|i| corners[i] * factor[i]), teacher);
    let (union, hull) = (union.max(EPS), hull.max(EPS));
    class + 5.0 * l1 - 2.0 * (inter / union - (hull - union) / hull)
}
