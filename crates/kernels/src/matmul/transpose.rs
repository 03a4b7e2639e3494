//! A block of 8 x 8 elements, turned over in registers: the compiler makes 64 loads and stores of the plain loop.

/// Rows and columns of a block.
pub(super) const SIDE: usize = 8;

/// The transpose of a block. `AVX2` says that the code around is compiled for AVX2, if this is x86.
#[inline(always)]
pub(super) fn transpose<const AVX2: bool>(block: &[[u32; SIDE]; SIDE]) -> [[u32; SIDE]; SIDE] {
    #[cfg(target_arch = "x86_64")]
    if AVX2 {
        // SAFETY: only code that has just checked for AVX2 sets the constant.
        return unsafe { in_registers(block) };
    }
    std::array::from_fn(|i| std::array::from_fn(|j| block[j][i]))
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn in_registers(block: &[[u32; SIDE]; SIDE]) -> [[u32; SIDE]; SIDE] {
    use std::arch::x86_64::{
        __m256i, _mm256_loadu_si256, _mm256_permute2x128_si256, _mm256_storeu_si256, _mm256_unpackhi_epi32,
        _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64,
    };
    // SAFETY: a row has eight elements of four bytes.
    let load = |i: usize| unsafe { _mm256_loadu_si256(block[i].as_ptr().cast()) };
    // Neighbouring rows i, i + 1 interleaved, then pairs of those: four rows deep in each half of a register.
    let pairs = |i: usize| {
        let (a, b) = (load(i), load(i + 1));
        [_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b)]
    };
    let fours = |i: usize| {
        let ([a, b], [c, d]) = (pairs(i), pairs(i + 2));
        [
            _mm256_unpacklo_epi64(a, c),
            _mm256_unpackhi_epi64(a, c),
            _mm256_unpacklo_epi64(b, d),
            _mm256_unpackhi_epi64(b, d),
        ]
    };
    let (upper, lower) = (fours(0), fours(4));
    let mut turned = [[0; SIDE]; SIDE];
    let mut store = |row: usize, x: __m256i| {
        // SAFETY: a row has eight elements of four bytes.
        unsafe { _mm256_storeu_si256(turned[row].as_mut_ptr().cast(), x) }
    };
    for i in 0..4 {
        store(i, _mm256_permute2x128_si256::<0x20>(upper[i], lower[i]));
        store(i + 4, _mm256_permute2x128_si256::<0x31>(upper[i], lower[i]));
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::simd;

    simd! {
        fn both(block: &[[u32; SIDE]; SIDE]) -> [[[u32; SIDE]; SIDE]; 2] {
            [transpose::<FMA>(block), transpose::<false>(block)]
        }
    }

    #[test]
    fn rows_become_columns() {
        let block = std::array::from_fn(|i| std::array::from_fn(|j| (10 * i + j) as u32));
        for turned in both(&block) {
            assert!((0..64).all(|n| turned[n % 8][n / 8] == block[n / 8][n % 8]));
        }
    }
}
