//! The bf16 tile on any processor: what tests compare with, and what shows how a training in bf16 learns where the
//! processor lacks it. It rounds as AVX512-BF16 does, but wins no time.

use super::avx512_bf16::{Avx512Bf16, COLS, ROWS};
use super::mat::Mat;
use super::tile::{Lanes, one_by_one};
use crate::math::fma;
use crate::simd::simd;

/// Tiles by plain code.
pub(crate) struct Emulated;

impl Lanes for Emulated {
    const ROWS: usize = ROWS;
    const COLS: usize = COLS;
    const NUMBERS: usize = Avx512Bf16::NUMBERS;
    const DEPTH: usize = Avx512Bf16::DEPTH;

    fn pack_rows(dst: &mut [u32], a: Mat) {
        Avx512Bf16::pack_rows(dst, a);
    }

    fn pack_cols(dst: &mut [u32], b: Mat) {
        Avx512Bf16::pack_cols(dst, b);
    }

    fn tiles(tiles: &mut [f32], a: &[u32], b: &[u32]) {
        one_by_one::<Self, u32>(tiles, a, b, |tile, a, b| {
            tile.chunks_exact_mut(COLS).enumerate().for_each(|(i, row)| add_row(row, a, b, i));
        });
    }
}

simd! {
    /// Row `i` of the tile; as the instruction does, of each pair, the second product is added first.
    fn add_row(row: &mut [f32], a: &[u32], b: &[u32], i: usize) {
        let mut sums = [0f32; COLS];
        for (a, b) in a.chunks_exact(ROWS).zip(b.chunks_exact(COLS)) {
            let [a_low, a_high] = halves(a[i]);
            for (sum, &b) in sums.iter_mut().zip(b) {
                let [b_low, b_high] = halves(b);
                *sum = fma::<FMA>(a_low, b_low, fma::<FMA>(a_high, b_high, *sum));
            }
        }
        row.copy_from_slice(&sums);
    }
}

/// Both numbers of a pair.
#[inline(always)]
fn halves(pair: u32) -> [f32; 2] {
    [f32::from_bits(pair << 16), f32::from_bits(pair & 0xffff_0000)]
}
