//! The backward pass: scores are computed again, for a strip of keys at a time, from the kept logarithms.

use std::cell::Cell;

use rayon::prelude::*;

use super::gather::{Rows, clear, gather, scatter};
use super::{Columns, Shape, check};
use crate::math::dot;
use crate::matmul::strips::{self, Lanes, with_lanes};
use crate::matmul::{Mat, Precision};
use crate::shared::Shared;
use crate::softmax;

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
pub fn backward(precision: Precision, dqkv: &mut [f32], dout: &[f32], saved: Saved, shape: Shape) {
    check(&shape, saved.out, saved.log_sums, saved.qkv, saved.padding);
    assert_eq!((dqkv.len(), dout.len()), (saved.qkv.len(), saved.out.len()), "gradients of attention");
    if !dout.is_empty() {
        let way = strips::way(precision, shape.tokens());
        with_lanes!(way, L => backward_in::<L, { L::COLS }>(dqkv, dout, saved, shape));
    }
}

fn backward_in<L: Lanes, const C: usize>(dqkv: &mut [f32], dout: &[f32], saved: Saved, shape: Shape) {
    let dqkv = Shared::new(dqkv);
    saved.log_sums.par_chunks(shape.tokens()).enumerate().for_each(|(task, log_sums)| {
        let mut grads = GRADIENTS.take();
        let (sample, head) = (task / shape.heads, task % shape.heads);
        grads.rows.find(&shape, sample, saved.padding);
        grads.load::<L>(&shape, head, dout, saved);
        grads.compute::<L, C>(log_sums, &shape);
        grads.store(&dqkv, head, &shape);
        GRADIENTS.set(grads);
    });
}

thread_local! {
    /// Kept from call to call by every thread, as in the forward pass.
    static GRADIENTS: Cell<Gradients> = Cell::default();
}

/// What one task works in; `d` is the width of a head.
#[derive(Default)]
struct Gradients {
    rows: Rows,
    /// Rows of one head, before they are packed.
    picked: Vec<f32>,
    /// Queries, scaled, as left operands: `[T, d]`, and turned over.
    q: [Vec<u32>; 2],
    /// The gradient of the output in the same way.
    dout: [Vec<u32>; 2],
    /// Keys, turned over: as a right operand `[d, keys]`, and as a left one.
    k: [Vec<u32>; 2],
    /// Values, turned over, as a right operand `[d, keys]`.
    v: Vec<u32>,
    /// `o . dout` of each query `[T]`.
    means: Vec<f32>,
    /// Probabilities of one strip of keys `[T, C]`, and a few rows that fill the last tile.
    p: Vec<f32>,
    /// The gradient of their scores in the same way.
    ds: Vec<f32>,
    /// One of them as a right operand, where it is another.
    right: Vec<u32>,
    /// That of all scores, turned over, as a right operand `[keys, T]`.
    all_ds: Vec<u32>,
    /// A gradient, turned over `[d, C]`, and a few rows.
    turned: Vec<f32>,
    /// `[T, d]`.
    dq: Vec<f32>,
    /// `[keys, d]`.
    dk: Vec<f32>,
    /// `[keys, d]`.
    dv: Vec<f32>,
}

impl Gradients {
    fn load<L: Lanes>(&mut self, shape: &Shape, head: usize, dout: &[f32], saved: Saved) {
        let (rows, picked, d) = (&self.rows, &mut self.picked, shape.head_dim);
        let (queries, keys) = (rows.queries.len(), rows.keys.len());
        let [q, k, v] = [0, 1, 2].map(|part| Columns::of_qkv(shape, head, part));
        gather(picked, saved.qkv, q, &rows.queries);
        picked.iter_mut().for_each(|x| *x *= shape.scale());
        pack_left::<L>(&mut self.q, Mat::new(picked, queries, d));
        gather(picked, saved.qkv, k, &rows.keys);
        let turned = Mat::new(picked, keys, d).t();
        strips::pack_cols::<L>(&mut self.k[0], turned);
        strips::pack_rows::<L>(&mut self.k[1], turned);
        gather(picked, saved.qkv, v, &rows.keys);
        strips::pack_cols::<L>(&mut self.v, Mat::new(picked, keys, d).t());
        let out = Columns::of_out(shape, head);
        gather(&mut self.dq, saved.out, out, &rows.queries);
        gather(picked, dout, out, &rows.queries);
        pack_left::<L>(&mut self.dout, Mat::new(picked, queries, d));
        let pairs = self.dq.chunks_exact(d).zip(picked.chunks_exact(d));
        self.means.clear();
        self.means.extend(pairs.map(|(o, dout)| dot(o, dout)));
    }

