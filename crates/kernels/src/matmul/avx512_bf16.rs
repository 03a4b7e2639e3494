//! bf16 tiles with `vdpbf16ps`, which multiplies two pairs and adds both products to an f32: 24 sums in registers.

use super::mat::Mat;
use super::pack;
use super::tile::{Lanes, one_by_one};

pub(super) const ROWS: usize = 12;
pub(super) const COLS: usize = 32;

/// Tiles by AVX512-BF16.
pub(crate) struct Avx512Bf16;

impl Avx512Bf16 {
    /// Whether this processor has it.
    pub(super) fn is_there() -> bool {
        #[cfg(target_arch = "x86_64")]
        return is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bf16");
        #[cfg(not(target_arch = "x86_64"))]
        false
    }
}

impl Lanes for Avx512Bf16 {
    const ROWS: usize = ROWS;
    const COLS: usize = COLS;
    const NUMBERS: usize = 2;
    const DEPTH: usize = 512;

    fn pack_rows(dst: &mut [u32], a: Mat) {
        pack::strips::<ROWS, 2>(dst, a);
    }

    fn pack_cols(dst: &mut [u32], b: Mat) {
        pack::strips::<COLS, 2>(dst, b.t());
    }

    fn tiles(tiles: &mut [f32], a: &[u32], b: &[u32]) {
        one_by_one::<Self, u32>(tiles, a, b, tile);
    }
}

fn tile(tile: &mut [f32], a: &[u32], b: &[u32]) {
    assert_eq!(a.len() / ROWS, b.len() / COLS, "strips of one depth");
    #[cfg(target_arch = "x86_64")]
    if Avx512Bf16::is_there() {
        // SAFETY: the processor has both features, as just checked.
        return unsafe { in_registers(tile, a, b) };
    }
    unreachable!("chosen only where the processor has AVX512-BF16");
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bf16")]
fn in_registers(tile: &mut [f32], a: &[u32], b: &[u32]) {
    use std::arch::x86_64::{
        __m512bh, __m512i, _mm512_dpbf16_ps, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_ps, _mm512_storeu_ps,
    };
    use std::mem::transmute;

    let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
    for (a, b) in a.chunks_exact(ROWS).zip(b.chunks_exact(COLS)) {
        let b: *const __m512i = b.as_ptr().cast();
        // SAFETY: the chunk has 32 elements of 4 bytes, two vectors.
        let (left, right) = unsafe { (_mm512_loadu_si512(b), _mm512_loadu_si512(b.add(1))) };
        // SAFETY: both vector types are 64 bytes that may hold anything.
        let (left, right) = unsafe { (transmute::<__m512i, __m512bh>(left), transmute::<__m512i, __m512bh>(right)) };
        for (sums, &a) in sums.iter_mut().zip(a) {
            // SAFETY: as above.
            let a = unsafe { transmute::<__m512i, __m512bh>(_mm512_set1_epi32(a.cast_signed())) };
            sums[0] = _mm512_dpbf16_ps(sums[0], a, left);
            sums[1] = _mm512_dpbf16_ps(sums[1], a, right);
        }
    }
    for (row, sums) in tile.chunks_exact_mut(COLS).zip(sums) {
        let row = row.as_mut_ptr();
        // SAFETY: the row has 32 elements.
        unsafe {
            _mm512_storeu_ps(row, sums[0]);
            _mm512_storeu_ps(row.add(16), sums[1]);
        }
    }
}
