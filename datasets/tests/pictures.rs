//! Picture files that are whole, broken or of another kind.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use simvg_datasets::image::{Image, decode, draw_box, size, write_png};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/data").join(name)
}

#[test]
fn a_truncated_jpeg_is_an_error_that_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("half.jpg");
    for name in ["img1_640x427.jpg", "progressive_40x30.jpg", "exif6_40x30.jpg"] {
        let bytes = fs_err::read(golden(name)).unwrap();
        for part in 1..20 {
            fs_err::write(&path, &bytes[..bytes.len() * part / 20]).unwrap();
            let message = Image::load(&path).unwrap_err().to_string();
            assert!(message.contains("half.jpg"), "{message}");
        }
    }
}

#[test]
fn damaged_bytes_never_panic() {
    for name in ["img0_97x61.jpg", "gray_40x30.jpg", "progressive_40x30.jpg", "img0_97x61_decoded.png"] {
        let bytes = fs_err::read(golden(name)).unwrap();
        for at in (0..bytes.len()).step_by(3) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x5a;
            let _ = decode(&damaged);
        }
    }
    assert!(decode(b"GIF89a").unwrap_err().contains("neither"));
    assert!(decode(b"").is_err());
    assert!(decode(&[0xff, 0xd8]).is_err());
}

#[test]
fn a_png_comes_back_as_it_was_written_and_nothing_else_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let mut image = Image::load(&golden("img0_97x61.jpg")).unwrap();
    draw_box(&mut image, [10.0, 5.0, 60.5, 40.0], [255, 0, 0], 2);
    let path = dir.path().join("boxed.png");
    write_png(&image, &path).unwrap();
    assert_eq!(Image::load(&path).unwrap(), image);
    assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 1);
    let missing = write_png(&image, &dir.path().join("no/such.png")).unwrap_err();
    assert!(missing.to_string().contains("such.png"), "{missing}");
}

#[test]
fn sizes_are_told_by_the_head_as_they_are_when_decoded() {
    let names =
        ["img1_640x427.jpg", "progressive_40x30.jpg", "exif6_40x30.jpg", "gray_40x30.jpg", "img0_97x61_decoded.png"];
    for name in names {
        let bytes = fs_err::read(golden(name)).unwrap();
        let image = decode(&bytes).unwrap();
        assert_eq!(size(&bytes), Some((image.width as u32, image.height as u32)), "{name}");
    }
    assert_eq!(size(b"GIF89a"), None);
}
