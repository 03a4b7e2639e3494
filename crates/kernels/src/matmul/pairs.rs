//! Packing for AMX: numbers are rounded to bf16 and lie in pairs of neighbours of the inner dimension.
//!
//! A block is 16 lines (rows of A, columns of B) of 32 numbers. A register of A wants a line and its pairs in a row, one of
//! B a pair of each line. However an operand lies in memory, its blocks are read along memory and turned over where the
//! register wants the other order.

use super::amx::{Amx, LANES};
use super::mat::Mat;

/// Lines of a strip.
const LINES: usize = 2 * LANES;
/// Numbers of a line in a chunk, which is what an instruction takes.
const NUMBERS: usize = 2 * LANES;
/// Elements of a chunk of a strip.
const CHUNK: usize = LINES * LANES;

/// Strips of rows of A: `[strips, chunks, LINES, LANES]`.
pub(super) fn rows(dst: &mut [u32], a: Mat) {
    strips::<true>(dst, a);
}

/// Strips of columns of B: `[strips, chunks, LANES, LINES]`.
pub(super) fn cols(dst: &mut [u32], b: Mat) {
    strips::<false>(dst, b.t());
}

/// Strips of the rows of `m`, as A wants them if `OF_A`, else as B does.
fn strips<const OF_A: bool>(dst: &mut [u32], m: Mat) {
    assert_eq!(dst.len(), m.rows.div_ceil(LINES) * m.cols.div_ceil(NUMBERS) * CHUNK, "strips of {LINES}");
    assert!(Amx::is_there(), "chosen only where the processor has AMX");
    #[cfg(target_arch = "x86_64")]
    // SAFETY: AMX is said to be there only beside AVX-512 with the instructions that round to bf16.
    unsafe {
        registers::strips::<OF_A>(dst, m);
    }
}

#[cfg(target_arch = "x86_64")]
mod registers {
    use std::arch::x86_64::{
        __m512, __m512bh, __m512i, _mm512_cvtne2ps_pbh, _mm512_loadu_si512, _mm512_maskz_loadu_ps,
        _mm512_permutexvar_epi16, _mm512_setzero_si512, _mm512_shuffle_i32x4, _mm512_storeu_si512,
        _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
    };
    use std::mem::transmute;

    use super::{CHUNK, LANES, LINES, Mat, NUMBERS};
    use crate::prefetch::prefetch;

    /// A block: 16 lines and their pairs, or the other way round.
    type Block = [__m512i; LANES];

    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub(super) fn strips<const OF_A: bool>(dst: &mut [u32], m: Mat) {
        let (strips, chunks) = (m.rows.div_ceil(LINES), m.cols.div_ceil(NUMBERS));
        let (dst, is_along) = (dst.as_chunks_mut::<CHUNK>().0, m.col_stride == 1);
        let mut block = [_mm512_setzero_si512(); LANES];
        for i in 0..strips * chunks {
            // Along memory, strip after strip; across it, together what shares cache lines.
            let (strip, chunk) = if is_along { (i / chunks, i % chunks) } else { (i % strips, i / strips) };
            if !is_along && strip == 0 {
                let next = (chunk + 1) * NUMBERS..((chunk + 2) * NUMBERS).min(m.cols);
                next.for_each(|number| prefetch(m.t().line(number, 0..m.rows)));
            }
            for half in [0, LANES] {
                let (line, number) = (strip * LINES + half, chunk * NUMBERS);
                if is_along {
                    along(&mut block, m, line, number)
                } else {
                    across(&mut block, m, line, number)
                }
                if is_along != OF_A {
                    turn(&mut block);
                }
                store::<OF_A>(&mut dst[strip * chunks + chunk], half, &block);
            }
        }
    }

