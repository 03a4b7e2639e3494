//! Picks the columns of one head out of the rows of one sample, and puts them back.

use super::{Columns, Shape};
use crate::prefetch::prefetch;
use crate::shared::Shared;

/// Rows ahead of which one is asked for.
const AHEAD: usize = 12;

/// The rows of one sample.
#[derive(Default)]
pub(super) struct Rows {
    /// Every token, vision first.
    pub(super) queries: Vec<usize>,
    /// The tokens that are not padding.
    pub(super) keys: Vec<usize>,
}

impl Rows {
    pub(super) fn find(&mut self, shape: &Shape, sample: usize, padding: &[u8]) {
        let padding = &padding[sample * shape.text..][..shape.text];
        let padded = |token: &usize| *token >= shape.vision && padding[token - shape.vision] != 0;
        self.queries.clear();
        self.queries.extend((0..shape.tokens()).map(|token| shape.row(sample, token)));
        self.keys.clear();
        self.keys.extend((0..shape.tokens()).filter(|t| !padded(t)).map(|token| shape.row(sample, token)));
    }
}

/// These columns of the given rows, one row after the other.
pub(super) fn gather(into: &mut Vec<f32>, from: &[f32], columns: Columns, rows: &[usize]) {
    let Columns { stride, first, d } = columns;
    into.resize(rows.len() * d, 0.0);
    for (i, (into, row)) in into.chunks_exact_mut(d.max(1)).zip(rows).enumerate() {
        if let Some(row) = rows.get(i + AHEAD) {
            prefetch(&from[row * stride + first..][..d]);
        }
        copy(into, &from[row * stride + first..][..d]);
    }
}

/// Writes them back. No other task may write these columns of these rows.
pub(super) fn scatter(into: &Shared, columns: Columns, rows: &[usize], from: &[f32]) {
    let Columns { stride, first, d } = columns;
    // SAFETY: a task owns the columns of its head in the rows of its sample, and pieces live for one call.
    let piece = |row: usize| unsafe { into.piece(row * stride + first, d) };
    for (i, (&row, from)) in rows.iter().zip(from.chunks_exact(d.max(1))).enumerate() {
        if let Some(&row) = rows.get(i + AHEAD) {
            prefetch(piece(row));
        }
        copy(piece(row), from);
    }
}

/// Copies a row of one head. Such rows are short, and blocks of a fixed size spare the call of `memcpy`.
fn copy(into: &mut [f32], from: &[f32]) {
    let (into, into_rest) = into.as_chunks_mut::<16>();
    let (from, from_rest) = from.as_chunks::<16>();
    into.iter_mut().zip(from).for_each(|(into, from)| *into = *from);
    if !into_rest.is_empty() {
        into_rest.copy_from_slice(from_rest);
    }
}

/// Zeroes those columns in all given rows.
pub(super) fn clear(into: &Shared, columns: Columns, rows: &[usize]) {
    for row in rows {
        // SAFETY: as in `scatter`.
        unsafe { into.piece(row * columns.stride + columns.first, columns.d) }.fill(0.0);
    }
}
