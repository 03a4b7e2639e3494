//! Bilinear resizing that agrees with OpenCV's `INTER_LINEAR` on 8-bit pictures.
//!
//! Half-pixel centres, two taps a direction (no anti-aliasing when shrinking), weights in 11-bit fixed point;
//! the shifts and the rounding are those of OpenCV's `resize.cpp`, because a model trained on one resizer
//! loses accuracy on another.

use std::ops::Range;

use super::Image;
use super::rows::{blend, resample, widen};
use super::taps::{Tap, column_tap, row_tap};

/// A rectangle of pixels: left, top, width, height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First column.
    pub x: usize,
    /// First row.
    pub y: usize,
    /// Number of columns.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
}

/// Resizes to `width` x `height`, without keeping the aspect ratio.
pub fn resize(image: &Image, width: usize, height: usize) -> Image {
    resize_window(image, width, height, Window { x: 0, y: 0, width, height })
}

/// The factors (x, y, x, y) by which boxes grow when the picture becomes a square of `size`.
///
/// They are rounded to f32 as the reference keeps them, so that boxes agree to the last bit.
pub fn fit_factors(image: &Image, size: usize) -> [f64; 4] {
    let factor = |from: usize| f64::from((size as f64 / from as f64) as f32);
    let (x, y) = (factor(image.width), factor(image.height));
    [x, y, x, y]
}

/// The part `window` of what [`resize`] to `width` x `height` would give, computing nothing else.
pub fn resize_window(image: &Image, width: usize, height: usize, window: Window) -> Image {
    let mut out = Image::new(window.width, window.height);
    let mut rows = out.data.chunks_exact_mut((window.width * 3).max(1));
    each_row::<false>(image, [width, height], window, |pair| {
        pair.blend(0..window.width * 3, rows.next().expect("a row for each"));
    });
    out
}

/// Two neighbouring source rows at the output's width, in 7-bit fixed point, and their weights in an output row.
pub(super) struct RowPair<'a> {
    rows: [&'a [i16]; 2],
    weights: [i16; 2],
}

impl RowPair<'_> {
    /// Writes the levels `part` of the output row.
    pub(super) fn blend(&self, part: Range<usize>, out: &mut [u8]) {
        blend(&self.rows[0][part.clone()], &self.rows[1][part], self.weights, out);
    }
}

/// Gives what the rows of [`resize_window`] are blended from to `take`, one row after the other. With `PLANAR` a row is
/// all of its red, then all of its green, then all of its blue, otherwise it is made of pixels.
pub(super) fn each_row<const PLANAR: bool>(
    image: &Image,
    [width, height]: [usize; 2],
    window: Window,
    mut take: impl FnMut(RowPair<'_>),
) {
    assert!(window.x + window.width <= width && window.y + window.height <= height, "window outside the picture");
    let columns = Columns::new(window, width, image.width);
    let mut rows = RowCache::<PLANAR>::new(window.width * 3);
    for y in window.y..window.y + window.height {
        let tap = row_tap(y, height, image.height);
        take(RowPair { rows: rows.pair(image, &columns, tap.at), weights: tap.weights });
    }
}

/// The last two horizontally resized source rows, in 7-bit fixed point.
struct RowCache<const PLANAR: bool> {
    rows: [Vec<i16>; 2],
    held: [usize; 2],
}

impl<const PLANAR: bool> RowCache<PLANAR> {
    fn new(row_len: usize) -> Self {
        Self { rows: [vec![0; row_len], vec![0; row_len]], held: [usize::MAX; 2] }
    }

    /// The two source rows `at`, resized.
    fn pair(&mut self, image: &Image, columns: &Columns, at: [usize; 2]) -> [&[i16]; 2] {
        if self.held[1] == at[0] {
            self.rows.swap(0, 1);
            self.held.swap(0, 1);
        }
        for (slot, &row) in at.iter().enumerate() {
            if self.held[slot] != row {
                columns.resize::<PLANAR>(image.row(row), &mut self.rows[slot]);
                self.held[slot] = row;
            }
        }
        [&self.rows[0], &self.rows[1]]
    }
}

/// What becomes of the columns: the same in every row.
enum Columns {
    /// The output has the columns of the input.
    Same,
    Taps(Vec<Tap>),
}

impl Columns {
    fn new(window: Window, out: usize, input: usize) -> Self {
        if window.width == input && out == input {
            return Self::Same;
        }
        Self::Taps((window.x..window.x + window.width).map(|x| column_tap(x, out, input)).collect())
    }

    /// One source row at the output's width.
    fn resize<const PLANAR: bool>(&self, source: &[u8], out: &mut [i16]) {
        let (pixels, _) = source.as_chunks();
        match self {
            Self::Same => widen::<PLANAR>(pixels, out),
            Self::Taps(taps) => resample::<PLANAR>(pixels, taps, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: usize, height: usize) -> Image {
        let data = (0..width * height * 3).map(|i| (i * 37 % 251) as u8).collect();
        Image { width, height, data }
    }

    #[test]
    fn constant_pictures_stay_constant_at_awkward_sizes() {
        for (w, h, ow, oh) in [(1, 1, 5, 7), (7, 1, 3, 4), (1, 9, 2, 2), (13, 5, 1, 1), (40, 30, 64, 17)] {
            let image = Image { width: w, height: h, data: vec![200; w * h * 3] };
            let out = resize(&image, ow, oh);
            assert_eq!((out.width, out.height), (ow, oh));
            // A weight pair may round to 2047 or 2049 of 2048.
            assert!(out.data.iter().all(|&v| v.abs_diff(200) <= 1));
        }
    }

    #[test]
    fn a_window_is_cut_from_the_whole() {
        let image = ramp(31, 17);
        let whole = resize(&image, 50, 43);
        let window = Window { x: 11, y: 5, width: 20, height: 30 };
        let part = resize_window(&image, 50, 43, window);
        for y in 0..30 {
            for x in 0..20 {
                assert_eq!(part.pixel(x, y), whole.pixel(x + 11, y + 5));
            }
        }
    }

    #[test]
    fn halving_averages_four_pixels() {
        let image = Image { width: 2, height: 2, data: [[10; 3], [20; 3], [30; 3], [41; 3]].concat() };
        assert_eq!(resize(&image, 1, 1).data, [25; 3]);
    }
}
