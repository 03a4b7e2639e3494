//! A product as tiles. Part by part of the inner dimension, A is packed whole; tasks own blocks of the output and pack
//! their columns of B, which stay in their caches. Where tasks share columns, B is packed whole before, too.
//!
//! The parts are equal, fit the caches and are added up in order. All cuts follow from the shape alone, so the bits are
//! the same for any number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::mat::Mat;
use super::right::{Packed, Right, Strips};
use super::tile::Lanes;
use super::{Start, buffers};
use crate::prefetch::prefetch;
use crate::shared::Shared;
use crate::simd::simd;

/// Most rows of a block, however few steps a part has.
const BLOCK_ROWS: usize = 144;
/// Tasks that a product is cut into at least, to keep threads busy.
const TASKS: usize = 12;
/// Rows of A, or columns of B, that are packed together, since they may share cache lines.
const PACKED: usize = 64;
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
        let depth = L::steps(k.max(1));
        let depth = depth.div_ceil(depth.div_ceil(L::DEPTH)).next_multiple_of(L::STEPS);
        let cols = (n / TASKS).clamp(L::TASK_COLS[0], L::TASK_COLS[1]).next_multiple_of(L::COLS);
        let rows = m.div_ceil(TASKS.div_ceil(n.div_ceil(cols)));
        let blocks = rows.div_ceil((L::BLOCK / depth).clamp(L::ROWS, BLOCK_ROWS));
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
            let numbers = from..from + cut.part.min(k - from);
            let depth = L::steps(numbers.len());
            let a = self.a.cols(from, numbers.len());
            let pack_a = |dst: &mut [u32]| pack(dst, m, L::ROWS, |dst, at, rows| L::pack_rows(dst, a.rows(at, rows)));
            let multiply = |a: &[u32], b: Right<'_>, numbers: Range<usize>| {
                Part { c: &c, start, a, b, numbers, depth, cut: &cut }.multiply::<L>([m, n]);
            };
            buffers::with(&buffers::LEFT, m.next_multiple_of(L::ROWS) * depth, |left| match self.b {
                // What several tasks need is packed once for all of them.
                Right::Plain(b) if cut.rows < m => {
                    let b = b.rows(from, numbers.len());
                    let pack_b =
                        |dst: &mut [u32]| pack(dst, n, L::COLS, |dst, at, cols| L::pack_cols(dst, b.cols(at, cols)));
                    buffers::with(&buffers::RIGHT, n.next_multiple_of(L::COLS) * depth, |right| {
                        rayon::join(|| pack_a(left), || pack_b(right));
                        let b = Right::Packed(Packed { strips: right, inner: depth, cols: n });
                        multiply(left, b, 0..numbers.len());
                    });
                }
                b => {
                    pack_a(left);
                    multiply(left, b, numbers.clone());
                }
            });
        }
    }
}

/// Packs lines (rows of A, columns of B) in strips of `width` on all threads. `pack` gets the place for some of them, the
/// first and how many.
fn pack(packed: &mut [u32], lines: usize, width: usize, pack: impl Fn(&mut [u32], usize, usize) + Sync) {
    let (group, line) = (PACKED.next_multiple_of(width), packed.len() / lines.next_multiple_of(width));
    packed.par_chunks_mut((group * line).max(1)).enumerate().for_each(|(i, strips)| {
        pack(strips, i * group, group.min(lines - i * group));
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
        let tall = L::TALL * L::ROWS;
        buffers::with(&buffers::TILES, tall * L::COLS, |tiles| {
            for (strip, col) in cols.clone().step_by(L::COLS).enumerate() {
                for row in rows.clone().step_by(tall) {
                    let size = [tall.min(rows.end - row), L::COLS.min(cols.end - col), self.b.cols(), L::COLS];
                    let height = size[0].next_multiple_of(L::ROWS);
                    let tiles = bytemuck::cast_slice_mut(&mut tiles[..height * L::COLS]);
                    ask_for(self.c, [row, col], size);
                    L::tiles(tiles, &self.a[row * self.depth..][..height * self.depth], b.get(strip));
                    finish(self.c, [row, col], size, tiles, self.start);
                }
            }
        });
    }
}

/// Asks for the part of the output that tiles will be added to, which arrives while they are computed.
fn ask_for(c: &Shared, at: [usize; 2], [rows, cols, stride, _]: [usize; 4]) {
    for row in 0..rows {
        // SAFETY: blocks of different tasks do not overlap, and one task owns each.
        prefetch(unsafe { c.piece((at[0] + row) * stride + at[1], cols) });
    }
}

simd! {
    /// Writes the part of tiles, one below the other, that lies inside the output, at `[row, col]`; `size` is its rows and
    /// columns, the columns of the output and those of a tile.
    fn finish(c: &Shared, at: [usize; 2], size: [usize; 4], tiles: &[f32], start: Start) {
        let [rows, cols, stride, width] = size;
        for (row, tile) in tiles.chunks_exact(width).take(rows).enumerate() {
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
