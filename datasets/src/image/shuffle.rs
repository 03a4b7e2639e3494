//! Four columns at a time, by the byte shuffles of x86 processors: a compiler does not find them.
//!
//! A pixel and its right neighbour are six bytes that are loaded at once, shuffled to pairs of one channel, and multiplied
//! and added in pairs.

use super::taps::Tap;

/// Computes as many of the first columns as it can, and returns how many; `rows` says what is computed.
#[cfg(target_arch = "x86_64")]
pub(super) fn resample<const PLANAR: bool>(pixels: &[[u8; 3]], taps: &[Tap], out: &mut [i16]) -> usize {
    let Some(simd) = pulp::x86::V3::try_new() else { return 0 };
    // Eight bytes are loaded for six, so not beyond the last whole three pixels. Positions never fall, and the second one
    // is the right neighbour wherever it has a weight.
    let count = taps.partition_point(|tap| tap.at[0] + 3 <= pixels.len()) / 4 * 4;
    let (source, taps) = (pixels.as_flattened(), &taps[..count]);
    simd.vectorize(x86::Resample::<PLANAR> { simd, source, taps, out });
    count
}

/// There is nothing for other processors.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn resample<const PLANAR: bool>(_: &[[u8; 3]], _: &[Tap], _: &mut [i16]) -> usize {
    0
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::__m128i;

    use pulp::NullaryFnOnce;
    use pulp::x86::V3;

    use super::Tap;

    /// Bytes 0 to 5, two pixels, as three pairs of 16 bits.
    const PAIRS: [i8; 16] = [0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1];

    /// A type and not a closure: instructions of the processor are only used where everything is inlined.
    pub(super) struct Resample<'a, const PLANAR: bool> {
        pub(super) simd: V3,
        pub(super) source: &'a [u8],
        pub(super) taps: &'a [Tap],
        pub(super) out: &'a mut [i16],
    }

    impl<const PLANAR: bool> NullaryFnOnce for Resample<'_, PLANAR> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let Self { simd, source, taps, out } = self;
            let (fours, _) = taps.as_chunks();
            if !PLANAR {
                for (four, out) in fours.iter().zip(out.as_chunks_mut::<12>().0) {
                    let [a, b, c, d]: [[i16; 4]; 4] = bytemuck::cast(pixels(simd, source, four));
                    *out = [a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2], d[0], d[1], d[2]];
                }
                return;
            }
            let (red, rest) = out.split_at_mut(out.len() / 3);
            let (green, blue) = rest.split_at_mut(red.len());
            let planes = red.as_chunks_mut::<4>().0.iter_mut().zip(green.as_chunks_mut::<4>().0);
            for (four, ((red, green), blue)) in fours.iter().zip(planes.zip(blue.as_chunks_mut::<4>().0)) {
                let [first, second] = pixels(simd, source, four);
                let even = simd.sse2._mm_unpacklo_epi16(first, second);
                let odd = simd.sse2._mm_unpackhi_epi16(first, second);
                [*red, *green] = bytemuck::cast(simd.sse2._mm_unpacklo_epi16(even, odd));
                [*blue, _] = bytemuck::cast::<_, [[i16; 4]; 2]>(simd.sse2._mm_unpackhi_epi16(even, odd));
            }
        }
    }

    /// Four columns, each red, green, blue and nothing.
    #[inline(always)]
    fn pixels(simd: V3, source: &[u8], [a, b, c, d]: &[Tap; 4]) -> [__m128i; 2] {
        let [a, b] = [pixel(simd, source, a), pixel(simd, source, b)];
        let [c, d] = [pixel(simd, source, c), pixel(simd, source, d)];
        [simd.sse2._mm_packs_epi32(a, b), simd.sse2._mm_packs_epi32(c, d)]
    }

    #[inline(always)]
    fn pixel(simd: V3, source: &[u8], tap: &Tap) -> __m128i {
        let bytes: [u8; 8] = *source[3 * tap.at[0]..].first_chunk().expect("eight bytes");
        let pairs = simd.ssse3._mm_shuffle_epi8(bytemuck::cast([bytes, [0; 8]]), bytemuck::cast(PAIRS));
        let weights = simd.sse2._mm_set1_epi32(bytemuck::cast(tap.weights));
        simd.sse2._mm_srai_epi32::<4>(simd.sse2._mm_madd_epi16(pairs, weights))
    }
}
