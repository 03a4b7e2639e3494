//! The inner loops of resizing and normalising, over one row each.
//!
//! They are compiled once for any processor and once more for vectors of 256 and 512 bits; `pulp` asks the processor
//! and calls the one that fits. All give the same bits.

use pulp::Arch;

use super::shuffle;
use super::taps::Tap;

/// The pixels of a row in 7-bit fixed point, as they are.
pub(super) fn widen<const PLANAR: bool>(pixels: &[[u8; 3]], out: &mut [i16]) {
    Arch::new().dispatch(|| {
        let row = pixels.iter().map(|pixel| pixel.map(|level| i16::from(level) << 7));
        write::<PLANAR>(row, out, 0);
    });
}

/// The pixels of a row at other columns, in 7-bit fixed point.
pub(super) fn resample<const PLANAR: bool>(pixels: &[[u8; 3]], taps: &[Tap], out: &mut [i16]) {
    let done = shuffle::resample::<PLANAR>(pixels, taps, out);
    let rest = taps[done..].iter().map(|tap| blend_pixels(pixels[tap.at[0]], pixels[tap.at[1]], tap.weights));
    write::<PLANAR>(rest, out, done);
}

/// Blends two rows of [`widen`] or [`resample`] to levels. Everything fits 16 bits, and in 16 bits many samples are
/// blended at a time.
pub(super) fn blend(upper: &[i16], lower: &[i16], weights: [i16; 2], out: &mut [u8]) {
    let high = |level: i16, weight: i16| ((i32::from(level) * i32::from(weight)) >> 16) as i16;
    Arch::new().dispatch(|| {
        for ((&u, &l), out) in upper.iter().zip(lower).zip(out) {
            let sum = high(u, weights[0]) + high(l, weights[1]);
            *out = ((sum + 2) >> 2).clamp(0, 255) as u8;
        }
    });
}

/// `(level - mean) * factor` of every level.
pub(super) fn normalise(levels: &[u8], mean: f32, factor: f32, out: &mut [f32]) {
    Arch::new().dispatch(|| {
        for (&level, out) in levels.iter().zip(out) {
            *out = (f32::from(level) - mean) * factor;
        }
    });
}

#[inline(always)]
fn blend_pixels(left: [u8; 3], right: [u8; 3], weights: [i16; 2]) -> [i16; 3] {
    let [a, b] = weights.map(i32::from);
    // The four lowest bits are dropped, as OpenCV does before it blends rows.
    std::array::from_fn(|c| ((i32::from(left[c]) * a + i32::from(right[c]) * b) >> 4) as i16)
}

/// Writes pixels from the `first` on, side by side, or all of their red, then all of their green, then all of their blue.
#[inline(always)]
fn write<const PLANAR: bool>(pixels: impl Iterator<Item = [i16; 3]>, out: &mut [i16], first: usize) {
    if !PLANAR {
        return pixels.zip(&mut out.as_chunks_mut().0[first..]).for_each(|(pixel, out)| *out = pixel);
    }
    let (red, rest) = out.split_at_mut(out.len() / 3);
    let (green, blue) = rest.split_at_mut(red.len());
    for (((pixel, red), green), blue) in pixels.zip(&mut red[first..]).zip(&mut green[first..]).zip(&mut blue[first..])
    {
        *red = pixel[0];
        *green = pixel[1];
        *blue = pixel[2];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::taps::column_tap;

    fn pixels(count: usize) -> Vec<[u8; 3]> {
        (0..count).map(|i| [i * 37, i * 91 + 5, 255 - i].map(|level| level as u8)).collect()
    }

    /// Plain loops, in floating point where that is exact.
    fn slow(pixels: &[[u8; 3]], tap: &Tap) -> [i16; 3] {
        std::array::from_fn(|c| {
            let parts = [0, 1].map(|k| f64::from(pixels[tap.at[k]][c]) * f64::from(tap.weights[k]));
            (parts.iter().sum::<f64>() / 16.0).floor() as i16
        })
    }

    #[test]
    fn columns_are_those_of_plain_loops_at_awkward_widths() {
        for (input, out) in [(1, 5), (2, 9), (3, 3), (4, 1), (7, 16), (64, 63), (31, 200), (100, 17)] {
            let (source, taps) = (pixels(input), (0..out).map(|x| column_tap(x, out, input)).collect::<Vec<_>>());
            let expected: Vec<[i16; 3]> = taps.iter().map(|tap| slow(&source, tap)).collect();
            let (mut pixels, mut planes) = (vec![0; 3 * out], vec![0; 3 * out]);
            resample::<false>(&source, &taps, &mut pixels);
            resample::<true>(&source, &taps, &mut planes);
            assert_eq!(pixels, expected.as_flattened(), "{input} to {out}");
            let turned: Vec<i16> = (0..3).flat_map(|c| expected.iter().map(move |pixel| pixel[c])).collect();
            assert_eq!(planes, turned, "{input} to {out}");
        }
    }

    #[test]
    fn a_row_as_it_is_comes_in_both_layouts() {
        let source = pixels(37);
        let (mut pixels, mut planes) = (vec![0; 3 * 37], vec![0; 3 * 37]);
        widen::<false>(&source, &mut pixels);
        widen::<true>(&source, &mut planes);
        for (i, pixel) in source.iter().enumerate() {
            for c in 0..3 {
                let expected = i16::from(pixel[c]) * 128;
                assert_eq!([pixels[3 * i + c], planes[37 * c + i]], [expected; 2]);
            }
        }
    }
}
