//! Packing: an operand in f32, copied in strips into the order in which tiles read it, and rounded to bf16 where they
//! want it so.

use super::mat::Mat;
use super::transpose::{SIDE, transpose};
use crate::prefetch::prefetch;
use crate::simd::simd;

/// Steps ahead of which rows that lie across memory are asked for.
const AHEAD: usize = 2 * SIDE;

simd! {
    /// Packs the rows of `m` in strips of `W`, `NUMBERS` numbers of a row to an element: `[strips, depth, W]`, with
    /// zeros for what is missing of the last strip and element.
    pub(super) fn strips<const W: usize, const NUMBERS: usize>(dst: &mut [u32], m: Mat) {
        let size = m.cols.div_ceil(NUMBERS) * W;
        assert_eq!(dst.len(), m.rows.div_ceil(W) * size, "strips of {W}");
        if size == 0 {
            return;
        }
        if m.col_stride == 1 {
            for (i, strip) in dst.chunks_exact_mut(size).enumerate() {
                along::<FMA, W, NUMBERS>(strip, m.rows(i * W, W.min(m.rows - i * W)));
            }
        } else {
            across::<W, NUMBERS>(dst, m, size);
        }
    }
}

/// A strip whose rows lie along memory: blocks of 8 x 8 elements are turned over.
#[inline(always)]
fn along<const AVX2: bool, const W: usize, const NUMBERS: usize>(strip: &mut [u32], m: Mat) {
    for row in (0..W).step_by(SIDE) {
        let rows = m.rows.saturating_sub(row).min(SIDE);
        let mut block = [[0u32; SIDE]; SIDE];
        for (col, strip) in (0..m.cols).step_by(NUMBERS * SIDE).zip(strip.chunks_mut(SIDE * W)) {
            let cols = col..(col + NUMBERS * SIDE).min(m.cols);
            for (i, line) in block.iter_mut().enumerate().take(rows) {
                *line = elements::<NUMBERS>(m.line(row + i, cols.clone()));
            }
            for (line, strip) in transpose::<AVX2>(&block).iter().zip(strip.as_chunks_mut::<W>().0) {
                if row + SIDE <= W {
                    strip[row..row + SIDE].copy_from_slice(line);
                } else {
                    // So few that a call of `memcpy` would cost more than they do.
                    (0..W % SIDE).for_each(|i| strip[row + i] = line[i]);
                }
            }
        }
    }
}

/// Strips of rows that lie across memory. Eight steps are copied for one strip after the other, so that what shares a
/// cache line is read while it is there.
#[inline(always)]
fn across<const W: usize, const NUMBERS: usize>(dst: &mut [u32], m: Mat, size: usize) {
    let steps = size / W;
    for from in (0..steps).step_by(SIDE) {
        let ahead = NUMBERS * (from + AHEAD)..(NUMBERS * (from + AHEAD + SIDE)).min(m.cols);
        ahead.for_each(|k| prefetch(m.t().line(k, 0..m.rows)));
        for (row, strip) in (0..m.rows).step_by(W).zip(dst.chunks_exact_mut(size)) {
            let rows = row..(row + W).min(m.rows);
            for step in from..(from + SIDE).min(steps) {
                let line = |k: usize| if k < m.cols { m.t().line(k, rows.clone()) } else { &[] };
                let out = &mut strip[step * W..][..W];
                if NUMBERS == 1 {
                    out.copy_from_slice(&numbers::<W>(line(step)).map(f32::to_bits));
                    continue;
                }
                let (first, second) = (numbers::<W>(line(2 * step)), numbers::<W>(line(2 * step + 1)));
                for (i, out) in out.iter_mut().enumerate() {
                    *out = pair(first[i], second[i]);
                }
            }
        }
    }
}

/// The elements of a piece of a row.
#[inline(always)]
fn elements<const NUMBERS: usize>(line: &[f32]) -> [u32; SIDE] {
    if NUMBERS == 1 {
        return numbers::<SIDE>(line).map(f32::to_bits);
    }
    let x = numbers::<{ 2 * SIDE }>(line);
    std::array::from_fn(|i| pair(x[2 * i], x[2 * i + 1]))
}

/// N numbers; zeros for those that are missing.
#[inline(always)]
fn numbers<const N: usize>(line: &[f32]) -> [f32; N] {
    line.try_into().unwrap_or_else(|_| {
        let mut padded = [0.0; N];
        padded[..line.len()].copy_from_slice(line);
        padded
    })
}

/// Two numbers rounded to bf16, the first in the low half.
#[inline(always)]
fn pair(first: f32, second: f32) -> u32 {
    (round(first) >> 16) | (round(second) & 0xffff_0000)
}

/// Bits of a number whose upper half is the nearest bf16, ties to even; NaN stays NaN.
#[inline(always)]
fn round(x: f32) -> u32 {
    let bits = x.to_bits();
    let rounded = bits.wrapping_add(0x7fff + ((bits >> 16) & 1));
    if x.is_nan() { bits | 0x0040_0000 } else { rounded }
}
