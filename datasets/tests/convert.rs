//! Conversion of raw REFER folders: the drawn data set, and folders that are broken in every way we know of.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use serde_json::{Value, json};
use simvg_datasets::convert::{ConvertOptions, Converted, CountPolicy, convert};
use simvg_datasets::image::{Image, encode_png};
use simvg_datasets::refer::defect::write_lines;
use simvg_datasets::refer::{Defect, Defects};
use simvg_datasets::sample::Dataset;
use simvg_datasets::synth::{SynthConfig, generate};

fn options(raw: &Path, dataset: &str) -> ConvertOptions {
    ConvertOptions {
        raw_dir: raw.into(),
        dataset: dataset.into(),
        split_by: "synthetic".into(),
        images_dir: raw.join("images").to_str().unwrap().into(),
        decode: true,
        ..ConvertOptions::default()
    }
}

fn drawn(dir: &Path) {
    generate(&SynthConfig { train: 20, val: 8, test: 9, ..SynthConfig::default() }, dir).unwrap();
}

/// A data set of one picture, 100x80, with one object and two references; `change` breaks it.
fn tiny(dir: &Path, change: impl Fn(&mut Value, &mut Value)) {
    let mut instances = json!({
        "images": [{ "id": 5, "file_name": "5.jpg", "width": 100, "height": 80, "license": 1 }],
        "annotations": [{ "id": 50, "image_id": 5, "category_id": 1, "bbox": [10.0, 20.0, 30.0, 40.0], "segmentation": [[1, 2]] }],
    });
    let sentence = |id: i64, text: &str| json!({ "sent_id": id, "sent": text, "raw": text, "tokens": [] });
    let reference = |id: i64, split: &str, sentences: [Value; 2]| json!({ "ref_id": id, "ann_id": 50, "image_id": 5, "category_id": 1, "split": split, "sentences": sentences });
    let mut refs = json!([
        reference(1, "train", [sentence(10, "the man"), sentence(11, "him")]),
        reference(2, "val", [sentence(12, "a man"), sentence(13, "man's left")]),
    ]);
    change(&mut refs, &mut instances);
    let folder = dir.join("mine");
    fs_err::create_dir_all(&folder).unwrap();
    fs_err::create_dir_all(dir.join("images")).unwrap();
    fs_err::write(dir.join("images/5.jpg"), "no JPEG").unwrap();
    fs_err::write(
        folder.join("refs(synthetic).p"),
        serde_pickle::to_vec(&refs, serde_pickle::SerOptions::new()).unwrap(),
    )
    .unwrap();
    fs_err::write(folder.join("instances.json"), instances.to_string()).unwrap();
}

fn convert_tiny(change: impl Fn(&mut Value, &mut Value), lenient: bool) -> anyhow::Result<Converted> {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path(), change);
    convert(&ConvertOptions { lenient, decode: false, ..options(dir.path(), "mine") })
}

fn defects(change: impl Fn(&mut Value, &mut Value)) -> Vec<Defect> {
    convert_tiny(change, false).unwrap_err().downcast::<Defects>().unwrap().found
}

fn message(change: impl Fn(&mut Value, &mut Value)) -> String {
    format!("{:#}", convert_tiny(change, false).unwrap_err())
}

#[test]
fn the_drawn_groups_convert_without_a_defect() {
    let dir = tempfile::tempdir().unwrap();
    drawn(dir.path());
    for (folder, name) in [("refcoco", "RefCOCO-like"), ("refcoco+", "RefCOCO+-like"), ("refcocog", "RefCOCOg-like")] {
        let converted = convert(&options(dir.path(), folder)).unwrap();
        let dataset = converted.dataset();
        assert_eq!(converted.dropped, []);
        assert!(dataset.counts()[name]["train"].records > 20, "{name}");
        for record in &dataset.records {
            assert_eq!(record.boxes.len(), 1);
            assert!(record.picture.candidates.contains(&record.boxes[0]) && record.picture.candidates.len() >= 2);
            assert!(&*record.split == "train" || record.expressions.len() == 1);
            assert!(dataset.image_path(record).is_file());
        }
        let saved = dir.path().join("out");
        let mut seen = 0;
        converted.save(&saved, |part| seen += part.len()).unwrap();
        assert_eq!((Dataset::load(&saved).unwrap(), seen), (dataset.clone(), dataset.records.len()));
    }
}

#[test]
fn the_drawn_general_group_has_records_without_target_and_with_several() {
    let dir = tempfile::tempdir().unwrap();
    drawn(dir.path());
    let records = convert(&options(dir.path(), "grefcoco")).unwrap().dataset().records;
    for wanted in [0, 1, 2] {
        assert!(records.iter().any(|record| record.boxes.len() == wanted), "{wanted} targets");
    }
}

