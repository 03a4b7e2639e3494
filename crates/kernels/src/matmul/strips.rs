//! Tiles for a kernel that feeds one product into the next while it lies in the cache: it packs its operands itself, and
//! tiles come out as they are.
//!
//! Tiles are `R` x `C`, one of [`WIDE`] and [`NARROW`]; both are constants, so that softmax can count on them.

use super::mat::Mat;
use super::pack::strips;
use super::{avx2, avx512};

/// Rows and columns of the tiles for AVX-512.
pub(crate) const WIDE: [usize; 2] = [avx512::ROWS, avx512::COLS];
/// Those for every other processor.
pub(crate) const NARROW: [usize; 2] = [avx2::ROWS, avx2::COLS];

/// Whether wide tiles take less time for this many columns: they take half of it, but one of 48 columns may be mostly empty.
pub(crate) fn are_wide(columns: usize) -> bool {
    let [wide, narrow] = [WIDE, NARROW].map(|[_, width]| columns.next_multiple_of(width));
    avx512::Avx512::is_there() && wide < 2 * narrow
}

/// Packs the rows of `m` in strips of `W`: `[strips, cols, W]`, with zeros for what is missing of the last one.
pub(crate) fn pack<const W: usize>(dst: &mut Vec<f32>, m: Mat) {
    dst.resize(m.rows.div_ceil(W) * m.cols * W, 0.0);
    strips::<W, 1>(bytemuck::cast_slice_mut(dst), m);
}

/// Packs at most `C` rows of `m` as one strip of columns: `[cols, C]`.
pub(crate) fn turn<const C: usize>(dst: &mut [f32], m: Mat) {
    strips::<C, 1>(bytemuck::cast_slice_mut(dst), m);
}

/// `c [strips x R, C] = a b` for all strips of a and one of b.
pub(crate) fn column<const R: usize, const C: usize>(c: &mut [f32], a: &[f32], b: &[f32]) {
    let depth = b.len() / C;
    assert_eq!(c.len() * depth, a.len() * C, "a tile for every strip");
    let tiles = c.chunks_exact_mut(R * C).zip(a.chunks_exact((depth * R).max(1)));
    tiles.for_each(|(c, a)| match [R, C] {
        WIDE => avx512::tile(c, a, b),
        NARROW => avx2::tile(c, a, b),
        _ => unreachable!("no tiles of {R} x {C}"),
    });
}

/// Rows `[rows, d]` from a column of tiles that is their transpose, times a factor for each row.
pub(crate) fn rows_of<const C: usize>(rows: &mut [f32], turned: &[f32], d: usize, factors: [f32; C]) {
    for (i, (row, factor)) in rows.chunks_exact_mut(d).zip(factors).enumerate() {
        let column = turned.as_chunks::<C>().0.iter();
        row.iter_mut().zip(column).for_each(|(x, line)| *x = factor * line[i]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{close, noise, wide};

    /// A tile of every depth against plain sums.
    fn check<const R: usize, const C: usize>(tolerance: f64, way: impl Fn(&mut [f32], &[f32], &[f32])) {
        for depth in [0, 1, 7, 64, 421] {
            let (a, b) = (noise(depth * R, 1), noise(depth * C, 2));
            let element =
                |i: usize, j: usize| (0..depth).map(|k| f64::from(a[k * R + i]) * f64::from(b[k * C + j])).sum::<f64>();
            let want: Vec<f64> = (0..R * C).map(|n| element(n / C, n % C)).collect();
            let mut c = vec![f32::NAN; R * C];
            way(&mut c, &a, &b);
            close("tile", &c, &want, tolerance);
        }
    }

    #[test]
    fn all_ways_agree_with_plain_sums() {
        check::<{ avx2::ROWS }, { avx2::COLS }>(1e-5, avx2::plain);
        check::<{ avx2::ROWS }, { avx2::COLS }>(1e-5, avx2::tile);
        if avx512::Avx512::is_there() {
            check::<{ avx512::ROWS }, { avx512::COLS }>(2e-5, avx512::tile);
        }
    }

    #[test]
    fn strips_hold_every_row() {
        let (x, mut packed) = (noise(9 * 4, 1), vec![f32::NAN; 3]);
        pack::<6>(&mut packed, Mat::new(&x, 9, 4));
        let at = |row: usize, col: usize| if row < 9 { x[row * 4 + col] } else { 0.0 };
        let want: Vec<f64> = (0..2 * 4 * 6).map(|n| f64::from(at(n / (4 * 6) * 6 + n % 6, n / 6 % 4))).collect();
        assert_eq!(wide(&packed), want);
    }
}
