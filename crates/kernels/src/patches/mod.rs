//! Cuts pictures into patches, so that the patch embedding (a convolution whose stride is its kernel) is one product.

use rayon::prelude::*;

/// Sizes of the pictures and of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Colour channels.
    pub channels: usize,
    /// Side of the square picture; a multiple of `patch`.
    pub side: usize,
    /// Side of a patch.
    pub patch: usize,
}

impl Sizes {
    /// Patches of one picture.
    pub fn count(&self) -> usize {
        (self.side / self.patch).pow(2)
    }

    /// Numbers in a patch.
    pub fn len(&self) -> usize {
        self.channels * self.patch * self.patch
    }

    /// True for a patch without numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Pictures `[B, channels, S, S]` to rows `[B * N, channels * p * p]`: patches in raster order, the numbers of each in
/// the order of convolution weights (channel, row, column).
pub fn extract(rows: &mut [f32], pictures: &[f32], sizes: Sizes) {
    let Sizes { channels, side, patch } = sizes;
    assert_eq!(rows.len(), pictures.len(), "{side} pixels are a multiple of {patch}");
    let grid = side / patch;
    rows.par_chunks_mut(sizes.len()).enumerate().with_min_len(grid).for_each(|(n, row)| {
        let (sample, y, x) = (n / sizes.count(), n / grid % grid, n % grid);
        for (i, line) in row.chunks_exact_mut(patch).enumerate() {
            let (channel, dy) = (i / patch, i % patch);
            let start = ((sample * channels + channel) * side + y * patch + dy) * side + x * patch;
            line.copy_from_slice(&pictures[start..start + patch]);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_come_in_raster_order() {
        let sizes = Sizes { channels: 2, side: 4, patch: 2 };
        let pictures: Vec<f32> = (0..64).map(|i| i as f32).collect();
        let mut rows = vec![0.0; 64];
        extract(&mut rows, &pictures, sizes);
        assert_eq!(rows[..8], [0.0, 1.0, 4.0, 5.0, 16.0, 17.0, 20.0, 21.0]);
        assert_eq!(rows[8..16], [2.0, 3.0, 6.0, 7.0, 18.0, 19.0, 22.0, 23.0]);
        assert_eq!(rows[32..36], [32.0, 33.0, 36.0, 37.0], "second picture");
    }

    #[test]
    fn no_picture_gives_no_patch() {
        extract(&mut [], &[], Sizes { channels: 3, side: 32, patch: 8 });
    }
}
