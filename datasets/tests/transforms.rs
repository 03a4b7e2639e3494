//! Decoding, resizing, normalising and jittering against what OpenCV and the official pipeline gave.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use serde::Deserialize;
use simvg_datasets::image::{Image, Jitter, PixelNorm, clip_box, fit_factors, jitter, resize};

#[derive(Deserialize)]
struct Cases {
    images: Vec<Source>,
    special: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Source {
    jpeg: String,
    decoded_png: String,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    kind: String,
    image: String,
    ann_bbox_xywh: [f64; 4],
    params: Params,
    #[serde(default)]
    draws: Vec<f64>,
    #[serde(default)]
    draws_used: usize,
}

#[derive(Deserialize)]
struct Params {
    #[serde(default)]
    size: usize,
    #[serde(default)]
    out_max_size: usize,
    #[serde(default)]
    jitter_min: f64,
    #[serde(default)]
    jitter_max: f64,
}

fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/data")
}

fn cases() -> Cases {
    serde_json::from_str(&fs_err::read_to_string(dir().join("cases.json")).unwrap()).unwrap()
}

/// The lossless copy of what OpenCV decoded, so that resizing is tested apart from decoding.
fn opencv_decoded(jpeg: &str) -> Image {
    Image::load(&dir().join(jpeg.replace(".jpg", "_decoded.png"))).unwrap()
}

struct Expected(Vec<u8>);

impl Expected {
    fn read() -> Self {
        Self(fs_err::read(dir().join("expected.safetensors")).unwrap())
    }

    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        Some(SafeTensors::deserialize(&self.0).unwrap().tensor(name).ok()?.data().to_vec())
    }

    fn f64s(&self, name: &str) -> Vec<f64> {
        let bytes = self.bytes(name).unwrap();
        bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
    }

    fn f32s(&self, name: &str) -> Vec<f32> {
        let bytes = self.bytes(name).unwrap();
        bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    }

    /// Largest difference of a picture from the expected BGR bytes, and how many samples differ.
    fn difference(&self, image: &Image, name: &str) -> Option<(u8, usize)> {
        let expected = self.bytes(name)?;
        let rgb: Vec<u8> = expected.chunks_exact(3).flat_map(|p| [p[2], p[1], p[0]]).collect();
        Some(difference(&image.data, &rgb))
    }
}

fn difference(a: &[u8], b: &[u8]) -> (u8, usize) {
    assert_eq!(a.len(), b.len());
    let differences = || a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    (differences().max().unwrap_or(0), differences().filter(|&d| d > 0).count())
}

fn square(image: &Image, size: usize) -> (Image, [f64; 4]) {
    (resize(image, size, size), fit_factors(image, size))
}

fn corners([x, y, w, h]: [f64; 4]) -> [f64; 4] {
    [x, y, x + w, y + h]
}

#[test]
fn jpegs_decode_within_a_few_levels_of_opencv() {
    let (cases, expected) = (cases(), Expected::read());
    for source in &cases.images {
        let image = Image::load(&dir().join(&source.jpeg)).unwrap();
        let reference = Image::load(&dir().join(&source.decoded_png)).unwrap();
        assert_eq!((image.width, image.height), (reference.width, reference.height));
        let (largest, _) = difference(&image.data, &reference.data);
        assert!(largest <= 4, "{}: {largest}", source.jpeg);
    }
    for name in &cases.special {
        let image = Image::load(&dir().join(name)).unwrap();
        // Chroma is interpolated differently at the borders, which are much of so small a picture.
        let (largest, _) = expected.difference(&image, &format!("decoded.{name}")).unwrap();
        assert!(largest <= 7, "{name}: {largest}");
    }
}

#[test]
fn evaluation_pictures_and_boxes_are_those_of_the_official_pipeline() {
    let expected = Expected::read();
    for case in cases().cases.iter().filter(|c| c.kind.starts_with("val_pipeline")) {
        let name = &case.name;
        let image = opencv_decoded(&case.image);
        let (square, factors) = square(&image, case.params.size);
        let (largest, count) = expected.difference(&square, &format!("{name}.resized_bgr_u8")).unwrap();
        assert!(largest <= 1 && count * 1000 <= square.data.len(), "{name}: {largest}, {count} differ");
        assert_eq!(factors.map(|f| f as f32).to_vec(), expected.f32s(&format!("{name}.scale_factor")));
        let clipped = clip_box(corners(case.ann_bbox_xywh), image.width, image.height);
        let scaled: Vec<f64> = clipped.iter().zip(factors).map(|(b, f)| b * f).collect();
        assert_eq!(scaled, expected.f64s(&format!("{name}.gt_bbox")));
        check_planes(&expected, name, &square);
    }
}

