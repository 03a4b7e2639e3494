//! From raw folders of every format to samples, pictures and checks included.

use std::path::Path;

use simvg_datasets::convert::{ConvertOptions, convert};
use simvg_datasets::formats::Format;
use simvg_datasets::refer::{Defect, Defects};

use super::samples::{files, read_files, write};

/// A PNG's beginning is enough to know its size.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    [&head[..], &width.to_be_bytes(), &height.to_be_bytes()].concat()
}

fn options(dir: &Path, format: Format) -> ConvertOptions {
    ConvertOptions {
        raw_dir: dir.into(),
        dataset: "set".into(),
        split_by: "unc".into(),
        format,
        images_dir: dir.join("images").to_str().unwrap().into(),
        ..ConvertOptions::default()
    }
}

/// The folder of `format` with all its pictures.
fn folder(format: Format) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("set"), &files(format));
    for image in &read_files(&files(format)).unwrap().instances.images {
        let number = image.file_name.trim_start_matches("COCO_train2014_").trim_start_matches('0');
        for name in [image.file_name.as_str(), number] {
            write(&dir.path().join("images"), &[(name, picture(640, 480))]);
        }
    }
    dir
}

#[test]
fn every_format_becomes_samples() {
    for (name, format) in Format::NAMES.into_iter().skip(1) {
        let dir = folder(format);
        let converted = convert(&options(dir.path(), Format::Auto)).unwrap_or_else(|e| panic!("{name}: {e:#}"));
        let dataset = converted.dataset();
        assert!(!dataset.records.is_empty());
        assert!(dataset.records.iter().all(|r| r.picture.width > 0 && dataset.image_path(r).is_file()), "{name}");
        assert_eq!(convert(&options(dir.path(), format)).unwrap().dataset(), dataset, "{name}");
    }
}

#[test]
fn pictures_without_a_size_are_told() {
    let dir = folder(Format::TransVg);
    let file = dir.path().join("images/COCO_train2014_000000000025.jpg");
    let defects = || convert(&options(dir.path(), Format::Auto)).unwrap_err().downcast::<Defects>().unwrap().found;
    fs_err::write(&file, "no picture").unwrap();
    assert!(matches!(defects()[..], [Defect::DamagedPicture { image_id: 25, .. }]));
    fs_err::remove_file(&file).unwrap();
    assert!(matches!(defects()[..], [Defect::MissingPicture { image_id: 25, .. }]));
}

#[test]
fn picture_names_that_lead_out_are_refused() {
    for name in ["../../etc/passwd1", "/etc/passwd1", "a/../../b1"] {
        let line =
            format!("{{\"image\": \"{name}\", \"expression\": \"x\", \"bbox\": [1, 1, 2, 2], \"split\": \"val\"}}\n");
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join("set"), &[("mine.jsonl", line.into_bytes())]);
        fs_err::create_dir(dir.path().join("images")).unwrap();
        let error = convert(&options(dir.path(), Format::Auto)).unwrap_err();
        assert!(error.to_string().contains("leads out of the picture folder"), "{error}");
    }
}
