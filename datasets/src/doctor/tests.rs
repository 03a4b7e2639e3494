//! Folders that hold much, little and nothing.

use super::*;
use crate::synth::{SynthConfig, generate};

fn touch(path: &Path) {
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, "").unwrap();
}

fn named<'a>(diagnosis: &'a Diagnosis, folder: &str, split_by: &str) -> Option<&'a Found> {
    diagnosis.found.iter().find(|found| found.entry.folder == folder && found.entry.split_by == split_by)
}

#[test]
fn drawn_data_sets_are_found_whole() {
    let dir = tempfile::tempdir().unwrap();
    generate(&SynthConfig { train: 2, val: 1, test: 1, ..SynthConfig::default() }, dir.path()).unwrap();
    let diagnosis = examine(dir.path()).unwrap();
    assert_eq!(diagnosis.found.len(), 4);
    for found in &diagnosis.found {
        let content = found.content.as_ref().unwrap();
        assert_eq!(found.forms[0].format, "Refer");
        assert!(found.is_complete() && content.error.is_none() && content.defect_count == 0, "{content:?}");
        assert_eq!(content.counts.keys().collect::<Vec<_>>(), [&found.entry.name]);
    }
    assert_eq!(diagnosis.pictures, [(dir.path().join("images"), 4)]);
    assert!(diagnosis.absent.iter().any(|entry| entry.folder == "flickr30k"));
}

#[test]
fn what_is_missing_is_named() {
    let dir = tempfile::tempdir().unwrap();
    touch(&dir.path().join("refer/refcocog/refs(umd).p"));
    touch(&dir.path().join("coco/train2014/COCO_train2014_000000000009.jpg"));
    let diagnosis = examine(dir.path()).unwrap();
    let umd = named(&diagnosis, "refcocog", "umd").unwrap();
    assert!(!umd.is_complete() && umd.content.is_none());
    assert_eq!(umd.missing.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["instances.json"]);
    assert_eq!(umd.images.as_deref(), Some(dir.path().join("coco/train2014").as_path()));
    assert!(named(&diagnosis, "refcocog", "google").is_none(), "instances.json belongs to both");
}

#[test]
fn annotations_are_known_by_what_they_hold() {
    let dir = tempfile::tempdir().unwrap();
    let line = r#"{"image": "a.jpg", "expression": "the cup", "bbox": [1, 2, 3, 4], "split": "val"}"#;
    for (name, text) in [("mine/notes.txt", line), ("torn/x.dat", &line[..60]), ("other/readme.txt", "no annotations")]
    {
        touch(&dir.path().join(name));
        fs_err::write(dir.path().join(name), text).unwrap();
    }
    let [mine, torn] = &examine(dir.path()).unwrap().others[..] else { panic!("two folders") };
    let form = Form { format: "JsonLines".into(), files: vec!["notes.txt".into()] };
    assert_eq!((&mine.forms[..], mine.counts["val"].expressions), (&[form][..], 1));
    assert!(torn.error.as_ref().unwrap().contains("x.dat: line 1"), "{torn:?}");
}

#[test]
fn flickr_is_known_by_its_folders() {
    let dir = tempfile::tempdir().unwrap();
    touch(&dir.path().join("flickr30k/Sentences/1.txt"));
    touch(&dir.path().join("flickr30k/train.txt"));
    touch(&dir.path().join("flickr30k-images/1.jpg"));
    let diagnosis = examine(dir.path()).unwrap();
    let flickr = named(&diagnosis, "flickr30k", "entities").unwrap();
    assert_eq!(flickr.missing.len(), 3);
    assert!(flickr.images.as_ref().unwrap().ends_with("flickr30k-images"));
}

#[test]
fn a_converted_folder_tells_its_counts_or_its_error() {
    let dir = tempfile::tempdir().unwrap();
    Dataset::default().save(dir.path().join("sound")).unwrap();
    touch(&dir.path().join("torn/dataset.json"));
    let diagnosis = examine(dir.path()).unwrap();
    let errors: Vec<bool> = diagnosis.converted.iter().map(|converted| converted.error.is_some()).collect();
    assert_eq!(errors, [false, true]);
    assert!(examine(&dir.path().join("none")).is_err());
}

/// References of RefCOCOg's google validation split in number: 5,000 with 9,536 expressions for 4,650 pictures.
fn google_val() -> String {
    let sentence = |id: usize| format!(r#"{{"sent_id": {id}, "sent": "it"}}"#);
    let one = |number: usize| {
        let several = 1 + usize::from(number < 9_536 - 5_000);
        let sentences: Vec<String> = (0..several).map(|i| sentence(2 * number + i)).collect();
        let (image, sentences) = (number % 4_650, sentences.join(","));
        format!(
            r#"{{"ref_id": {number}, "ann_id": 1, "image_id": {image}, "split": "val", "sentences": [{sentences}]}}"#
        )
    };
    format!("[{}]", (0..5_000).map(one).collect::<Vec<_>>().join(","))
}

#[test]
fn references_under_another_name_are_known_by_their_counts() {
    let dir = tempfile::tempdir().unwrap();
    touch(&dir.path().join("mine/expressions.dat"));
    fs_err::write(dir.path().join("mine/expressions.dat"), google_val()).unwrap();
    let lacking = examine(dir.path()).unwrap();
    let names: Vec<_> = lacking.others[0].known_as.iter().map(|e| (e.folder.as_str(), e.split_by.as_str())).collect();
    assert_eq!(names, [("refcocog", "google")]);
    let missing: Vec<_> = lacking.others[0].missing.iter().map(|file| (&file.path[..], &file.from[..])).collect();
    assert_eq!(missing, [("instances.json", "refcocog.zip of lichengunc/refer")]);

    fs_err::write(dir.path().join("mine/coco.dat"), r#"{"images": [{"file_name": "1.jpg"}], "annotations": []}"#)
        .unwrap();
    let whole = examine(dir.path()).unwrap();
    assert!(whole.others[0].missing.is_empty());
    assert_eq!(whole.others[0].parts, ["coco.dat: pictures and objects in COCO's form"]);
}