fn check_planes(expected: &Expected, name: &str, square: &Image) {
    let name = format!("{name}.img_chw");
    if expected.bytes(&name).is_none() {
        return;
    }
    let (size, side) = (square.width, square.width.next_multiple_of(32));
    let mut planes = vec![0.0; 3 * size * size];
    PixelNorm::default().to_planes(square, size, &mut planes);
    // The official pipeline pads to whole patches; input squares here are made of them.
    let padded = expected.f32s(&name);
    let inside = |at: &usize| at % side < size && at / side % side < size;
    let (inside, outside): (Vec<usize>, Vec<usize>) = (0..padded.len()).partition(inside);
    assert!(outside.iter().all(|&at| padded[at] == 0.0), "{name}");
    let reference: Vec<f32> = inside.iter().map(|&at| padded[at]).collect();
    let largest = planes.iter().zip(&reference).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(largest <= 1.001 / 57.0, "{name}: {largest}");
    let close = planes.iter().zip(&reference).filter(|(a, b)| (*a - *b).abs() < 1e-6).count();
    assert!(close * 1000 >= planes.len() * 999, "{name}: only {close} of {} agree", planes.len());
}

#[test]
fn boxes_are_clipped_to_the_outermost_pixels() {
    let cases = cases();
    let case = cases.cases.iter().find(|c| c.name == "box_clip").unwrap();
    let image = opencv_decoded(&case.image);
    let clipped = clip_box(corners(case.ann_bbox_xywh), image.width, image.height);
    assert_eq!(clipped.to_vec(), Expected::read().f64s("box_clip.gt_bbox"));
}

#[test]
fn recorded_jitters_are_reproduced() {
    let expected = Expected::read();
    for case in cases().cases.iter().filter(|c| c.kind == "lsj") {
        let name = &case.name;
        let options = Jitter { min: case.params.jitter_min, max: case.params.jitter_max, official: true };
        let image = opencv_decoded(&case.image);
        let target = clip_box(corners(case.ann_bbox_xywh), image.width, image.height);
        let mut draws = case.draws.iter().copied();
        let mut draw = || draws.next().expect("more draws than the official code took");
        let jittered = jitter(&image, &[target], case.params.out_max_size, &options, &mut draw);
        assert_eq!(draws.len(), case.draws.len() - case.draws_used, "{name}: draws left over");
        assert_eq!(jittered.boxes[0].to_vec(), expected.f64s(&format!("{name}.gt_bbox")), "{name}");
        assert_eq!(jittered.scale_factor.to_vec(), expected.f64s(&format!("{name}.scale_factor")), "{name}");
        match expected.difference(&jittered.image, &format!("{name}.img_bgr_u8")) {
            Some((largest, _)) => assert!(largest <= 1, "{name}: {largest}"),
            None => assert_eq!(jittered.image, image, "{name}"),
        }
        check_resized(&expected, name, &jittered.image, &jittered.boxes[0]);
    }
}

fn check_resized(expected: &Expected, name: &str, jittered: &Image, target: &[f64; 4]) {
    let (square, factors) = square(jittered, 64);
    let (largest, _) = expected.difference(&square, &format!("{name}.after_resize_bgr_u8")).unwrap();
    assert!(largest <= 1, "{name}: {largest}");
    assert_eq!(factors.map(|f| f as f32).to_vec(), expected.f32s(&format!("{name}.after_resize_scale_factor")));
    let scaled: Vec<f64> = target.iter().zip(factors).map(|(b, f)| b * f).collect();
    assert_eq!(scaled, expected.f64s(&format!("{name}.after_resize_gt_bbox")), "{name}");
}

#[test]
fn without_the_official_slips_a_crop_keeps_its_target() {
    let image = opencv_decoded("img1_640x427.jpg");
    let corner = [1.0, 1.0, 20.2, 13.81];
    let clean = Jitter { min: 0.3, max: 1.4, official: false };
    let misses_then_hits = [0.99, 0.9, 0.9, 0.0, 0.0];
    let mut draws = misses_then_hits.into_iter();
    let jittered = jitter(&image, &[corner], 64, &clean, &mut || draws.next().unwrap());
    assert_eq!(draws.len(), 0, "the first crop misses the box and must be refused");
    assert!(jittered.boxes[0][2] > jittered.boxes[0][0]);
}
