//! Tiles for a kernel that feeds one product into the next while it lies in the cache: it packs its operands itself, and
//! tiles come out as they are.
//!
//! Such a kernel is written for any [`Lanes`]; `C` is their number of columns, a constant that softmax can count on.

use super::mat::Mat;
pub(crate) use super::precision::with_lanes;
pub(crate) use super::tile::Lanes;
use super::{Avx2, Avx512, Precision, Way};

/// How a kernel computes tiles of so many columns in all. Wide ones of AVX-512 take half the time of others, but one of 48
/// columns may be mostly empty. Tiles for AVX2 are plain code where the processor lacks it.
pub(crate) fn way(precision: Precision, columns: usize) -> Way {
    let [wide, narrow] = [Avx512::COLS, Avx2::COLS].map(|width| columns.next_multiple_of(width));
    match precision.way() {
        Way::Library => Way::Avx2,
        Way::Avx512 if wide >= 2 * narrow => Way::Avx2,
        way => way,
    }
}

/// Packs the rows of `a` as a left operand: `[strips, steps, ROWS]`.
pub(crate) fn pack_rows<L: Lanes>(dst: &mut Vec<u32>, a: Mat) {
    dst.resize(a.rows.div_ceil(L::ROWS) * L::steps(a.cols) * L::ROWS, 0);
    L::pack_rows(dst, a);
}

/// Packs the columns of `b` as a right operand: `[strips, steps, COLS]`.
pub(crate) fn pack_cols<L: Lanes>(dst: &mut Vec<u32>, b: Mat) {
    dst.resize(b.cols.div_ceil(L::COLS) * L::steps(b.rows) * L::COLS, 0);
    L::pack_cols(dst, b);
}

/// Tiles, one below the other, as the right operand of the next product. In f32 they are that as they are, and nothing is
/// copied.
pub(crate) fn as_right<'x, L: Lanes>(packed: &'x mut Vec<u32>, tiles: &'x [f32]) -> &'x [u32] {
    if L::NUMBERS == 1 {
        return bytemuck::cast_slice(tiles);
    }
    pack_cols::<L>(packed, Mat::new(tiles, tiles.len() / L::COLS, L::COLS));
    packed
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
    use crate::matmul::{Amx, Avx512Bf16, Emulated, avx2, avx512};
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
        if Avx512::is_there() {
            check::<{ avx512::ROWS }, { avx512::COLS }>(2e-5, avx512::tile);
        }
    }

    /// Operands packed, and two tiles of every depth: exact, since 64ths are bf16 and their sums here are f32.
    fn check_packed<L: Lanes>() {
        for depth in [0, 1, 7, 64, 421] {
            let exact = |x: Vec<f32>| x.into_iter().map(|x| (x * 64.0).round() / 64.0).collect::<Vec<_>>();
            let (rows, cols) = (L::ROWS + 1, L::COLS);
            let (a, b) = (exact(noise(depth * rows, 1)), exact(noise(depth * cols, 2)));
            let (mut left, mut right) = (vec![7; 3], vec![]);
            pack_rows::<L>(&mut left, Mat::new(&a, rows, depth));
            let mut c = vec![f32::NAN; 2 * L::ROWS * cols];
            L::tiles(&mut c, &left, as_right::<L>(&mut right, &b));
            let element = |i: usize, j: usize| {
                (0..depth).map(|k| f64::from(a[i * depth + k]) * f64::from(b[k * cols + j])).sum::<f64>()
            };
            let at = |i: usize, j: usize| if i < rows { element(i, j) } else { 0.0 };
            let want: Vec<f64> = (0..c.len()).map(|n| at(n / cols, n % cols)).collect();
            close("tiles", &c, &want, 0.0);
        }
    }

    #[test]
    fn packed_operands_give_exact_sums_of_small_fractions() {
        check_packed::<Avx2>();
        check_packed::<Emulated>();
        if Avx512::is_there() {
            check_packed::<Avx512>();
        }
        if Avx512Bf16::is_there() {
            check_packed::<Avx512Bf16>();
        }
        if Amx::is_there() {
            check_packed::<Amx>();
        }
    }

    #[test]
    fn strips_hold_every_row() {
        let (x, mut packed) = (noise(9 * 4, 1), vec![7; 3]);
        pack_rows::<Avx2>(&mut packed, Mat::new(&x, 9, 4));
        let at = |row: usize, col: usize| if row < 9 { x[row * 4 + col] } else { 0.0 };
        let want: Vec<f64> = (0..2 * 4 * 6).map(|n| f64::from(at(n / (4 * 6) * 6 + n % 6, n / 6 % 4))).collect();
        assert_eq!(wide(bytemuck::cast_slice(&packed)), want);
    }
}
