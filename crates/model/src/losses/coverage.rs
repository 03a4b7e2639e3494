//! How much of each patch the targets of its picture cover.

use crate::batch::{Batch, Targets};

/// Coverage of every patch of a batch.
pub struct Coverage {
    /// Samples B.
    pub samples: usize,
    /// Patches N of a picture, a square grid.
    pub patches: usize,
    /// Fraction of a patch `[B, N]` that the target covers best covers.
    pub share: Vec<f32>,
    /// Which of the sample's real targets that is.
    pub target: Vec<usize>,
}

impl Coverage {
    /// Of the batch's targets, on `patches` patches a picture.
    pub fn new(batch: &Batch, patches: usize) -> Self {
        Self::of_boxes(batch.targets.iter().map(real), batch.side(), patches)
    }

    /// Of the boxes of each sample, in pixels of pictures whose side is `side`.
    pub fn of_boxes(samples: impl Iterator<Item = Vec<[f64; 4]>>, side: usize, patches: usize) -> Self {
        let grid = patches.isqrt();
        let unit = grid as f64 / side.max(1) as f64;
        let (share, target): (Vec<f32>, _) = samples.flat_map(|boxes| sample(boxes, grid, unit)).unzip();
        Self { samples: share.len() / patches.max(1), patches, share, target }
    }

    /// Sum of all shares, never zero.
    pub fn total(&self) -> f32 {
        self.share.iter().sum::<f32>().max(1e-6)
    }

    /// Shares of one sample's patches, scaled to add up to 1; zeros if it has no target.
    pub fn distribution(&self, sample: usize) -> Vec<f32> {
        let shares = &self.share[sample * self.patches..(sample + 1) * self.patches];
        let total = shares.iter().sum::<f32>().max(1e-6);
        shares.iter().map(|s| s / total).collect()
    }
}

/// The boxes of a sample's real targets.
fn real(targets: &Targets) -> Vec<[f64; 4]> {
    targets.boxes.iter().zip(&targets.is_object).filter(|&(_, &real)| real).map(|(b, _)| *b).collect()
}

/// Share and best box of every patch; `unit` is the number of patches in a pixel.
fn sample(boxes: Vec<[f64; 4]>, grid: usize, unit: f64) -> Vec<(f32, usize)> {
    let boxes: Vec<[f64; 4]> = boxes.into_iter().map(|b| b.map(|x| x * unit)).collect();
    let patch = |i: usize| {
        let (x, y) = ((i % grid) as f64, (i / grid) as f64);
        let span = |low: f64, high: f64, at: f64| (high.min(at + 1.0) - low.max(at)).max(0.0);
        let share = |b: &[f64; 4]| (span(b[0], b[2], x) * span(b[1], b[3], y)) as f32;
        let shares = boxes.iter().map(share).zip(0..);
        shares.reduce(|best, next| if next.0 > best.0 { next } else { best }).unwrap_or((0.0, 0))
    };
    (0..grid * grid).map(patch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::ImageMeta;

    #[test]
    fn a_box_covers_the_patches_it_lies_on() {
        let meta = ImageMeta { img_shape: [4, 4], scale_factor: [1.0; 4] };
        let targets = vec![
            Targets { boxes: vec![[0.0, 0.0, 3.0, 2.0]], is_object: vec![true] },
            Targets { boxes: vec![[0.0; 4]], is_object: vec![false] },
        ];
        let batch = Batch { img: vec![0.0; 2 * 3 * 16], metas: vec![meta.clone(), meta], targets, ..Batch::default() };
        let coverage = Coverage::new(&batch, 4);
        assert_eq!(coverage.share, [1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(coverage.distribution(0), [1.0 / 1.5, 0.5 / 1.5, 0.0, 0.0]);
        assert_eq!(coverage.distribution(1), [0.0; 4]);
    }
}
