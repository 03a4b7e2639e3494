//! A bf16 tile: 12 x 32 elements of an output, which stay in registers while the inner dimension goes by.
//!
//! Everything around it (packing, blocks, edges, threads) is written once, in [`super::pack`] and [`super::blocked`], and
//! is the same for both ways of computing a tile.

/// Rows of a tile.
pub(super) const ROWS: usize = 12;
/// Columns of a tile.
pub(super) const COLS: usize = 32;

/// A way to compute a tile.
///
/// A strip is part of an operand as the tile wants to read it: for each step of the inner dimension, an element for each
/// row (of A) or column (of B). An element is two neighbouring numbers of the inner dimension in bf16, the first in the
/// low half.
pub(super) trait Lanes {
    /// `tile = a b` for two strips of the same depth. Panics where the processor cannot.
    fn tile(tile: &mut [f32; ROWS * COLS], a: &[u32], b: &[u32]);
}
