//! What goes over rows once and does little with each number: norms and residuals. Memory is their limit.

use super::{Run, Sizes, Work, bytes, numbers};
use crate::layer_norm::{Moments, Saved};
use crate::{Write, gelu_norm, layer_norm, residual};

const EPS: f32 = 1e-5;

/// Layer norms of the residual stream and of the attention output (three a layer), and the one after GELU.
pub(super) fn norms(s: Sizes) -> Vec<Work> {
    let (rows, width, ffn, depth) = (s.shape.rows(), s.shape.width(), s.ffn, s.depth as f64);
    vec![
        work("layer norm forward", [rows, width], 2, [6.0 * depth, 3.0 * depth], move || norm_forward(rows, width)),
        work("layer norm backward", [rows, width], 3, [3.0 * depth, 0.0], move || norm_backward(rows, width)),
        work("gelu norm forward", [rows, ffn], 2, [2.0 * depth, depth], move || gelu_forward(rows, ffn)),
        work("gelu norm backward", [rows, ffn], 3, [depth, 0.0], move || gelu_backward(rows, ffn)),
    ]
}

/// The two residual connections of a layer.
pub(super) fn residuals(s: Sizes) -> Vec<Work> {
    let (rows, width, depth) = (s.shape.rows(), s.shape.width(), s.depth as f64);
    let samples = s.shape.samples;
    let forward = move || -> Run {
        let (x, branch, factors) = (numbers(rows * width), numbers(rows * width), vec![Some(1.0); samples]);
        let mut y = vec![0.0; x.len()];
        Box::new(move || residual::forward(&mut y, &x, &branch, &factors))
    };
    vec![work("residual forward", [rows, width], 3, [2.0 * depth; 2], forward)]
}

/// A kernel over `rows x width` numbers that reads or writes so many buffers of that size.
fn work(
    name: &str,
    [rows, width]: [usize; 2],
    buffers: usize,
    calls: [f64; 2],
    prepare: impl Fn() -> Run + 'static,
) -> Work {
    Work {
        name: format!("{name} {rows} x {width}"),
        operations: 0.0,
        bytes: bytes(buffers * rows * width),
        training: calls[0],
        inference: calls[1],
        prepare: Box::new(prepare),
    }
}

fn norm_forward(rows: usize, width: usize) -> Run {
    let (x, gamma, beta) = (numbers(rows * width), numbers(width), numbers(width));
    let (mut y, mut moments) = (vec![0.0; x.len()], vec![Moments::default(); rows]);
    Box::new(move || layer_norm::forward(&mut y, &mut moments, &x, &gamma, &beta, EPS))
}

fn norm_backward(rows: usize, width: usize) -> Run {
    let (x, dy, gamma) = (numbers(rows * width), numbers(rows * width), numbers(width));
    let (mut dx, moments) = (vec![0.0; x.len()], vec![Moments { mean: 0.0, rstd: 1.0 }; rows]);
    let (mut dgamma, mut dbeta) = (vec![0.0; width], vec![0.0; width]);
    Box::new(move || {
        let saved = Saved { x: &x, moments: &moments, gamma: &gamma };
        layer_norm::backward(&mut dx, Write::Over, &mut dgamma, &mut dbeta, &dy, saved);
    })
}

fn gelu_forward(rows: usize, width: usize) -> Run {
    let (h, gamma, beta) = (numbers(rows * width), numbers(width), numbers(width));
    let (mut y, mut moments) = (vec![0.0; h.len()], vec![Moments::default(); rows]);
    Box::new(move || gelu_norm::forward(&mut y, &mut moments, &h, &gamma, &beta, EPS))
}

fn gelu_backward(rows: usize, width: usize) -> Run {
    let (h, gamma) = (numbers(rows * width), vec![0.5; width]);
    let (mut d, moments) = (numbers(rows * width), vec![Moments { mean: 0.0, rstd: 1.0 }; rows]);
    let (mut dgamma, mut dbeta) = (vec![0.0; width], vec![0.0; width]);
    Box::new(move || {
        let saved = Saved { x: &h, moments: &moments, gamma: &gamma };
        gelu_norm::backward(&mut d, &mut dgamma, &mut dbeta, saved);
    })
}
