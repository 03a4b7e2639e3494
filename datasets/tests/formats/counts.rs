//! Real files that lie beside the checkout have the published counts.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use simvg_datasets::formats::Boxes;
use simvg_datasets::refer::Refer;
use simvg_datasets::sample::Picture;

use super::samples::{read_dir, write};

/// The folder of real files, if it is there.
fn real() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/real");
    let there = folder.is_dir();
    if !there {
        eprintln!("{} is missing: nothing was compared", folder.display());
    }
    there.then_some(folder)
}

/// References, pictures and expressions of a split.
fn counts(read: &Refer, split: &str) -> [usize; 3] {
    let of_split: Vec<_> = read.refs.iter().filter(|reference| **reference.split == *split).collect();
    let pictures: HashSet<i64> = of_split.iter().map(|reference| reference.image_id).collect();
    [of_split.len(), pictures.len(), of_split.iter().map(|reference| reference.sentences().len()).sum()]
}

#[test]
#[ignore = "needs ../shared/real"]
fn the_evaluation_splits_as_csv() {
    let Some(real) = real() else { return };
    let expected = [
        ("refcoco_unc", "val", [3811, 1500, 10834]),
        ("refcoco_unc", "testA", [1975, 750, 5657]),
        ("refcoco_unc", "testB", [1810, 750, 5095]),
        ("refcoco+_unc", "val", [3805, 1500, 10758]),
        ("refcoco+_unc", "testA", [1975, 750, 5726]),
        ("refcoco+_unc", "testB", [1798, 750, 4889]),
        ("refcocog_google", "val", [5000, 4650, 9536]),
        ("refcocog_umd", "val", [2573, 1300, 4896]),
        ("refcocog_umd", "test", [5023, 2600, 9602]),
    ];
    for (set, split, published) in expected {
        let files = BTreeMap::from([(split.to_owned(), format!("{set}_{split}.csv"))]);
        let read = read_dir(&real.join("refcoco_csv"), &files, Boxes::Union).unwrap();
        assert_eq!(counts(&read, split), published, "{set} {split}");
    }
}

#[test]
#[ignore = "needs ../shared/real"]
fn referit() {
    let Some(real) = real() else { return };
    let read = read_dir(&real.join("referit"), &BTreeMap::new(), Boxes::Union).unwrap();
    assert_eq!(counts(&read, "train"), [44_649, 8_995, 54_134]);
    assert_eq!(counts(&read, "val"), [4_866, 1_000, 5_842]);
    assert_eq!(counts(&read, "test"), [49_730, 9_994, 60_105]);
    assert_eq!(read.instances.annotations.len().min(99_000), 99_000, "regions, equal boxes of a picture being one");
    let inside = |object: &simvg_datasets::refer::instances::Annotation| {
        let image = read.instances.images.iter().find(|image| image.id == object.image_id).unwrap();
        object.fits(&Picture { width: image.width, height: image.height, ..Picture::default() })
    };
    assert!(read.instances.annotations.iter().step_by(97).all(inside), "every box lies in its picture");
}

#[test]
#[ignore = "needs ../shared/real"]
fn captions_of_flickr30k() {
    let Some(real) = real() else { return };
    let text = |name: &str| fs_err::read(real.join("flickr30k").join(name)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            ("Sentences/1000092795.txt", text("Sentences/1000092795.txt")),
            ("Annotations/1000092795.xml", text("Annotations/1000092795.partial.xml")),
            ("UNRELATED_CAPTIONS", text("UNRELATED_CAPTIONS")),
            ("train.txt", b"1000092795\n".to_vec()),
        ],
    );
    let read = read_dir(dir.path(), &BTreeMap::new(), Boxes::Union).unwrap();
    let told = super::samples::told(&read);
    assert_eq!(told.len(), 6, "chains 1, 4 and 6 have boxes in what the page prints: {told:?}");
    assert_eq!(told[0], ("train".into(), "Two young guys".into(), vec![[158.0, 109.0, 103.0, 264.0]]));
    assert_eq!(told.iter().find(|t| t.1 == "many bushes").unwrap().2, [[0.0, 214.0, 332.0, 259.0]]);
}