#[test]
fn groups_drawn_together_share_their_pictures_and_others_do_not() {
    let picture = |seed: u64, folder: &str| {
        let dir = tempfile::tempdir().unwrap();
        generate(&SynthConfig { seed, train: 3, val: 0, test: 0, ..SynthConfig::default() }, dir.path()).unwrap();
        convert(&options(dir.path(), folder)).unwrap().dataset().records[0].picture.identity.clone()
    };
    let number = |picture: String| picture.split_once('/').unwrap().0.to_owned();
    assert_eq!(number(picture(1, "refcoco")), number(picture(1, "refcocog")));
    assert_ne!(number(picture(1, "refcoco")), number(picture(2, "refcoco")));
}

#[test]
fn training_refs_stay_whole_and_evaluation_has_one_expression_a_record() {
    let records = convert_tiny(|_, _| {}, false).unwrap().dataset().records;
    let told: Vec<_> = records.iter().map(|r| (r.id, &*r.split, r.expressions.join("|"))).collect();
    assert_eq!(
        told,
        [(10, "train", "the man|him".into()), (12, "val", "a man".into()), (13, "val", "man's left".into())]
    );
    assert_eq!(records[0].boxes, [[10.0, 20.0, 40.0, 60.0]]);
    assert_eq!((&*records[0].dataset, &*records[0].group), ("mine", "mine"));
}

#[test]
fn each_defect_is_told() {
    let found = |change: fn(&mut Value, &mut Value)| defects(change);
    assert!(matches!(
        found(|_, i| i["annotations"] = json!([]))[..],
        [Defect::MissingAnnotation { ann_id: 50, .. }, _]
    ));
    assert!(matches!(found(|_, i| i["images"] = json!([]))[..], [Defect::MissingImage { image_id: 5, .. }, _]));
    assert!(matches!(found(|r, _| r[1]["split"] = json!("testC"))[..], [Defect::UnknownSplit { ref_id: 2, .. }]));
    assert!(matches!(found(|r, _| r[1]["ref_id"] = json!(1))[..], [Defect::DuplicateId { what: "ref_id", id: 1 }]));
    assert!(matches!(
        found(|r, _| r[1]["sentences"][0]["sent_id"] = json!(10))[..],
        [Defect::DuplicateId { what: "sent_id", id: 10 }]
    ));
    assert!(matches!(found(|r, _| r[1]["sentences"] = json!([]))[..], [Defect::NoExpression { ref_id: 2 }]));
    assert!(matches!(
        found(|r, _| r[1]["sentences"][1]["sent"] = json!("?! -/"))[..],
        [Defect::EmptyExpression { sent_id: 13, .. }]
    ));
    assert!(matches!(
        found(|_, i| i["annotations"][0]["bbox"][2] = json!(95.0))[..],
        [Defect::BoxOutside { ann_id: 50, .. }, _]
    ));
    assert!(matches!(found(|_, i| i["annotations"][0]["bbox"][3] = json!(0.0))[..], [Defect::BoxOutside { .. }, _]));
    assert!(matches!(found(|_, i| i["annotations"][0]["image_id"] = json!(6))[..], [Defect::WrongImage { .. }, _]));
    assert!(matches!(
        found(|_, i| i["images"][0]["file_name"] = json!("6.jpg"))[..],
        [Defect::MissingPicture { image_id: 5, .. }]
    ));
    for name in ["../images/5.jpg", "/etc/passwd", ""] {
        assert!(
            matches!(defects(|_, i| i["images"][0]["file_name"] = json!(name))[..], [Defect::UnsafePath { .. }]),
            "{name}"
        );
    }
}

#[test]
fn all_defects_come_in_one_message_and_the_first_twenty_are_shown() {
    let many = message(|refs, _| {
        let one = refs[0].clone();
        *refs = (0..30).map(|_| one.clone()).collect();
    });
    assert!(many.contains("refs(synthetic).p: 87 defects, the first 20 of which are shown"), "{many}");
    assert_eq!(many.lines().count(), 22);
}

#[test]
fn lenient_conversion_leaves_out_and_tells() {
    let converted = convert_tiny(|refs, _| refs[1]["sentences"][0]["sent"] = json!("..."), true).unwrap();
    assert_eq!(converted.dropped.len(), 1);
    assert_eq!(converted.dataset().records.iter().map(|record| record.id).collect::<Vec<_>>(), [10, 13]);
}

#[test]
fn damaged_pictures_are_found_by_decoding() {
    let dir = tempfile::tempdir().unwrap();
    drawn(dir.path());
    let (cut, garbage) = (dir.path().join("images/train_000001.jpg"), dir.path().join("images/train_000002.jpg"));
    let bytes = fs_err::read(&cut).unwrap();
    fs_err::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    fs_err::write(&garbage, "no JPEG").unwrap();
    let error = convert(&options(dir.path(), "refcoco")).unwrap_err().to_string();
    assert!(error.contains("2 defects") && error.contains("train_000001.jpg is damaged"), "{error}");
    assert!(convert(&ConvertOptions { decode: false, ..options(dir.path(), "refcoco") }).is_ok());
}

