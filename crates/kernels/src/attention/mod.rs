//! Multi-head self-attention over picture and text, forward and backward.
//!
//! For each sample and head: `o = softmax(q k^T / sqrt(d)) v` over the keys that are not padding. Scores are computed
//! for a strip of queries at a time and forgotten; what is kept for the backward pass is the logarithm of each row's
//! sum, from which the scores come back (Dao et al., arXiv:2205.14135). Tasks are (sample, head) pairs.
//!
//! Scores are computed turned over, k q^T: the tiles of a strip, one below the other, are then what the next product
//! takes as its right operand, and softmax goes down columns, all of a strip at a time, without a sum across a register.
//! `L` computes tiles, and `C` is the number of their columns. In bf16 all operands of products are rounded to it, and
//! probabilities and their gradients with them; softmax and sums are f32.
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

use std::cell::Cell;

use rayon::prelude::*;

use crate::matmul::strips::{self, Lanes, with_lanes};
use crate::matmul::{Mat, Precision};
use crate::shared::Shared;
use crate::softmax::exponentiate;
use gather::{Rows, gather, scatter};

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
pub fn forward(precision: Precision, out: &mut [f32], log_sums: &mut [f32], qkv: &[f32], padding: &[u8], shape: Shape) {
    check(&shape, out, log_sums, qkv, padding);
    if !out.is_empty() {
        let way = strips::way(precision, shape.tokens());
        with_lanes!(way, L => forward_in::<L, { L::COLS }>(out, log_sums, qkv, padding, shape));
    }
}

fn forward_in<L: Lanes, const C: usize>(
    out: &mut [f32],
    log_sums: &mut [f32],
    qkv: &[f32],
    padding: &[u8],
    shape: Shape,
) {
    let out = Shared::new(out);
    log_sums.par_chunks_mut(shape.tokens()).enumerate().for_each(|(task, log_sums)| {
        let (sample, head) = (task / shape.heads, task % shape.heads);
        let mut scratch = SCRATCH.take();
        scratch.rows.find(&shape, sample, padding);
        scratch.load_queries::<L>(qkv, Columns::of_qkv(&shape, head, 0), shape.scale());
        scratch.load_keys::<L>(qkv, Columns::of_qkv(&shape, head, 1));
        scratch.load_values::<L>(qkv, Columns::of_qkv(&shape, head, 2));
        scratch.attend::<L, C>(log_sums, shape.head_dim);
        scatter(&out, Columns::of_out(&shape, head), &scratch.rows.queries, &scratch.o);
        SCRATCH.set(scratch);
    });
}

fn check(shape: &Shape, out: &[f32], log_sums: &[f32], qkv: &[f32], padding: &[u8]) {
    assert_eq!(out.len(), shape.rows() * shape.width(), "attention output");
    assert_eq!(qkv.len(), shape.rows() * shape.width() * 3, "queries, keys and values");
    assert_eq!(log_sums.len(), shape.samples * shape.heads * shape.tokens(), "sums of the scores");
    assert_eq!(padding.len(), shape.samples * shape.text, "padding flags");
}

thread_local! {
    /// Kept from call to call by every thread: such memory taken anew costs more page faults than a product takes time.
    static SCRATCH: Cell<Scratch> = Cell::default();
}

/// What one task works in.
#[derive(Default)]
struct Scratch {
    rows: Rows,
    /// Rows of one head, before they are packed.
    picked: Vec<f32>,
    /// Queries, scaled, turned over, as a right operand `[d, T]`.
    q: Vec<u32>,
    /// Keys as a left operand `[keys, d]`.
    k: Vec<u32>,
    /// Values, turned over, as a left operand `[d, keys]`.
    v: Vec<u32>,
    /// Scores of one strip of queries `[keys, C]`, and a few rows that fill the last tile.
    scores: Vec<f32>,
    /// The same as a right operand, where it is another.
    right: Vec<u32>,
    /// The output of one strip of queries, turned over `[d, C]`, and a few rows.
    turned: Vec<f32>,
    /// `[T, d]`.
    o: Vec<f32>,
}

/// Where the columns of one head lie in a buffer: elements from row to row, the first column, and how many there are.
#[derive(Clone, Copy)]
struct Columns {
    stride: usize,
    first: usize,
    d: usize,
}

impl Columns {
    /// The part (0 queries, 1 keys, 2 values) of a head in `qkv`.
    fn of_qkv(shape: &Shape, head: usize, part: usize) -> Self {
        let width = shape.width();
        Self { stride: 3 * width, first: part * width + head * shape.head_dim, d: shape.head_dim }
    }

    /// A head in the output.
    fn of_out(shape: &Shape, head: usize) -> Self {
        Self { stride: shape.width(), first: head * shape.head_dim, d: shape.head_dim }
    }
}

impl Scratch {
    fn load_queries<L: Lanes>(&mut self, from: &[f32], columns: Columns, scale: f32) {
        gather(&mut self.picked, from, columns, &self.rows.queries);
        self.picked.iter_mut().for_each(|x| *x *= scale);
        strips::pack_cols::<L>(&mut self.q, Mat::new(&self.picked, self.rows.queries.len(), columns.d).t());
    }

    fn load_keys<L: Lanes>(&mut self, from: &[f32], columns: Columns) {
        gather(&mut self.picked, from, columns, &self.rows.keys);
        strips::pack_rows::<L>(&mut self.k, Mat::new(&self.picked, self.rows.keys.len(), columns.d));
    }

    fn load_values<L: Lanes>(&mut self, from: &[f32], columns: Columns) {
        gather(&mut self.picked, from, columns, &self.rows.keys);
        strips::pack_rows::<L>(&mut self.v, Mat::new(&self.picked, self.rows.keys.len(), columns.d).t());
    }

    /// Computes `o` and the logarithms of the sums. Without keys there is nothing to attend to, and o is zero.
    fn attend<L: Lanes, const C: usize>(&mut self, log_sums: &mut [f32], d: usize) {
        let keys = self.rows.keys.len();
        self.o.resize(log_sums.len() * d, 0.0);
        if keys == 0 {
            self.o.fill(0.0);
            return log_sums.fill(0.0);
        }
        self.scores.resize(keys.next_multiple_of(L::ROWS) * C, 0.0);
        self.turned.resize(d.next_multiple_of(L::ROWS) * C, 0.0);
        let strips = self.q.chunks_exact(L::steps(d) * C);
        for ((q, o), log_sums) in strips.zip(self.o.chunks_mut(d * C)).zip(log_sums.chunks_mut(C)) {
            L::tiles(&mut self.scores, &self.k, q);
            let scores = &mut self.scores[..keys * C];
            let (sums, logs) = exponentiate::<C>(scores);
            log_sums.copy_from_slice(&logs[..log_sums.len()]);
            L::tiles(&mut self.turned, &self.v, strips::as_right::<L>(&mut self.right, scores));
            strips::rows_of(o, &self.turned, d, sums.map(f32::recip));
        }
    }
}

#[cfg(test)]
mod tests;
