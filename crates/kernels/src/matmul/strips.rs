//! Tiles for a kernel that feeds one product into the next while it lies in the cache: it packs its operands itself, and
//! tiles come out as they are.

use super::avx2::{self, tile};
use super::mat::Mat;
use super::pack::strips;

/// Rows of a tile.
pub(crate) const ROWS: usize = avx2::ROWS;
/// Columns of a tile.
pub(crate) const COLS: usize = avx2::COLS;

/// Packs the rows of `m` in strips of `W`: `[strips, cols, W]`, with zeros for what is missing of the last one.
pub(crate) fn pack<const W: usize>(dst: &mut Vec<f32>, m: Mat) {
    dst.resize(m.rows.div_ceil(W) * m.cols * W, 0.0);
    strips::<W, 1>(bytemuck::cast_slice_mut(dst), m);
}

/// Packs at most `COLS` rows of `m` as one strip of columns: `[cols, COLS]`.
pub(crate) fn turn(dst: &mut [f32], m: Mat) {
    strips::<COLS, 1>(bytemuck::cast_slice_mut(dst), m);
}

/// `c [strips x ROWS, COLS] = a b` for all strips of a and one of b.
pub(crate) fn column(c: &mut [f32], a: &[f32], b: &[f32]) {
    let depth = b.len() / COLS;
    assert_eq!(c.len() * depth, a.len() * COLS, "a tile for every strip");
    let tiles = c.chunks_exact_mut(ROWS * COLS).zip(a.chunks_exact((depth * ROWS).max(1)));
    tiles.for_each(|(c, a)| tile(c, a, b));
}

/// Rows `[rows, d]` from a column of tiles that is their transpose, times a factor for each row.
pub(crate) fn rows_of(rows: &mut [f32], turned: &[f32], d: usize, factors: [f32; COLS]) {
    for (i, (row, factor)) in rows.chunks_exact_mut(d).zip(factors).enumerate() {
        let column = turned.as_chunks::<COLS>().0.iter();
        row.iter_mut().zip(column).for_each(|(x, line)| *x = factor * line[i]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matmul::avx2::plain;
    use crate::testing::{close, noise, wide};

    #[test]
    fn both_ways_agree_with_plain_sums() {
        for depth in [0, 1, 7, 64, 421] {
            let (a, b) = (noise(depth * ROWS, 1), noise(depth * COLS, 2));
            let element = |i: usize, j: usize| {
                (0..depth).map(|k| f64::from(a[k * ROWS + i]) * f64::from(b[k * COLS + j])).sum::<f64>()
            };
            let want: Vec<f64> = (0..ROWS * COLS).map(|n| element(n / COLS, n % COLS)).collect();
            for way in [tile, plain] {
                let mut c = [f32::NAN; ROWS * COLS];
                way(&mut c, &a, &b);
                close("tile", &c, &want, 1e-5);
            }
        }
    }

    #[test]
    fn strips_hold_every_row() {
        let (x, mut packed) = (noise(9 * 4, 1), vec![f32::NAN; 3]);
        pack::<ROWS>(&mut packed, Mat::new(&x, 9, 4));
        let at = |row: usize, col: usize| if row < 9 { x[row * 4 + col] } else { 0.0 };
        let want: Vec<f64> =
            (0..2 * 4 * ROWS).map(|n| f64::from(at(n / (4 * ROWS) * ROWS + n % ROWS, n / ROWS % 4))).collect();
        assert_eq!(wide(&packed), want);
    }
}
