//! A canvas at twice the picture's resolution, so that edges come out smooth.

use rand::RngCore;

/// Samples a pixel side.
const SCALE: usize = 2;

/// A colour with channels from 0 to 255.
pub(super) type Color = [f64; 3];

/// A square canvas of floating-point RGB samples.
pub(super) struct Canvas {
    /// Samples a side.
    side: usize,
    samples: Vec<[f32; 3]>,
}

impl Canvas {
    /// A canvas for a picture of `pixels` a side; `color` gives the background at a point in picture pixels.
    pub(super) fn new(pixels: usize, color: impl Fn(f64, f64) -> Color) -> Self {
        let side = pixels * SCALE;
        let mut samples = Vec::with_capacity(side * side);
        for row in 0..side {
            let y = centre(row);
            samples.extend((0..side).map(|column| color(centre(column), y).map(|channel| channel as f32)));
        }
        Self { side, samples }
    }

    /// Colours the points of the box `[x0, y0, x1, y1]` (in picture pixels) for which `color` gives one.
    pub(super) fn fill(&mut self, [x0, y0, x1, y1]: [f64; 4], color: impl Fn(f64, f64) -> Option<Color>) {
        let clamp = |edge: f64| ((edge * SCALE as f64).round().max(0.0) as usize).min(self.side);
        for row in clamp(y0)..clamp(y1) {
            for column in clamp(x0)..clamp(x1) {
                if let Some(color) = color(centre(column), centre(row)) {
                    self.samples[row * self.side + column] = color.map(|channel| channel as f32);
                }
            }
        }
    }

    /// The picture, RGB row by row: samples averaged, with noise of deviation `sigma`.
    pub(super) fn picture(&self, rng: &mut impl RngCore, sigma: f64) -> Vec<u8> {
        let pixels = self.side / SCALE;
        let mut picture = Vec::with_capacity(pixels * pixels * 3);
        for y in 0..pixels {
            for x in 0..pixels {
                let mean = self.mean(x, y);
                picture.extend(mean.map(|channel| (channel + noise(rng) * sigma as f32).clamp(0.0, 255.0) as u8));
            }
        }
        picture
    }

    fn mean(&self, x: usize, y: usize) -> [f32; 3] {
        let start = y * SCALE * self.side + x * SCALE;
        let square = [start, start + 1, start + self.side, start + self.side + 1];
        [0, 1, 2].map(|channel| square.iter().map(|&i| self.samples[i][channel]).sum::<f32>() / 4.0)
    }
}

/// Where the centre of a sample lies, in picture pixels.
fn centre(sample: usize) -> f64 {
    (sample as f64 + 0.5) / SCALE as f64
}

/// About normal with deviation 1: the sum of four random bytes, which is the same on every machine.
fn noise(rng: &mut impl RngCore) -> f32 {
    let sum: u16 = rng.next_u32().to_le_bytes().iter().map(|&byte| u16::from(byte)).sum();
    (f32::from(sum) - 510.0) / 147.8
}
