//! Attention, and what guidance asks of it.

use super::{Sizes, Work, bytes, numbers};
use crate::attention::{self, Saved};

/// Attention forward and backward. The backward pass computes the scores again: five products instead of two.
pub(super) fn attention(s: Sizes) -> Vec<Work> {
    let shape = s.shape;
    let (rows, width) = (shape.rows(), shape.width());
    let product = 2.0 * (shape.samples * shape.tokens().pow(2) * width) as f64;
    let size = format!("{} x {0} x {}, {} heads", shape.tokens(), shape.head_dim, shape.samples * shape.heads);
    let depth = s.depth as f64;
    let padding = vec![0u8; shape.samples * shape.text];
    let sums = shape.samples * shape.heads * shape.tokens();
    let hidden = padding.clone();
    vec![
        Work {
            name: format!("attention forward {size}"),
            operations: 2.0 * product,
            bytes: bytes(4 * rows * width),
            training: depth,
            inference: depth,
            prepare: Box::new(move || {
                let (qkv, padding) = (numbers(rows * 3 * width), padding.clone());
                let (mut out, mut log_sums) = (vec![0.0; rows * width], vec![0.0; sums]);
                Box::new(move || attention::forward(s.precision, &mut out, &mut log_sums, &qkv, &padding, shape))
            }),
        },
        Work {
            name: format!("attention backward {size}"),
            operations: 5.0 * product,
            bytes: bytes(8 * rows * width),
            training: depth,
            inference: 0.0,
            prepare: Box::new(move || {
                let (qkv, padding, dout) = (numbers(rows * 3 * width), hidden.clone(), numbers(rows * width));
                let (mut out, mut log_sums) = (vec![0.0; rows * width], vec![0.0; sums]);
                attention::forward(s.precision, &mut out, &mut log_sums, &qkv, &padding, shape);
                let mut dqkv = vec![0.0; qkv.len()];
                Box::new(move || {
                    let saved = Saved { qkv: &qkv, out: &out, log_sums: &log_sums, padding: &padding };
                    attention::backward(s.precision, &mut dqkv, &dout, saved, shape);
                })
            }),
        },
    ]
}
