//! Real photos, decoded here and by OpenCV or Pillow (both libjpeg-turbo).
//!
//! They lie beside the checkout, in `../shared/real`, and `PYTHON` names an interpreter that has one of the two:
//! `PYTHON=... cargo test --release --workspace --test photos -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

use simvg_datasets::image::Image;

/// Writes the picture as upright RGB bytes.
const SCRIPT: &str = "
import sys
try:
    import cv2
    pixels = cv2.imread(sys.argv[1])[:, :, ::-1]
except ImportError:
    import numpy
    from PIL import Image, ImageOps
    pixels = numpy.asarray(ImageOps.exif_transpose(Image.open(sys.argv[1])).convert('RGB'))
open(sys.argv[2], 'wb').write(pixels.tobytes())
";

/// Largest difference of any sample, in levels of 256.
const LARGEST: u8 = 5;
/// Share of the samples that may be off by more than two levels.
const OFF_BY_MORE_THAN_TWO: f64 = 0.001;

fn photos() -> Vec<PathBuf> {
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/real");
    let folders = ["coco", "flickr30k", "referit"].into_iter().map(|name| real.join(name));
    let files = folders.flat_map(|folder| fs_err::read_dir(folder).unwrap());
    let mut photos: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    photos.retain(|path| path.extension().is_some_and(|ending| ending == "jpg"));
    photos.sort();
    photos
}

#[test]
#[ignore = "needs photos beside the checkout and a Python with cv2 or Pillow"]
fn photos_decode_as_by_libjpeg() {
    let photos = photos();
    assert!(!photos.is_empty());
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let folder = tempfile::tempdir().unwrap();
    for photo in photos {
        let raw = folder.path().join("raw");
        let status = Command::new(&python).args(["-c", SCRIPT]).args([&photo, &raw]).status().unwrap();
        assert!(status.success(), "{python} cannot decode {}", photo.display());
        let (ours, theirs) = (Image::load(&photo).unwrap().data, fs_err::read(&raw).unwrap());
        assert_eq!(ours.len(), theirs.len(), "{}", photo.display());
        let mut counts = [0usize; 256];
        ours.iter().zip(&theirs).for_each(|(a, b)| counts[usize::from(a.abs_diff(*b))] += 1);
        let largest = counts.iter().rposition(|&count| count > 0).unwrap();
        let share = |counts: &[usize]| counts.iter().sum::<usize>() as f64 / ours.len() as f64;
        let (same, far) = (share(&counts[..1]), share(&counts[3..]));
        eprintln!(
            "{}: {:.1} % equal, {:.3} % off by more than 2, largest {largest}",
            photo.display(),
            100.0 * same,
            100.0 * far
        );
        assert!(largest <= usize::from(LARGEST) && far <= OFF_BY_MORE_THAN_TWO, "{}", photo.display());
    }
}
