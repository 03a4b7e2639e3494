//! Multi-head self-attention over picture and text, forward and backward.
//!
//! For each sample and head: `o = softmax(q k^T / sqrt(d)) v` over the keys that are not padding. Scores are computed
//! for a block of queries at a time and forgotten; what is kept for the backward pass is the logarithm of each row's
//! sum, from which the scores come back (Dao et al., arXiv:2205.14135). Tasks are (sample, head) pairs.
//!
//! Rows: all vision tokens of all samples first, then all text tokens, so that the multiway linear layers see two plain
//! matrices. q, k, v lie side by side in one row: `qkv [R, 3 C]`, R = B (V + L), C = heads x d.

mod backward;
mod few;
mod gather;
#[cfg(test)]
pub(crate) mod reference;

pub use backward::{Saved, backward};
pub use few::forward_few;

use rayon::prelude::*;

use crate::Write;
use crate::matmul::{Mat, multiply};
use crate::shared::Shared;
use crate::softmax::exponentiate;
use gather::{Rows, gather, scatter};

/// Queries whose scores are held at a time: with some 400 keys they fit the second-level cache beside keys and values.
const BLOCK: usize = 64;

/// Which row of a buffer is which token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Samples B.
    pub samples: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width of a head d.
    pub head_dim: usize,
    /// Vision tokens of a sample V, CLS included.
    pub vision: usize,
    /// Text tokens of a sample L.
    pub text: usize,
}

impl Shape {
    /// Tokens of a sample.
    pub fn tokens(&self) -> usize {
        self.vision + self.text
    }

    /// Rows of a buffer.
    pub fn rows(&self) -> usize {
        self.samples * self.tokens()
    }

    /// Width C of all heads together.
    pub fn width(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Factor of the scores, 1 / sqrt(d).
    pub fn scale(&self) -> f32 {
        (self.head_dim as f32).powf(-0.5)
    }

    /// Row of a sample's token; tokens count vision first.
    pub fn row(&self, sample: usize, token: usize) -> usize {
        if token < self.vision {
            sample * self.vision + token
        } else {
            self.samples * self.vision + sample * self.text + token - self.vision
        }
    }
}

/// `out [R, C]` from `qkv [R, 3 C]`; `log_sums [B, heads, V + L]` is kept for the backward pass.
/// `padding [B, L]`: nonzero where a text token is no key. Padded tokens still ask as queries.
pub fn forward(out: &mut [f32], log_sums: &mut [f32], qkv: &[f32], padding: &[u8], shape: Shape) {
    check(&shape, out, log_sums, qkv, padding);
    if shape.tokens() == 0 {
        return;
    }
    let out = Shared::new(out);
    let tasks = log_sums.par_chunks_mut(shape.tokens()).enumerate();
    tasks.for_each_init(Scratch::default, |scratch, (task, log_sums)| {
        let (sample, head) = (task / shape.heads, task % shape.heads);
        scratch.load(&shape, sample, head, qkv, padding);
        scratch.attend(log_sums, &shape);
        scatter(&out, shape.width(), head * shape.head_dim, &scratch.rows.queries, &scratch.o, shape.head_dim);
    });
}

fn check(shape: &Shape, out: &[f32], log_sums: &[f32], qkv: &[f32], padding: &[u8]) {
    assert_eq!(out.len(), shape.rows() * shape.width(), "attention output");
    assert_eq!(qkv.len(), shape.rows() * shape.width() * 3, "queries, keys and values");
    assert_eq!(log_sums.len(), shape.samples * shape.heads * shape.tokens(), "sums of the scores");
    assert_eq!(padding.len(), shape.samples * shape.text, "padding flags");
}

/// What one task works in; kept from task to task.
#[derive(Default)]
struct Scratch {
    rows: Rows,
    /// `[T, d]`.
    q: Vec<f32>,
    /// `[keys, d]`.
    k: Vec<f32>,
    /// `[keys, d]`.
    v: Vec<f32>,
    /// `[T, d]`.
    o: Vec<f32>,
    /// `[BLOCK, keys]`.
    scores: Vec<f32>,
}

impl Scratch {
    /// Gathers the queries, keys and values of one head.
    fn load(&mut self, shape: &Shape, sample: usize, head: usize, qkv: &[f32], padding: &[u8]) {
        let (width, d) = (shape.width(), shape.head_dim);
        self.rows.find(shape, sample, padding);
        gather(&mut self.q, qkv, 3 * width, head * d, &self.rows.queries, d);
        gather(&mut self.k, qkv, 3 * width, width + head * d, &self.rows.keys, d);
        gather(&mut self.v, qkv, 3 * width, 2 * width + head * d, &self.rows.keys, d);
    }

    /// Computes `o` and the logarithms of the sums.
    fn attend(&mut self, log_sums: &mut [f32], shape: &Shape) {
        let (d, keys) = (shape.head_dim, self.rows.keys.len());
        let k = Mat::new(&self.k, keys, d);
        let v = Mat::new(&self.v, keys, d);
        self.o.resize(self.q.len(), 0.0);
        let blocks = self.q.chunks(BLOCK * d).zip(self.o.chunks_mut(BLOCK * d)).zip(log_sums.chunks_mut(BLOCK));
        for ((q, o), log_sums) in blocks {
            let n = log_sums.len();
            self.scores.resize(n * keys, 0.0);
            multiply(&mut self.scores, Write::Over, shape.scale(), Mat::new(q, n, d), k.t());
            let mut shares = [0.0; BLOCK];
            for (i, row) in self.scores.chunks_exact_mut(keys.max(1)).enumerate() {
                let (sum, log_sum) = exponentiate(row);
                log_sums[i] = log_sum;
                shares[i] = 1.0 / sum;
            }
            multiply(o, Write::Over, 1.0, Mat::new(&self.scores, n, keys), v);
            for (o, share) in o.chunks_exact_mut(d).zip(shares) {
                o.iter_mut().for_each(|o| *o *= share);
            }
        }
    }
}

#[cfg(test)]
mod tests;
