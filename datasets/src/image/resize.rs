//! Bilinear resizing that agrees with OpenCV's `INTER_LINEAR` on 8-bit pictures.
//!
//! Half-pixel centres, two taps a direction (no anti-aliasing when shrinking), weights in 11-bit fixed point;
//! the shifts and the rounding are those of OpenCV's `resize.cpp`, because a model trained on one resizer
//! loses accuracy on another.

use super::Image;

/// Fixed-point one.
const ONE: f32 = 2048.0;

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
    each_row(image, [width, height], window, |row| rows.next().expect("a row for each").copy_from_slice(row));
    out
}

/// Gives the rows of [`resize_window`] one after the other to `take`.
pub(super) fn each_row(image: &Image, [width, height]: [usize; 2], window: Window, mut take: impl FnMut(&[u8])) {
    assert!(window.x + window.width <= width && window.y + window.height <= height, "window outside the picture");
    let columns = Columns::new(window, width, image.width);
    let mut rows = RowCache::new(window.width * 3);
    let mut out = vec![0; window.width * 3];
    for y in window.y..window.y + window.height {
        let tap = row_tap(y, height, image.height);
        let [upper, lower] = rows.pair(image, &columns, tap.at);
        blend_rows(upper, lower, tap.weights, &mut out);
        take(&out);
    }
}

/// Two neighbouring source positions and their weights (2048 = 1).
#[derive(Clone, Copy)]
struct Tap {
    at: [usize; 2],
    weights: [i16; 2],
}

/// The source position of output `x`: whole part and fraction, in the precision OpenCV uses.
fn position(x: usize, out: usize, input: usize) -> (isize, f32) {
    let scale = 1.0 / (out as f64 / input as f64);
    let at = ((x as f64 + 0.5) * scale - 0.5) as f32;
    (at.floor() as isize, at - at.floor())
}

fn weights(fraction: f32) -> [i16; 2] {
    [(1.0 - fraction) * ONE, fraction * ONE].map(|w| w.round_ties_even() as i16)
}

/// Columns beyond the edge take the edge pixel alone.
fn column_tap(x: usize, out: usize, input: usize) -> Tap {
    let (at, fraction) = position(x, out, input);
    if at < 0 {
        return Tap { at: [0, 0], weights: weights(0.0) };
    }
    let at = at as usize;
    if at >= input - 1 {
        return Tap { at: [input - 1; 2], weights: weights(0.0) };
    }
    Tap { at: [at, at + 1], weights: weights(fraction) }
}

/// Rows beyond the edge keep their weights and read the edge row twice, which rounds differently.
fn row_tap(y: usize, out: usize, input: usize) -> Tap {
    let (at, fraction) = position(y, out, input);
    let inside = |row: isize| row.clamp(0, input as isize - 1) as usize;
    Tap { at: [inside(at), inside(at + 1)], weights: weights(fraction) }
}

/// The last two horizontally resized source rows, in 7-bit fixed point.
struct RowCache {
    rows: [Vec<i16>; 2],
    held: [usize; 2],
}

impl RowCache {
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
                columns.resize(image.row(row), &mut self.rows[slot]);
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

    /// One source row at the output's width; the four lowest bits are dropped as OpenCV does before blending.
    fn resize(&self, source: &[u8], out: &mut [i16]) {
        match self {
            Self::Same => out.iter_mut().zip(source).for_each(|(out, &level)| *out = i16::from(level) << 7),
            Self::Taps(taps) => {
                let (pixels, _) = source.as_chunks::<3>();
                for (tap, out) in taps.iter().zip(out.as_chunks_mut::<3>().0) {
                    *out = blend_pixels(pixels[tap.at[0]], pixels[tap.at[1]], tap.weights);
                }
            }
        }
    }
}

fn blend_pixels(left: [u8; 3], right: [u8; 3], weights: [i16; 2]) -> [i16; 3] {
    let [a, b] = weights.map(i32::from);
    std::array::from_fn(|c| ((i32::from(left[c]) * a + i32::from(right[c]) * b) >> 4) as i16)
}

/// Everything fits 16 bits, and in 16 bits eight samples are blended at a time.
fn blend_rows(upper: &[i16], lower: &[i16], weights: [i16; 2], out: &mut [u8]) {
    let high = |level: i16, weight: i16| ((i32::from(level) * i32::from(weight)) >> 16) as i16;
    for ((&u, &l), out) in upper.iter().zip(lower).zip(out) {
        let sum = high(u, weights[0]) + high(l, weights[1]);
        *out = ((sum + 2) >> 2).clamp(0, 255) as u8;
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
