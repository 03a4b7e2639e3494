//! A product in bf16 as tiles: B is packed whole, tasks own blocks of the output and pack their strips of A as they go.
//!
//! The inner dimension is cut into equal parts that fit the caches, and the parts are added up in order. All cuts follow
//! from the shape alone, so the bits are the same for any number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::mat::Mat;
use super::tile::{COLS, Lanes, ROWS};
use super::{Start, buffers, pack};
use crate::shared::Shared;
use crate::simd::simd;

/// Most steps of a part of the inner dimension.
const DEPTH: usize = 512;
/// Rows that a task aims at: with [`DEPTH`] steps they take 300 KB of the second-level cache.
const TASK_ROWS: usize = 144;
/// Tasks that a product is cut into if there are columns enough, to keep threads busy.
const TASKS: usize = 12;
/// Fewest columns of a task; fewer and packing A costs more than it brings.
const TASK_COLS: usize = 192;

/// `c = start + a b`.
pub(super) struct Product<'a> {
    pub(super) start: Start<'a>,
    pub(super) a: Mat<'a>,
    pub(super) b: Mat<'a>,
}

/// How a product is cut. Rows and columns of a task are multiples of those of a tile.
struct Cut {
    rows: usize,
    cols: usize,
    /// Steps of a part of the inner dimension.
    depth: usize,
    parts: usize,
}

impl Cut {
    fn new(m: usize, n: usize, k: usize) -> Self {
        let down = m.div_ceil(TASK_ROWS);
        let across = TASKS.div_ceil(down).min(n / TASK_COLS).max(1);
        let depth = pack::depth(k);
        let parts = depth.div_ceil(DEPTH).max(1);
        Self {
            rows: m.div_ceil(down).next_multiple_of(ROWS),
            cols: n.div_ceil(across).next_multiple_of(COLS),
            depth: depth.div_ceil(parts),
            parts,
        }
    }

    /// The numbers of the inner dimension in part `index`.
    fn part(&self, index: usize, k: usize) -> Range<usize> {
        (2 * self.depth * index).min(k)..(2 * self.depth * (index + 1)).min(k)
    }
}

impl Product<'_> {
    /// Computes it into `c`, row-major without gaps, on all threads.
    pub(super) fn run<L: Lanes>(&self, c: &mut [f32]) {
        let (m, n) = (self.a.rows, self.b.cols);
        if m * n == 0 {
            return;
        }
        let cut = Cut::new(m, n, self.a.cols);
        let c = Shared::new(c);
        buffers::with(&buffers::WHOLE, cut.parts * cut.depth * n.next_multiple_of(COLS), |packed| {
            self.pack_b(&cut, packed);
            let down = m.div_ceil(cut.rows);
            (0..down * n.div_ceil(cut.cols)).into_par_iter().for_each(|task| {
                let (row, col) = (task % down * cut.rows, task / down * cut.cols);
                let (rows, cols) = (cut.rows.min(m - row), cut.cols.min(n - col));
                self.task::<L>(&cut, packed, &Block { c: &c, row, rows, col, cols, stride: n });
            });
        });
    }

    /// Packs B: part by part of the inner dimension, strip by strip; every strip has room for a whole part.
    fn pack_b(&self, cut: &Cut, packed: &mut [u32]) {
        let (k, n) = (self.b.rows, self.b.cols);
        let strips = n.div_ceil(COLS);
        packed.par_chunks_mut((cut.depth * COLS).max(1)).enumerate().for_each(|(i, strip)| {
            let part = cut.part(i / strips, k);
            let col = i % strips * COLS;
            let b = self.b.cols(col, COLS.min(n - col)).rows(part.start, part.len());
            pack::cols(&mut strip[..pack::depth(part.len()) * COLS], b);
        });
    }

    /// Computes a block of the output, part by part.
    fn task<L: Lanes>(&self, cut: &Cut, packed: &[u32], block: &Block) {
        let rows = block.rows.next_multiple_of(ROWS);
        let room = block.stride.next_multiple_of(COLS) * cut.depth;
        buffers::with(&buffers::TASK, rows * cut.depth, |a| {
            for index in 0..cut.parts {
                let part = cut.part(index, self.a.cols);
                let depth = pack::depth(part.len());
                let a = &mut a[..rows * depth];
                pack::rows(a, self.a.rows(block.row, block.rows).cols(part.start, part.len()));
                let start = if index == 0 { self.start } else { Start::Old };
                block.add::<L>(start, a, &packed[index * room..][..room], depth, cut.depth);
            }
        });
    }
}

/// A block of the output, which one task owns.
struct Block<'a> {
    c: &'a Shared<'a>,
    row: usize,
    rows: usize,
    col: usize,
    cols: usize,
    /// Columns of the whole output.
    stride: usize,
}

impl Block<'_> {
    /// Adds the product of packed strips, those of B `room` steps apart, of which `depth` are filled.
    fn add<L: Lanes>(&self, start: Start, a: &[u32], b: &[u32], depth: usize, room: usize) {
        let mut tile = [0f32; ROWS * COLS];
        for col in (self.col..self.col + self.cols).step_by(COLS) {
            let b = &b[col * room..][..depth * COLS];
            for row in (0..self.rows).step_by(ROWS) {
                L::tile(&mut tile, &a[row * depth..][..depth * ROWS], b);
                let rows = ROWS.min(self.rows - row);
                let cols = COLS.min(self.col + self.cols - col);
                finish(self.c, (self.row + row, col), [rows, cols, self.stride], &tile, start);
            }
        }
    }
}

simd! {
    /// Writes the part of a tile that lies inside the output.
    fn finish(c: &Shared, at: (usize, usize), size: [usize; 3], tile: &[f32; ROWS * COLS], start: Start) {
        let [rows, cols, stride] = size;
        for (row, tile) in tile.chunks_exact(COLS).take(rows).enumerate() {
            // SAFETY: blocks of different tasks do not overlap, and one task owns each.
            let c = unsafe { c.piece((at.0 + row) * stride + at.1, cols) };
            match start {
                Start::Zero => c.copy_from_slice(&tile[..cols]),
                Start::Old => c.iter_mut().zip(tile).for_each(|(c, x)| *c += x),
                Start::Row(bias) => {
                    let sums = tile.iter().zip(&bias[at.1..]);
                    c.iter_mut().zip(sums).for_each(|(c, (x, bias))| *c = bias + x);
                }
            }
        }
    }
}
