//! Where patches and words are: padding of the picture, and sine tables in two and in one dimension.

use std::f32::consts::PI;

use crate::batch::ImageMeta;

/// Base of the wavelengths of all sine tables.
const TEMPERATURE: f32 = 10000.0;

/// True for every patch (row-major, `grid` a side) whose first pixel lies outside the valid part of the picture; `side`
/// is the side of the input square in pixels. The official code samples the pixel mask the same way.
pub fn padding(meta: &ImageMeta, grid: usize, side: usize) -> Vec<bool> {
    let outside = |i: usize, valid: usize| i * side / grid >= valid;
    (0..grid * grid).map(|i| outside(i / grid, meta.img_shape[0]) || outside(i % grid, meta.img_shape[1])).collect()
}

/// Sine positions of the patches `[grid * grid, dim]`: the first half of the channels speaks of y, the second of x; both
/// are counted over valid patches and scaled to 2 pi (DETR, `position_encoding.py`).
pub fn sine_2d(padding: &[bool], grid: usize, dim: usize) -> Vec<f32> {
    let half = dim / 2;
    let count =
        |until: usize, place: &dyn Fn(usize) -> usize| (0..=until).filter(|&k| !padding[place(k)]).count() as f32;
    let scaled =
        |i: usize, place: &dyn Fn(usize) -> usize| count(i, place) / (count(grid - 1, place) + 1e-6) * 2.0 * PI;
    let wavelengths: Vec<f32> = (0..half).map(|c| TEMPERATURE.powf((2 * (c / 2)) as f32 / half as f32)).collect();
    let mut table = Vec::with_capacity(grid * grid * dim);
    for i in 0..grid * grid {
        let (row, col) = (i / grid, i % grid);
        let y = scaled(row, &|k| k * grid + col);
        let x = scaled(col, &|k| row * grid + k);
        for position in [y, x] {
            table.extend(wavelengths.iter().enumerate().map(|(c, length)| wave(position / length, c)));
        }
    }
    table
}

/// Sine positions of the words `[len, dim]`. The official code casts the frequencies to integers, so that only the first
/// survives (`truncated`): sin(pos), cos(pos), 0, 1, 0, 1, ...
pub fn sine_1d(len: usize, dim: usize, truncated: bool) -> Vec<f32> {
    let frequency = |c: usize| {
        let exact = TEMPERATURE.powf(-((2 * (c / 2)) as f32) / dim as f32);
        if truncated { exact.trunc() } else { exact }
    };
    (0..len * dim).map(|i| wave((i / dim) as f32 * frequency(i % dim), i % dim)).collect()
}

/// Sine in even channels, cosine in odd ones.
fn wave(angle: f32, channel: usize) -> f32 {
    if channel.is_multiple_of(2) { angle.sin() } else { angle.cos() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncated_words_know_only_one_frequency() {
        let table = sine_1d(3, 6, true);
        assert_eq!(&table[6..12], &[1f32.sin(), 1f32.cos(), 0.0, 1.0, 0.0, 1.0]);
        assert_ne!(sine_1d(3, 6, false)[8], 0.0);
    }

    #[test]
    fn patches_outside_the_picture_are_padding() {
        let meta = ImageMeta { img_shape: [32, 17], scale_factor: [1.0; 4] };
        assert_eq!(padding(&meta, 2, 32), [false, false, false, false]);
        let meta = ImageMeta { img_shape: [32, 16], ..meta };
        assert_eq!(padding(&meta, 2, 32), [false, true, false, true]);
        assert!(sine_2d(&padding(&meta, 2, 32), 2, 8).iter().all(|x| x.is_finite()));
    }
}
