//! f32 tiles with AVX-512: 8 x 48, 24 sums in registers.
//!
//! A step loads three registers of B and eight numbers of A for 24 multiply-adds. Of the shapes that fit into 32
//! registers it asks the least of the first-level cache: 12 x 32 and 14 x 32 load 14 and 16 times for 24 and 28.

use super::mat::Mat;
use super::pack;
use super::tile::{Lanes, one_by_one};

pub(super) const ROWS: usize = 8;
pub(super) const COLS: usize = 48;

/// Tiles by AVX-512.
pub(crate) struct Avx512;

impl Avx512 {
    /// Whether this processor has it, with the usual extensions.
    pub(super) fn is_there() -> bool {
        #[cfg(target_arch = "x86_64")]
        return crate::simd::has_avx512();
        #[cfg(not(target_arch = "x86_64"))]
        false
    }
}

impl Lanes for Avx512 {
    const ROWS: usize = ROWS;
    const COLS: usize = COLS;
    const NUMBERS: usize = 1;
    const DEPTH: usize = 1024;

    fn pack_rows(dst: &mut [u32], a: Mat) {
        pack::strips::<ROWS, 1>(dst, a);
    }

    fn pack_cols(dst: &mut [u32], b: Mat) {
        pack::strips::<COLS, 1>(dst, b.t());
    }

    fn tiles(tiles: &mut [f32], a: &[u32], b: &[u32]) {
        one_by_one::<Self, f32>(tiles, a, b, tile);
    }
}

/// `tile [ROWS, COLS] = a b` for strips `a [depth, ROWS]` and `b [depth, COLS]`. Panics where the processor lacks AVX-512.
pub(super) fn tile(tile: &mut [f32], a: &[f32], b: &[f32]) {
    assert!(tile.len() == ROWS * COLS && a.len() / ROWS == b.len() / COLS, "strips of one depth and a tile");
    #[cfg(target_arch = "x86_64")]
    if Avx512::is_there() {
        // SAFETY: the processor has the feature, as just checked.
        return unsafe { in_registers(tile, a, b) };
    }
    unreachable!("chosen only where the processor has AVX-512");
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn in_registers(tile: &mut [f32], a: &[f32], b: &[f32]) {
    use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps};

    /// Numbers of a register.
    const LANES: usize = 16;
    let mut sums = [[_mm512_setzero_ps(); COLS / LANES]; ROWS];
    for (a, b) in a.as_chunks::<ROWS>().0.iter().zip(b.as_chunks::<COLS>().0) {
        let lanes: &[[f32; LANES]; COLS / LANES] = b.as_chunks().0.try_into().expect("whole registers");
        // SAFETY: a chunk has 16 elements of 4 bytes, one register.
        let b = lanes.map(|b| unsafe { _mm512_loadu_ps(b.as_ptr()) });
        for (sums, &a) in sums.iter_mut().zip(a) {
            let a = _mm512_set1_ps(a);
            sums.iter_mut().zip(b).for_each(|(sum, b)| *sum = _mm512_fmadd_ps(a, b, *sum));
        }
    }
    for (row, sums) in tile.as_chunks_mut::<LANES>().0.iter_mut().zip(sums.as_flattened()) {
        // SAFETY: as above.
        unsafe { _mm512_storeu_ps(row.as_mut_ptr(), *sums) };
    }
}