    /// Puts a block into its half of a chunk.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn store<const OF_A: bool>(dst: &mut [u32; CHUNK], half: usize, block: &Block) {
        let (from, stride) = if OF_A { (half * LANES, LANES) } else { (half, LINES) };
        for (i, x) in block.iter().enumerate() {
            let dst: &mut [u32; LANES] =
                dst[from + i * stride..].first_chunk_mut().expect("a row of A, or half a row of B");
            // SAFETY: 16 elements of 4 bytes.
            unsafe { _mm512_storeu_si512(dst.as_mut_ptr().cast(), *x) };
        }
    }

    /// Lines that lie along memory: a register for each, of 16 pairs.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bf16")]
    fn along(block: &mut Block, m: Mat, line: usize, number: usize) {
        let (first, end) = (m.cols.min(number + LANES), m.cols.min(number + NUMBERS));
        for (i, x) in block.iter_mut().enumerate() {
            *x = match line + i < m.rows {
                true => round(load(m.line(line + i, number..first)), load(m.line(line + i, first..end))),
                false => _mm512_setzero_si512(),
            };
        }
    }

    /// Lines that lie across memory: a register for each pair, of 16 lines.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    fn across(block: &mut Block, m: Mat, line: usize, number: usize) {
        let lines = line.min(m.rows)..m.rows.min(line + LANES);
        let read = |number: usize| load(if number < m.cols { m.t().line(number, lines.clone()) } else { &[] });
        for (i, x) in block.iter_mut().enumerate() {
            *x = paired(round(read(number + 2 * i), read(number + 2 * i + 1)));
        }
    }

    /// At most 16 numbers; zeros for those that are missing.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load(numbers: &[f32]) -> __m512 {
        let mask = if numbers.len() < LANES { (1 << numbers.len()) - 1 } else { u16::MAX };
        // SAFETY: the mask allows access to the numbers of the slice alone.
        unsafe { _mm512_maskz_loadu_ps(mask, numbers.as_ptr()) }
    }

    /// 32 numbers rounded to bf16, in their order; ties to even.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bf16")]
    fn round(first: __m512, second: __m512) -> __m512i {
        // SAFETY: both vector types are 64 bytes that may hold anything.
        unsafe { transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(second, first)) }
    }

    /// Two rows of 16 as 16 pairs.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn paired(rows: __m512i) -> __m512i {
        /// 0, 16, 1, 17, ...
        const ORDER: [u16; NUMBERS] = {
            let mut order = [0; NUMBERS];
            let mut i = 0;
            while i < NUMBERS {
                order[i] = (i / 2 + i % 2 * LANES) as u16;
                i += 1;
            }
            order
        };
        // SAFETY: 32 elements of 2 bytes.
        _mm512_permutexvar_epi16(unsafe { _mm512_loadu_si512(ORDER.as_ptr().cast()) }, rows)
    }

    /// Makes a block its transpose.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn turn(x: &mut Block) {
        // Within quarters of a register: pairs of neighbouring rows, then four of them.
        for i in (0..LANES).step_by(2) {
            let (a, b) = (x[i], x[i + 1]);
            (x[i], x[i + 1]) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        }
        for i in (0..LANES).step_by(4) {
            let (a, b, c, d) = (x[i], x[i + 1], x[i + 2], x[i + 3]);
            (x[i], x[i + 1]) = (_mm512_unpacklo_epi64(a, c), _mm512_unpackhi_epi64(a, c));
            (x[i + 2], x[i + 3]) = (_mm512_unpacklo_epi64(b, d), _mm512_unpackhi_epi64(b, d));
        }
        // Now quarter q of x[4 r + i] holds column 4 q + i of rows 4 r to 4 r + 3.
        for i in 0..4 {
            let (a, b, c, d) = (x[i], x[i + 4], x[i + 8], x[i + 12]);
            let (even, odd) = (_mm512_shuffle_i32x4::<0x88>(a, b), _mm512_shuffle_i32x4::<0xdd>(a, b));
            let (even_rest, odd_rest) = (_mm512_shuffle_i32x4::<0x88>(c, d), _mm512_shuffle_i32x4::<0xdd>(c, d));
            (x[i], x[i + 8]) =
                (_mm512_shuffle_i32x4::<0x88>(even, even_rest), _mm512_shuffle_i32x4::<0xdd>(even, even_rest));
            (x[i + 4], x[i + 12]) =
                (_mm512_shuffle_i32x4::<0x88>(odd, odd_rest), _mm512_shuffle_i32x4::<0xdd>(odd, odd_rest));
        }
    }
}