    fn compute<L: Lanes, const C: usize>(&mut self, log_sums: &[f32], shape: &Shape) {
        let (d, queries, keys) = (shape.head_dim, log_sums.len(), self.rows.keys.len());
        self.dk.resize(keys * d, 0.0);
        self.dv.resize(keys * d, 0.0);
        self.p.resize(queries.next_multiple_of(L::ROWS) * C, 0.0);
        self.ds.resize(self.p.len(), 0.0);
        self.all_ds.resize(queries.div_ceil(C) * L::steps(keys) * C, 0);
        self.turned.resize(d.next_multiple_of(L::ROWS) * C, 0.0);
        for strip in 0..keys.div_ceil(C) {
            self.keys_and_values::<L, C>(strip, log_sums, d);
        }
        for (ds, dq) in self.all_ds.chunks_exact((L::steps(keys) * C).max(1)).zip(self.dq.chunks_mut(d * C)) {
            L::tiles(&mut self.turned, &self.k[1], ds);
            strips::rows_of(dq, &self.turned, d, [shape.scale(); C]);
        }
    }

    /// The gradients of one strip of keys and their values, and its part of `all_ds`.
    fn keys_and_values<L: Lanes, const C: usize>(&mut self, strip: usize, log_sums: &[f32], d: usize) {
        let (queries, keys) = (log_sums.len(), self.rows.keys.len());
        let (size, rows) = (L::steps(d) * C, strip * C..keys.min((strip + 1) * C));
        L::tiles(&mut self.p, &self.q[0], &self.k[0][strip * size..][..size]);
        L::tiles(&mut self.ds, &self.dout[0], &self.v[strip * size..][..size]);
        let (p, ds) = (&mut self.p[..queries * C], &mut self.ds[..queries * C]);
        softmax::backward::<C>(p, ds, log_sums, &self.means);
        let part = rows.start * d..rows.end * d;
        L::tiles(&mut self.turned, &self.dout[1], strips::as_right::<L>(&mut self.right, p));
        strips::rows_of(&mut self.dv[part.clone()], &self.turned, d, [1.0; C]);
        L::tiles(&mut self.turned, &self.q[1], strips::as_right::<L>(&mut self.right, ds));
        strips::rows_of(&mut self.dk[part], &self.turned, d, [1.0; C]);
        let packed = L::steps(rows.start) * C..(L::steps(rows.start) + L::steps(rows.len())) * C;
        for (ds, all) in ds.chunks(C * C).zip(self.all_ds.chunks_exact_mut(L::steps(keys) * C)) {
            let block = Mat::new(ds, ds.len() / C, C).cols(0, rows.len());
            L::pack_cols(&mut all[packed.clone()], block.t());
        }
    }

    /// Padding is no key, so its key and value have no gradient.
    fn store(&self, dqkv: &Shared, head: usize, shape: &Shape) {
        let rows = &self.rows;
        let [q, k, v] = [0, 1, 2].map(|part| Columns::of_qkv(shape, head, part));
        scatter(dqkv, q, &rows.queries, &self.dq);
        for (columns, from) in [(k, &self.dk), (v, &self.dv)] {
            clear(dqkv, columns, &rows.queries[shape.vision..]);
            scatter(dqkv, columns, &rows.keys, from);
        }
    }
}

/// A matrix and its transpose as left operands.
fn pack_left<L: Lanes>([rows, columns]: &mut [Vec<u32>; 2], m: Mat) {
    strips::pack_rows::<L>(rows, m);
    strips::pack_rows::<L>(columns, m.t());
}
