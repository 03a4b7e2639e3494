//! The backward pass: scores are computed again, for a strip of keys at a time, from the kept logarithms.

use std::cell::Cell;

use rayon::prelude::*;

use super::gather::{Rows, clear, gather, scatter};
use super::{Columns, Shape, check};
use crate::math::dot;
use crate::matmul::Mat;
use crate::matmul::strips;
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
pub fn backward(dqkv: &mut [f32], dout: &[f32], saved: Saved, shape: Shape) {
    check(&shape, saved.out, saved.log_sums, saved.qkv, saved.padding);
    assert_eq!((dqkv.len(), dout.len()), (saved.qkv.len(), saved.out.len()), "gradients of attention");
    if dout.is_empty() {
        return;
    }
    match strips::are_wide(shape.tokens()) {
        true => backward_in::<{ strips::WIDE[0] }, { strips::WIDE[1] }>(dqkv, dout, saved, shape),
        false => backward_in::<{ strips::NARROW[0] }, { strips::NARROW[1] }>(dqkv, dout, saved, shape),
    }
}

fn backward_in<const R: usize, const C: usize>(dqkv: &mut [f32], dout: &[f32], saved: Saved, shape: Shape) {
    let dqkv = Shared::new(dqkv);
    saved.log_sums.par_chunks(shape.tokens()).enumerate().for_each(|(task, log_sums)| {
        let mut grads = GRADIENTS.take();
        let (sample, head) = (task / shape.heads, task % shape.heads);
        grads.rows.find(&shape, sample, saved.padding);
        grads.load::<R, C>(&shape, head, dout, saved);
        grads.compute::<R, C>(log_sums, &shape);
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
    /// Queries, scaled: strips of rows `[.., d, R]` and of columns `[.., T, R]`.
    q: [Vec<f32>; 2],
    /// The gradient of the output in the same way.
    dout: [Vec<f32>; 2],
    /// Keys: strips of rows `[.., d, C]` and, as a left operand, of columns `[.., keys, R]`.
    k: [Vec<f32>; 2],
    /// Values: strips of rows `[.., d, C]`.
    v: Vec<f32>,
    /// `o . dout` of each query `[T]`.
    means: Vec<f32>,
    /// Probabilities of one strip of keys `[T, C]`, and a few rows that fill the last tile.
    p: Vec<f32>,
    /// The gradient of their scores in the same way.
    ds: Vec<f32>,
    /// That of all scores, in strips of queries `[.., keys, C]`.
    all_ds: Vec<f32>,
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
    fn load<const R: usize, const C: usize>(&mut self, shape: &Shape, head: usize, dout: &[f32], saved: Saved) {
        let (rows, picked, d) = (&self.rows, &mut self.picked, shape.head_dim);
        let (queries, keys) = (rows.queries.len(), rows.keys.len());
        let [q, k, v] = [0, 1, 2].map(|part| Columns::of_qkv(shape, head, part));
        gather(picked, saved.qkv, q, &rows.queries);
        picked.iter_mut().for_each(|x| *x *= shape.scale());
        pack_both::<R, R>(&mut self.q, Mat::new(picked, queries, d));
        gather(picked, saved.qkv, k, &rows.keys);
        pack_both::<R, C>(&mut self.k, Mat::new(picked, keys, d));
        gather(picked, saved.qkv, v, &rows.keys);
        strips::pack::<C>(&mut self.v, Mat::new(picked, keys, d));
        let out = Columns::of_out(shape, head);
        gather(&mut self.dq, saved.out, out, &rows.queries);
        gather(picked, dout, out, &rows.queries);
        pack_both::<R, R>(&mut self.dout, Mat::new(picked, queries, d));
        let pairs = self.dq.chunks_exact(d).zip(picked.chunks_exact(d));
        self.means.clear();
        self.means.extend(pairs.map(|(o, dout)| dot(o, dout)));
    }

    fn compute<const R: usize, const C: usize>(&mut self, log_sums: &[f32], shape: &Shape) {
        let (d, queries, keys) = (shape.head_dim, log_sums.len(), self.rows.keys.len());
        self.dk.resize(keys * d, 0.0);
        self.dv.resize(keys * d, 0.0);
        self.p.resize(queries.next_multiple_of(R) * C, 0.0);
        self.ds.resize(self.p.len(), 0.0);
        self.all_ds.resize(queries.div_ceil(C) * keys * C, 0.0);
        self.turned.resize(d.next_multiple_of(R) * C, 0.0);
        for strip in 0..keys.div_ceil(C) {
            self.keys_and_values::<R, C>(strip, log_sums, d);
        }
        for (ds, dq) in self.all_ds.chunks_exact((keys * C).max(1)).zip(self.dq.chunks_mut(d * C)) {
            strips::column::<R, C>(&mut self.turned, &self.k[1], ds);
            strips::rows_of(dq, &self.turned, d, [shape.scale(); C]);
        }
    }

    /// The gradients of one strip of keys and their values, and its part of `all_ds`.
    fn keys_and_values<const R: usize, const C: usize>(&mut self, strip: usize, log_sums: &[f32], d: usize) {
        let (queries, keys) = (log_sums.len(), self.rows.keys.len());
        let (size, rows) = (d * C, strip * C..keys.min((strip + 1) * C));
        strips::column::<R, C>(&mut self.p, &self.q[0], &self.k[0][strip * size..][..size]);
        strips::column::<R, C>(&mut self.ds, &self.dout[0], &self.v[strip * size..][..size]);
        let (p, ds) = (&mut self.p[..queries * C], &mut self.ds[..queries * C]);
        softmax::backward::<C>(p, ds, log_sums, &self.means);
        let part = rows.start * d..rows.end * d;
        strips::column::<R, C>(&mut self.turned, &self.dout[1], p);
        strips::rows_of(&mut self.dv[part.clone()], &self.turned, d, [1.0; C]);
        strips::column::<R, C>(&mut self.turned, &self.q[1], ds);
        strips::rows_of(&mut self.dk[part], &self.turned, d, [1.0; C]);
        for (ds, all) in ds.chunks(C * C).zip(self.all_ds.chunks_exact_mut(keys * C)) {
            let block = Mat::new(ds, ds.len() / C, C).cols(0, rows.len());
            strips::turn::<C>(&mut all[rows.start * C..rows.end * C], block);
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

/// Strips of `W` rows, and strips of columns as a left operand.
fn pack_both<const R: usize, const W: usize>([rows, columns]: &mut [Vec<f32>; 2], m: Mat) {
    strips::pack::<W>(rows, m);
    strips::pack::<R>(columns, m.t());
}
