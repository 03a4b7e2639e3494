//! Large-scale jitter: shrink or enlarge the picture at random, and crop what grew too large around the target.
//!
//! Follows `LargeScaleJitter` of the official `simvg/datasets/pipelines/transforms.py`. Random numbers come
//! from a closure (first the scale, then x and y of each crop attempt), so a recorded run can be replayed.

use super::{Image, Window, resize_window};

/// Shares of the target that a crop must keep, asked for in this order.
const THRESHOLDS: [f64; 5] = [0.9, 0.8, 0.7, 0.6, 0.5];
/// Crops tried for each threshold.
const ATTEMPTS: usize = 100;
/// If no crop keeps at least this share, the picture is left alone.
const LEAST_SHARE: f64 = 0.3;

/// Range of the random scale, relative to fitting the longer side to the input size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jitter {
    /// Smallest scale, 0.3 officially.
    pub min: f64,
    /// Largest scale, 1.4 officially.
    pub max: f64,
    /// Reproduce the reference to the letter: a crop that misses the target in both directions counts as
    /// covering it (two negative sides multiply), and the fall-back crop shifts boxes by the last attempt's
    /// offset. `false` clamps the overlap at zero and shifts by the crop that is really taken.
    pub official: bool,
}

/// A jittered picture and its boxes.
#[derive(Debug, Clone, PartialEq)]
pub struct Jittered {
    /// The scaled, perhaps cropped picture.
    pub image: Image,
    /// Boxes in its pixels.
    pub boxes: Vec<[f64; 4]>,
    /// Size after over size before, (x, y, x, y); all 1 if the picture was left alone.
    pub scale_factor: [f64; 4],
}

/// Where a crop starts, in fractions of a pixel.
type Offset = [f64; 2];

/// Jitters a picture around its boxes; `draw` gives uniform numbers in [0, 1).
///
/// With several boxes a crop is judged by the one it keeps least of; with none every crop is good.
pub fn jitter(
    image: &Image,
    boxes: &[[f64; 4]],
    size: usize,
    options: &Jitter,
    draw: &mut dyn FnMut() -> f64,
) -> Jittered {
    let relative = options.min + draw() * (options.max - options.min);
    let fitting = size as f64 / image.width.max(image.height) as f64;
    let scaled = scaled_size(image, relative * fitting);
    let [sx, sy] = [scaled[0] as f64 / image.width as f64, scaled[1] as f64 / image.height as f64];
    let grown: Vec<_> = boxes.iter().map(|b| [b[0] * sx, b[1] * sy, b[2] * sx, b[3] * sy]).collect();
    if relative <= 1.0 {
        return cut(image, &grown, scaled, scaled, [0.0; 2], [0.0; 2]);
    }
    let crop = scaled_size(image, fitting);
    match find_crop(&grown, scaled, crop, options.official, draw) {
        Some((taken, shift)) => cut(image, &grown, scaled, crop, taken, shift),
        None => Jittered { image: image.clone(), boxes: boxes.to_vec(), scale_factor: [1.0; 4] },
    }
}

/// Limits a box to the centres of the outermost pixels.
pub fn clip_box(b: [f64; 4], width: usize, height: usize) -> [f64; 4] {
    let (right, bottom) = (width as f64 - 1.0, height as f64 - 1.0);
    [b[0].clamp(0.0, right), b[1].clamp(0.0, bottom), b[2].clamp(0.0, right), b[3].clamp(0.0, bottom)]
}

/// Width and height after scaling, rounded as mmcv does, at least one pixel.
fn scaled_size(image: &Image, scale: f64) -> [usize; 2] {
    [image.width, image.height].map(|side| ((side as f64 * scale + 0.5) as usize).max(1))
}

/// The offset of the crop to take and the offset to shift boxes by; `None` if every crop loses too much.
fn find_crop(
    boxes: &[[f64; 4]],
    scaled: [usize; 2],
    crop: [usize; 2],
    official: bool,
    draw: &mut dyn FnMut() -> f64,
) -> Option<(Offset, Offset)> {
    let room = [0, 1].map(|i| scaled[i].saturating_sub(crop[i]) as f64);
    let (mut best, mut best_share, mut last) = ([0.0; 2], 0.0, [0.0; 2]);
    for threshold in THRESHOLDS {
        for _ in 0..ATTEMPTS {
            last = room.map(|r| draw() * r);
            let share = least_share(boxes, last, crop, official);
            if share > best_share {
                (best, best_share) = (last, share);
            }
            if share >= threshold {
                return Some((last, last));
            }
        }
    }
    (best_share >= LEAST_SHARE).then_some((best, if official { last } else { best }))
}

/// The smallest share of any box that lies inside the crop.
fn least_share(boxes: &[[f64; 4]], offset: Offset, crop: [usize; 2], official: bool) -> f64 {
    let share = |b: &[f64; 4]| {
        let [w, h] = [0, 1].map(|i| {
            let side = b[i + 2].min(offset[i] + crop[i] as f64) - b[i].max(offset[i]);
            if official { side } else { side.max(0.0) }
        });
        let area = (b[2] - b[0]) * (b[3] - b[1]);
        if area > 0.0 { w * h / area } else { 0.0 }
    };
    boxes.iter().map(share).reduce(f64::min).unwrap_or(1.0)
}

/// Scales, crops at the whole-pixel part of `taken`, and shifts the boxes by the unrounded `shift`.
fn cut(
    image: &Image,
    boxes: &[[f64; 4]],
    scaled: [usize; 2],
    size: [usize; 2],
    taken: Offset,
    shift: Offset,
) -> Jittered {
    let [width, height] = size;
    let window = Window { x: taken[0] as usize, y: taken[1] as usize, width, height };
    let moved = |b: &[f64; 4]| [b[0] - shift[0], b[1] - shift[1], b[2] - shift[0], b[3] - shift[1]];
    let [sx, sy] = [width as f64 / image.width as f64, height as f64 / image.height as f64];
    Jittered {
        image: resize_window(image, scaled[0], scaled[1], window),
        boxes: boxes.iter().map(|b| clip_box(moved(b), width, height)).collect(),
        scale_factor: [sx, sy, sx, sy],
    }
}
