//! The backward pass: scores are computed again, block by block, from the kept logarithms.

use rayon::prelude::*;

use super::gather::{clear, gather, scatter};
use super::{BLOCK, Scratch, Shape, check};
use crate::Write;
use crate::math::sum_over;
use crate::matmul::{Mat, multiply};
use crate::shared::Shared;
use crate::simd::simd;
use crate::softmax::probabilities;

/// What the forward pass left.
#[derive(Clone, Copy, Debug)]
pub struct Saved<'a> {
    /// Queries, keys and values `[R, 3 C]`.
    pub qkv: &'a [f32],
    /// The output `[R, C]`.
    pub out: &'a [f32],
    /// Logarithms of the sums `[B, heads, V + L]`.
    pub log_sums: &'a [f32],
    /// Padding of the text `[B, L]`.
    pub padding: &'a [u8],
}

/// `dqkv [R, 3 C] =` gradient of queries, keys and values from `dout [R, C]`.
pub fn backward(dqkv: &mut [f32], dout: &[f32], saved: Saved, shape: Shape) {
    check(&shape, saved.out, saved.log_sums, saved.qkv, saved.padding);
    assert_eq!((dqkv.len(), dout.len()), (saved.qkv.len(), saved.out.len()), "gradients of attention");
    if shape.tokens() == 0 {
        return;
    }
    let dqkv = Shared::new(dqkv);
    let tasks = saved.log_sums.par_chunks(shape.tokens()).enumerate();
    tasks.for_each_init(Gradients::default, |grads, (task, log_sums)| {
        let (sample, head) = (task / shape.heads, task % shape.heads);
        grads.load(&shape, sample, head, dout, saved);
        grads.compute(log_sums, &shape);
        grads.store(&dqkv, head, &shape);
    });
}

/// What one task works in.
#[derive(Default)]
struct Gradients {
    forward: Scratch,
    /// `[T, d]`.
    dout: Vec<f32>,
    /// `[T, d]`.
    dq: Vec<f32>,
    /// `[keys, d]`.
    dk: Vec<f32>,
    /// `[keys, d]`.
    dv: Vec<f32>,
    /// `[BLOCK, keys]`.
    dscores: Vec<f32>,
}

impl Gradients {
    fn load(&mut self, shape: &Shape, sample: usize, head: usize, dout: &[f32], saved: Saved) {
        let (width, d) = (shape.width(), shape.head_dim);
        self.forward.load(shape, sample, head, saved.qkv, saved.padding);
        let rows = &self.forward.rows.queries;
        gather(&mut self.forward.o, saved.out, width, head * d, rows, d);
        gather(&mut self.dout, dout, width, head * d, rows, d);
    }

    fn compute(&mut self, log_sums: &[f32], shape: &Shape) {
        let (d, keys, scale) = (shape.head_dim, self.forward.rows.keys.len(), shape.scale());
        let (k, v) = (Mat::new(&self.forward.k, keys, d), Mat::new(&self.forward.v, keys, d));
        let scores = &mut self.forward.scores;
        self.dq.resize(self.dout.len(), 0.0);
        self.dk.clear();
        self.dk.resize(keys * d, 0.0);
        self.dv.clear();
        self.dv.resize(keys * d, 0.0);
        for (block, log_sums) in log_sums.chunks(BLOCK).enumerate() {
            let n = log_sums.len();
            let part = block * BLOCK * d..(block * BLOCK + n) * d;
            let q = Mat::new(&self.forward.q[part.clone()], n, d);
            let (o, dout) = (&self.forward.o[part.clone()], &self.dout[part.clone()]);
            scores.resize(n * keys, 0.0);
            self.dscores.resize(n * keys, 0.0);
            multiply(scores, Write::Over, scale, q, k.t());
            multiply(&mut self.dscores, Write::Over, 1.0, Mat::new(dout, n, d), v.t());
            softmax_backward(scores, &mut self.dscores, log_sums, o, dout);
            let (p, ds) = (Mat::new(scores, n, keys), Mat::new(&self.dscores, n, keys));
            multiply(&mut self.dv, Write::Add, 1.0, p.t(), Mat::new(dout, n, d));
            multiply(&mut self.dk, Write::Add, scale, ds.t(), q);
            multiply(&mut self.dq[part], Write::Over, scale, ds, k);
        }
    }

    /// Padding is no key, so its key and value have no gradient.
    fn store(&self, dqkv: &Shared, head: usize, shape: &Shape) {
        let (width, d) = (shape.width(), shape.head_dim);
        let rows = &self.forward.rows;
        scatter(dqkv, 3 * width, head * d, &rows.queries, &self.dq, d);
        for (part, from) in [(1, &self.dk), (2, &self.dv)] {
            let column = part * width + head * d;
            clear(dqkv, 3 * width, column, &rows.queries[shape.vision..], d);
            scatter(dqkv, 3 * width, column, &rows.keys, from, d);
        }
    }
}

/// Scores become probabilities p, their gradients dp become `p (dp - o . dout)`.
fn softmax_backward(scores: &mut [f32], dscores: &mut [f32], log_sums: &[f32], o: &[f32], dout: &[f32]) {
    let (n, keys, d) = (log_sums.len(), scores.len() / log_sums.len(), o.len() / log_sums.len());
    for i in 0..n {
        let (p, dp) = (&mut scores[i * keys..][..keys], &mut dscores[i * keys..][..keys]);
        probabilities(p, log_sums[i]);
        let mean = dot(&o[i * d..][..d], &dout[i * d..][..d]);
        p.iter().zip(dp).for_each(|(p, dp)| *dp = p * (*dp - mean));
    }
}

simd! {
    fn dot(a: &[f32], b: &[f32]) -> f32 {
        let b = &b[..a.len()];
        sum_over(a.len(), |i| a[i] * b[i])
    }
}
