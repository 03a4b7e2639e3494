//! Products by the `gemm` crate, cut into tiles over all threads.

use gemm::Parallelism;
use rayon::prelude::*;

use super::{Mat, Start};
use crate::Write;
use crate::shared::Shared;

/// Widest and tallest tile of a product. Larger ones leave the second-level cache; smaller ones spend more of their time
/// on packing their operands (128 rows instead of 416 cost 15 % at the sizes of ViT-B).
const TILE_COLS: usize = 384;
const TILE_ROWS: usize = 416;
/// Tallest tile of a wide output, which has tiles enough without: 1 to 3 % faster, since B is packed less often.
const TALL_ROWS: usize = 832;
/// Multiplications that make a tile worth a task of its own.
const TILE_WORK: usize = 750_000;
/// Tiles that a product of medium size is cut into, to keep threads busy.
const TILES: usize = 4;

/// `c = start + a b` on all threads.
pub(super) fn parallel(c: &mut [f32], start: Start, a: Mat, b: Mat) {
    let (m, n, k) = (a.rows, b.cols, a.cols);
    if m * n == 0 {
        return;
    }
    let (rows, cols) = tile_shape(m, n, k);
    let tiles_down = m.div_ceil(rows);
    let c = Shared::new(c);
    (0..tiles_down * n.div_ceil(cols)).into_par_iter().for_each(|i| {
        let (row, col) = (i % tiles_down * rows, i / tiles_down * cols);
        let (rows, cols) = (rows.min(m - row), cols.min(n - col));
        let write = match start {
            Start::Row(start) => start_rows(&c, row * n + col, rows, n, &start[col..col + cols]),
            Start::Old => Write::Add,
            Start::Zero => Write::Over,
        };
        tile(&c, row * n + col, n, write, a.rows(row, rows), b.cols(col, cols));
    });
}

/// Rows and columns of a tile, from the shape of the product alone.
fn tile_shape(m: usize, n: usize, k: usize) -> (usize, usize) {
    let cols = n.min(TILE_COLS);
    let work = (m * n * k / TILES).max(TILE_WORK);
    let rows = work
        .div_ceil(cols * k.max(1))
        .next_multiple_of(16)
        .clamp(32, if n > 2 * TILE_COLS { TALL_ROWS } else { TILE_ROWS });
    (rows, cols)
}

/// Puts `start` into every row of a tile, so that the product is added to it.
fn start_rows(c: &Shared, offset: usize, rows: usize, stride: usize, start: &[f32]) -> Write {
    for row in 0..rows {
        // SAFETY: tiles do not overlap, and one task owns each.
        unsafe { c.piece(offset + row * stride, start.len()) }.copy_from_slice(start);
    }
    Write::Add
}

/// One tile of `c`, which starts at `offset` and steps `stride` from row to row. One task owns a tile.
fn tile(c: &Shared, offset: usize, stride: usize, write: Write, a: Mat, b: Mat) {
    let target = c.pointer(offset, (a.rows - 1) * stride + b.cols);
    check(&a);
    check(&b);
    // SAFETY: every element of `a`, `b` and of the tile lies inside its slice (checked above), and no other task
    // touches this tile.
    unsafe {
        gemm::gemm(
            a.rows,
            b.cols,
            a.cols,
            target,
            1,
            stride as isize,
            write == Write::Add,
            a.data.as_ptr(),
            a.col_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.col_stride as isize,
            b.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// Panics unless the last element of the matrix lies inside its slice.
fn check(m: &Mat) {
    if m.rows * m.cols > 0 {
        let last = (m.rows - 1) * m.row_stride + (m.cols - 1) * m.col_stride;
        assert!(last < m.data.len(), "matrix outside its slice");
    }
}
