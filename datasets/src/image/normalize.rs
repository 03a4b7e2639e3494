//! 8-bit RGB to the normalised planes that a model takes.

use super::resize::each_row;
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
        let values = [0, 1, 2].map(|channel| self.levels(channel));
        let (red, rest) = out.split_at_mut(size * size);
        let (green, blue) = rest.split_at_mut(size * size);
        let mut rows = [red, green, blue].map(|plane| plane.chunks_exact_mut(size.max(1)));
        let whole = Window { x: 0, y: 0, width: size, height: size };
        each_row(image, [size, size], whole, |row| {
            let planes = rows.each_mut().map(|rows| rows.next().expect("a row for each"));
            split_row(row, &values, planes);
        });
    }

    /// The normalised value of each of the 256 levels.
    fn levels(&self, channel: usize) -> [f32; 256] {
        let factor = (1.0 / f64::from(self.std[channel])) as f32;
        std::array::from_fn(|level| (level as f32 - self.mean[channel]) * factor)
    }
}

/// Spreads the pixels of a row over three planes.
fn split_row(row: &[u8], values: &[[f32; 256]; 3], [red, green, blue]: [&mut [f32]; 3]) {
    let (pixels, _) = row.as_chunks::<3>();
    for (((&[r, g, b], red), green), blue) in pixels.iter().zip(red).zip(green).zip(blue) {
        *red = values[0][usize::from(r)];
        *green = values[1][usize::from(g)];
        *blue = values[2][usize::from(b)];
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
