//! Tiles: small blocks of an output, which stay in registers while the inner dimension goes by.
//!
//! Everything around them (blocks, edges, threads) is written once, in [`super::blocked`], and is the same for all ways of
//! computing a tile.

use super::mat::Mat;

/// A way to compute tiles.
///
/// A strip is part of an operand as tiles want to read it: for each step of the inner dimension, an element for each
/// row (of A) or column (of B). An element is one number in f32, or two neighbouring ones of the inner dimension in bf16,
/// the first in the low half. In which order the elements of a strip lie, a way decides for itself.
pub(crate) trait Lanes {
    /// Rows of a tile.
    const ROWS: usize;
    /// Columns of a tile.
    const COLS: usize;
    /// Numbers of the inner dimension in an element.
    const NUMBERS: usize;
    /// The steps of a strip are a multiple of these; what is missing is zero.
    const STEPS: usize = 1;
    /// Most steps of a part of the inner dimension.
    const DEPTH: usize;
    /// Tiles, one below the other, that one call of [`Self::tiles`] computes within a product.
    const TALL: usize = 1;
    /// Elements of A that are multiplied with one strip of B after the other: 150 KB of the second-level cache, of which
    /// neighbours of a virtual machine may take half.
    const BLOCK: usize = 39_168;
    /// Columns of B that a task packs: as many as fit, if there are so many for each of them, and as few as pay.
    const TASK_COLS: [usize; 2] = [48, 96];

    /// Packs the rows of `a` in strips of as many as a tile has, `[strips, Self::steps(a.cols), ROWS]` elements. What is
    /// missing of the last strip is zero.
    fn pack_rows(dst: &mut [u32], a: Mat);

    /// The same for the columns of `b`: `[strips, Self::steps(b.rows), COLS]`.
    fn pack_cols(dst: &mut [u32], b: Mat);

    /// `tiles [strips, ROWS, COLS] = a b` for some strips of A and one of B of the same steps. Panics where the processor
    /// cannot.
    fn tiles(tiles: &mut [f32], a: &[u32], b: &[u32]);

    /// Steps of a strip for so many numbers of the inner dimension.
    fn steps(numbers: usize) -> usize {
        numbers.div_ceil(Self::NUMBERS).next_multiple_of(Self::STEPS)
    }
}

/// [`Lanes::tiles`] from a function for one tile, to which elements are `T`.
pub(super) fn one_by_one<L: Lanes, T: bytemuck::Pod>(
    tiles: &mut [f32],
    a: &[u32],
    b: &[u32],
    tile: impl Fn(&mut [f32], &[T], &[T]),
) {
    let steps = b.len() / L::COLS;
    assert_eq!(tiles.len() * steps, a.len() * L::COLS, "a tile for every strip");
    if steps == 0 {
        return tiles.fill(0.0);
    }
    let each = tiles.chunks_exact_mut(L::ROWS * L::COLS).zip(a.chunks_exact(steps * L::ROWS));
    each.for_each(|(c, a)| tile(c, bytemuck::cast_slice(a), bytemuck::cast_slice(b)));
}