#[test]
fn every_kind_of_picture_that_training_reads_is_checked() {
    let dir = tempfile::tempdir().unwrap();
    drawn(dir.path());
    let path = dir.path().join("images/train_000001.jpg");
    let png = encode_png(&Image::load(&path).unwrap()).unwrap();
    fs_err::write(&path, &png).unwrap();
    assert!(convert(&options(dir.path(), "refcoco")).is_ok(), "what it is called does not matter");
    fs_err::write(&path, &png[..png.len() / 2]).unwrap();
    let cut = convert(&options(dir.path(), "refcoco")).unwrap_err().to_string();
    assert!(cut.contains("1 defects") && cut.contains("not a whole PNG"), "{cut}");
    fs_err::write(&path, encode_png(&Image::new(5, 4)).unwrap()).unwrap();
    let small = convert(&options(dir.path(), "refcoco")).unwrap_err().to_string();
    assert!(small.contains("it has 5x4 pixels, the annotations say 96x96"), "{small}");
}

#[test]
fn wrong_types_and_missing_fields_name_file_and_place() {
    let no_ann = message(|refs, _| drop(refs[1].as_object_mut().unwrap().remove("ann_id")));
    assert!(no_ann.contains("refs(synthetic).p: entry 1 of the list: missing field `ann_id`"), "{no_ann}");
    let text_id = message(|refs, _| refs[0]["image_id"] = json!("five"));
    assert!(text_id.contains("entry 0") && text_id.contains("expected i64"), "{text_id}");
    let no_list = message(|refs, _| *refs = json!({ "refs": 1 }));
    assert!(no_list.contains("expected a list of references"), "{no_list}");
    let three = message(|_, instances| instances["annotations"][0]["bbox"] = json!([1.0, 2.0, 3.0]));
    assert!(three.contains("instances.json") && three.contains("line 1 column"), "{three}");
}

#[test]
fn a_pickle_that_calls_and_one_that_is_cut_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    tiny(dir.path(), |_, _| {});
    let path = dir.path().join("mine/refs(synthetic).p");
    let bytes = fs_err::read(&path).unwrap();
    fs_err::write(&path, b"cos\nsystem\n(S'touch owned'\ntR.").unwrap();
    let call = format!("{:#}", convert(&options(dir.path(), "mine")).unwrap_err());
    assert!(call.contains("refs(synthetic).p") && call.contains("`os.system`"), "{call}");
    fs_err::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    let cut = format!("{:#}", convert(&options(dir.path(), "mine")).unwrap_err());
    assert!(cut.contains("refs(synthetic).p") && cut.contains("cut short"), "{cut}");
}

#[test]
fn missing_raw_files_are_all_told_with_their_source() {
    let dir = tempfile::tempdir().unwrap();
    let options = ConvertOptions { split_by: "umd".into(), ..options(dir.path(), "refcocog") };
    let error = convert(&options).unwrap_err().to_string();
    for part in ["refs(umd).p", "instances.json", "refcocog.zip of lichengunc/refer", "COCO site"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn counts_that_are_not_the_published_ones_are_told_or_stop() {
    let dir = tempfile::tempdir().unwrap();
    drawn(dir.path());
    fs_err::rename(dir.path().join("refcoco/refs(synthetic).p"), dir.path().join("refcoco/refs(google).p")).unwrap();
    let options = ConvertOptions { split_by: "google".into(), decode: false, ..options(dir.path(), "refcoco") };
    let told = convert(&options).unwrap().differences;
    assert!(told.iter().any(|d| d.split == "val" && d.what == "refs" && d.published == 5000), "{told:?}");
    let error = convert(&ConvertOptions { counts: CountPolicy::Fail, ..options }).unwrap_err().to_string();
    assert!(error.contains("val: 8 refs, published are 5000"), "{error}");
}

#[test]
fn pictures_are_copied_where_asked() {
    let dir = tempfile::tempdir().unwrap();
    drawn(dir.path());
    let out = dir.path().join("out");
    let options = ConvertOptions { copy_to: Some(out.join("pictures")), ..options(dir.path(), "refcoco") };
    convert(&options).unwrap().save(&out, |_| {}).unwrap();
    fs_err::remove_dir_all(dir.path().join("images")).unwrap();
    let dataset = Dataset::load(&out).unwrap();
    assert!(dataset.records.iter().all(|record| dataset.image_path(record).is_file()));
}

#[test]
fn every_defect_is_a_line_of_its_list() {
    let found = defects(|refs, _| refs[1]["sentences"][0]["sent"] = json!("..."));
    let file = tempfile::NamedTempFile::new().unwrap();
    write_lines(file.path(), &found).unwrap();
    let line: Value = serde_json::from_str(&fs_err::read_to_string(file.path()).unwrap()).unwrap();
    assert_eq!((&line["defect"], &line["sent_id"]), (&json!("empty_expression"), &json!(12)));
    assert_eq!(line["message"], "ref 2: expression 12, `...`, is empty after cleaning");
}

#[test]
fn a_lenient_conversion_that_leaves_nothing_stops() {
    let error =
        convert_tiny(|refs, _| refs.as_array_mut().unwrap().iter_mut().for_each(|r| r["image_id"] = json!(6)), true);
    assert!(error.unwrap_err().to_string().contains("if others remain"));
}
