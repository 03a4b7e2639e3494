//! 8-bit RGB to the normalised planes that a model takes.

use super::resize::each_row;
use super::rows::normalise;
use super::{Image, Window};

/// Per-channel mean and standard deviation on the 0..255 scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PixelNorm {
    /// Mean of red, green, blue.
    pub mean: [f32; 3],
    /// Standard deviation of red, green, blue.
    pub std: [f32; 3],
}

impl Default for PixelNorm {
    /// The ImageNet figures that every official configuration uses.
    fn default() -> Self {
        Self { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] }
    }
}

impl PixelNorm {
    /// Resizes the picture to `size` x `size` as [`resize`](super::resize) does and writes `(pixel - mean) / std` into
    /// `out` `[3, size, size]`, row by row, so that the resized picture never lies in memory.
    ///
    /// # Panics
    /// When `out` has another length.
    pub fn to_planes(&self, image: &Image, size: usize, out: &mut [f32]) {
        assert_eq!(out.len(), 3 * size * size, "planes of the wrong size");
        let (red, rest) = out.split_at_mut(size * size);
        let (green, blue) = rest.split_at_mut(size * size);
        let mut rows = [red, green, blue].map(|plane| plane.chunks_exact_mut(size.max(1)));
        let factors = self.std.map(|std| (1.0 / f64::from(std)) as f32);
        let whole = Window { x: 0, y: 0, width: size, height: size };
        let mut levels = vec![0; size];
        each_row::<true>(image, [size, size], whole, |pair| {
            for (channel, rows) in rows.iter_mut().enumerate() {
                let (mean, factor) = (self.mean[channel], factors[channel]);
                pair.blend(channel * size..(channel + 1) * size, &mut levels);
                let out = rows.next().expect("a row for each");
                normalise(&levels, mean, factor, out);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_split_and_normalised() {
        let norm = PixelNorm { mean: [1.0, 2.0, 3.0], std: [1.0, 2.0, 4.0] };
        let image = Image { width: 1, height: 1, data: vec![3, 6, 11] };
        let mut out = vec![9.0; 12];
        norm.to_planes(&image, 2, &mut out);
        assert_eq!(out, [[2.0; 4], [2.0; 4], [2.0; 4]].concat());
    }
}
