//! A product as tiles. Part by part of the inner dimension, A is packed whole; tasks own blocks of the output and pack
//! their columns of B, which stay in their caches.
//!
//! The parts are equal, fit the caches and are added up in order. All cuts follow from the shape alone, so the bits are
//! the same for any number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::mat::Mat;
use super::right::{Right, Strips};
use super::tile::Lanes;
use super::{Start, buffers};
use crate::prefetch::prefetch;
use crate::shared::Shared;
use crate::simd::simd;

/// Elements of A that are multiplied with one strip of B after the other: 150 KB of the second-level cache, of which
/// neighbours of a virtual machine may take half.
const BLOCK: usize = 39_168;
/// Most rows of such a block, however few steps a part has.
const BLOCK_ROWS: usize = 144;
/// Columns of B that a task packs, if there are so many for each of [`TASKS`].
const TASK_COLS: usize = 96;
/// Tasks that a product is cut into at least, to keep threads busy.
const TASKS: usize = 12;
/// Strips of A that a task packs, so that those which share cache lines are packed together.
const PACKED_STRIPS: usize = 8;
/// Elements of the largest tile.
const TILE: usize = 12 * 32;
/// Rows, columns and inner numbers from which on packing is worth its time.
const LEAST: usize = 256;
/// Rows where B lies turned over, as the weights of a forward pass do: the library takes up to twice as long to pack it.
const FEW_ROWS: usize = 64;

/// `c = start + a b`.
pub(super) struct Product<'a> {
    pub(super) start: Start<'a>,
    pub(super) a: Mat<'a>,
    pub(super) b: Right<'a>,
}

/// How a product is cut. Rows and columns are multiples of those of a tile.
struct Cut {
    /// Rows of a block.
    block: usize,
    /// Rows of a task.
    rows: usize,
    /// Columns of a task.
    cols: usize,
    /// Numbers of the inner dimension in a part.
    part: usize,
}

impl Cut {
    fn new<L: Lanes>(m: usize, n: usize, k: usize) -> Self {
        let depth = k.div_ceil(L::NUMBERS).max(1);
        let depth = depth.div_ceil(depth.div_ceil(L::DEPTH));
        let cols = (n / TASKS).clamp(TASK_COLS / 2, TASK_COLS).next_multiple_of(L::COLS);
        let rows = m.div_ceil(TASKS.div_ceil(n.div_ceil(cols)));
        let blocks = rows.div_ceil((BLOCK / depth).clamp(L::ROWS, BLOCK_ROWS));
        let block = rows.div_ceil(blocks).next_multiple_of(L::ROWS);
        Self { block, rows: block * blocks, cols, part: depth * L::NUMBERS }
    }
}

/// Whether packing both operands costs less than it brings.
pub(super) fn is_worth_packing(a: Mat, b: Mat) -> bool {
    let rows = if b.col_stride == 1 { LEAST } else { FEW_ROWS };
    a.rows >= rows && a.cols.min(b.cols) >= LEAST
}

impl Product<'_> {
    /// Computes it into `c`, row-major without gaps, on all threads.
    pub(super) fn run<L: Lanes>(&self, c: &mut [f32]) {
        let (m, n, k) = (self.a.rows, self.b.cols(), self.a.cols);
        if m * n == 0 {
            return;
        }
        let cut = Cut::new::<L>(m, n, k);
        let c = Shared::new(c);
        for from in (0..k.max(1)).step_by(cut.part) {
            let start = if from == 0 { self.start } else { Start::Old };
            let numbers = cut.part.min(k - from);
            let depth = numbers.div_ceil(L::NUMBERS);
            buffers::with(&buffers::WHOLE, m.next_multiple_of(L::ROWS) * depth, |packed| {
                pack_rows::<L>(packed, self.a.cols(from, numbers), depth);
                let numbers = from..from + numbers;
                Part { c: &c, start, a: packed, b: self.b, numbers, depth, cut: &cut }.multiply::<L>([m, n]);
            });
        }
    }
}

/// Packs the rows of A on all threads.
fn pack_rows<L: Lanes>(packed: &mut [u32], a: Mat, depth: usize) {
    let rows = PACKED_STRIPS * L::ROWS;
    packed.par_chunks_mut((depth * rows).max(1)).enumerate().for_each(|(i, strips)| {
        L::pack_rows(strips, a.rows(i * rows, rows.min(a.rows - i * rows)));
    });
}

/// `c = start + a b` for a part of the inner dimension, of which A is packed.
struct Part<'a> {
    c: &'a Shared<'a>,
    start: Start<'a>,
    a: &'a [u32],
    b: Right<'a>,
    /// The part.
    numbers: Range<usize>,
    /// Its steps.
    depth: usize,
    cut: &'a Cut,
}

impl Part<'_> {
    /// Computes it; every task packs its columns of B, if they are not.
    fn multiply<L: Lanes>(&self, [m, n]: [usize; 2]) {
        let Cut { block, rows, cols, .. } = *self.cut;
        let down = m.div_ceil(rows);
        (0..down * n.div_ceil(cols)).into_par_iter().with_max_len(1).for_each(|task| {
            let (row, col) = (task % down * rows, task / down * cols);
            let (end, cols) = ((row + rows).min(m), cols.min(n - col));
            self.b.with_strips::<L>(col..col + cols, self.numbers.clone(), |b| {
                for row in (row..end).step_by(block) {
                    self.block::<L>(&b, row..end.min(row + block), col..col + cols);
                }
            });
        });
    }

    /// One block of the output, from the strips of A that belong to it and all strips of `b`.
    fn block<L: Lanes>(&self, b: &Strips, rows: Range<usize>, cols: Range<usize>) {
        let mut sums = [0f32; TILE];
        let sums = &mut sums[..L::ROWS * L::COLS];
        for (strip, col) in cols.clone().step_by(L::COLS).enumerate() {
            let b = b.get(strip);
            for row in rows.clone().step_by(L::ROWS) {
                let size = [L::ROWS.min(rows.end - row), L::COLS.min(cols.end - col), self.b.cols(), L::COLS];
                ask_for(self.c, [row, col], size);
                L::tile(sums, &self.a[row * self.depth..][..L::ROWS * self.depth], b);
                finish(self.c, [row, col], size, sums, self.start);
            }
        }
    }
}

/// Asks for the part of the output that a tile will be added to, which arrives while the tile is computed.
fn ask_for(c: &Shared, at: [usize; 2], [rows, cols, stride, _]: [usize; 4]) {
    for row in 0..rows {
        // SAFETY: blocks of different tasks do not overlap, and one task owns each.
        prefetch(unsafe { c.piece((at[0] + row) * stride + at[1], cols) });
    }
}

simd! {
    /// Writes the part of a tile that lies inside the output, at `[row, col]`; `size` is its rows and
    /// columns, the columns of the output and those of the tile.
    fn finish(c: &Shared, at: [usize; 2], size: [usize; 4], tile: &[f32], start: Start) {
        let [rows, cols, stride, width] = size;
        for (row, tile) in tile.chunks_exact(width).take(rows).enumerate() {
            // SAFETY: blocks of different tasks do not overlap, and one task owns each.
            let c = unsafe { c.piece((at[0] + row) * stride + at[1], cols) };
            match start {
                Start::Zero => c.copy_from_slice(&tile[..cols]),
                Start::Old => c.iter_mut().zip(tile).for_each(|(c, x)| *c += x),
                Start::Row(bias) => {
                    let sums = tile.iter().zip(&bias[at[1]..]);
                    c.iter_mut().zip(sums).for_each(|(c, (x, bias))| *c = bias + x);
                }
            }
        }
    }
}
