//! A tile: a small block of an output, which stays in registers while the inner dimension goes by.
//!
//! Everything around it (packing, blocks, edges, threads) is written once, in [`super::pack`] and [`super::blocked`], and
//! is the same for all ways of computing a tile.

use super::mat::Mat;

/// A way to compute a tile.
///
/// A strip is part of an operand as the tile wants to read it: for each step of the inner dimension, an element for each
/// row (of A) or column (of B). An element is one number in f32, or two neighbouring ones of the inner dimension in bf16,
/// the first in the low half.
pub(super) trait Lanes {
    /// Rows of a tile.
    const ROWS: usize;
    /// Columns of a tile.
    const COLS: usize;
    /// Numbers of the inner dimension in an element.
    const NUMBERS: usize;
    /// Most steps of a part of the inner dimension.
    const DEPTH: usize;

    /// Packs the rows of `a` in strips of as many as a tile has: `[strips, depth, ROWS]`. What is missing of the last
    /// strip is zero.
    fn pack_rows(dst: &mut [u32], a: Mat);

    /// The same for the columns of `b`: `[strips, depth, COLS]`.
    fn pack_cols(dst: &mut [u32], b: Mat);

    /// `tile = a b` for two strips of the same depth; `tile` is `[ROWS, COLS]`. Panics where the processor cannot.
    fn tile(tile: &mut [f32], a: &[u32], b: &[u32]);
}
