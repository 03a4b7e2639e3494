//! 8-bit RGB to the normalised planes that a model takes.

use super::Image;

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
    /// Writes `(pixel - mean) / std` into `out` `[3, height, width]`; what the picture does not cover is zero.
    ///
    /// # Panics
    /// When the picture is larger than `height` x `width` or `out` has another length.
    pub fn to_planes(&self, image: &Image, height: usize, width: usize, out: &mut [f32]) {
        assert!(image.height <= height && image.width <= width, "a picture larger than its canvas");
        assert_eq!(out.len(), 3 * height * width, "planes of the wrong size");
        out.fill(0.0);
        for (channel, plane) in out.chunks_exact_mut((height * width).max(1)).enumerate() {
            let value = self.levels(channel);
            let rows = image.data.chunks_exact((image.width * 3).max(1));
            for (row, out_row) in rows.zip(plane.chunks_exact_mut(width)) {
                let samples = row.iter().skip(channel).step_by(3);
                out_row.iter_mut().zip(samples).for_each(|(out, &level)| *out = value[usize::from(level)]);
            }
        }
    }

    /// The normalised value of each of the 256 levels.
    fn levels(&self, channel: usize) -> [f32; 256] {
        let factor = (1.0 / f64::from(self.std[channel])) as f32;
        std::array::from_fn(|level| (level as f32 - self.mean[channel]) * factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_split_and_padding_is_zero() {
        let norm = PixelNorm { mean: [1.0, 2.0, 3.0], std: [1.0, 2.0, 4.0] };
        let image = Image { width: 1, height: 1, data: vec![3, 6, 11] };
        let mut out = vec![9.0; 12];
        norm.to_planes(&image, 2, 2, &mut out);
        assert_eq!(out, [2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0]);
    }
}
