//! Formats are told apart by content, and what cannot be told is asked for.

use std::collections::BTreeMap;

use simvg_datasets::formats::{Boxes, Format, recognise};

use super::samples::*;

fn message(files: &[(&str, Vec<u8>)]) -> String {
    format!("{:#}", read_files(files).err().unwrap())
}

#[test]
fn every_sound_folder_is_recognised_whatever_its_files_are_called() {
    for (_, format) in Format::NAMES.into_iter().skip(1) {
        let dir = tempfile::tempdir().unwrap();
        let renamed: Vec<_> = files(format)
            .into_iter()
            .enumerate()
            .map(
                |(i, (name, bytes))| {
                    if name.contains('/') { (name.to_owned(), bytes) } else { (format!("{i}.dat"), bytes) }
                },
            )
            .collect();
        write(dir.path(), &renamed.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect::<Vec<_>>());
        assert_eq!(recognise(dir.path()).unwrap(), format);
    }
}

#[test]
fn several_formats_are_told_with_their_files() {
    let both = [files(Format::Refer), files(Format::Csv)].concat();
    let told = message(&both);
    for part in ["several formats", "`format`", "Refer: refs(unc).p", "Csv: mine.csv"] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn no_format_is_told_with_what_was_looked_for_and_found() {
    let told =
        message(&[("a.json", b"{\"x\": 1}".to_vec()), ("b.txt", b"hello".to_vec()), ("c.bin", vec![0xff, 0xd8])]);
    let found = ["a.json: JSON with `x`", "b.txt: text that begins with `hello`", "c.bin: neither a pickle nor text"];
    for part in found.into_iter().chain(["Flickr30k: folders Sentences and Annotations", "`ref_id`"]) {
        assert!(told.contains(part), "{told}");
    }
    assert!(message(&[("instances.json", INSTANCES.into())]).contains("pictures and objects in COCO's form"));
}

#[test]
fn splits_come_from_names_or_are_given() {
    let nameless = [("some.json", MDETR.into())];
    assert!(message(&nameless).contains("give `files: {\"val\": \"some.json\"}`"), "{}", message(&nameless));
    let twice = [("a_val.json", MDETR.into()), ("b_val.json", MDETR.into())];
    assert!(message(&twice).contains("both of split val"), "{}", message(&twice));
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &nameless);
    let read = |split: &str, name: &str| {
        read_dir(dir.path(), &BTreeMap::from([(split.to_owned(), name.to_owned())]), Boxes::Union)
    };
    assert_eq!(read("test", "some.json").unwrap().refs.get(0).split.as_ref(), "test");
    assert!(format!("{:#}", read("test", "../some.json").unwrap_err()).contains("leads out of"));
    assert!(format!("{:#}", read("test", "other.json").unwrap_err()).contains("other.json"));
    assert!(
        message(&[("mine.jsonl", LINES.replace(", \"split\": \"val\"", "").into())]).contains("line 3: no `split`")
    );
}

#[test]
fn files_of_refer_are_read_under_any_name_that_does_not_name_another_split() {
    let read = |refs: &'static str, instances: &'static str| {
        read_files(&[(refs, REFS_PY2.into()), (instances, INSTANCES.into()), ("readme.txt", b"hello".to_vec())])
    };
    let sound = told(&read("refs(unc).p", "instances.json").unwrap());
    assert_eq!(told(&read("expressions.pkl", "instances.json").unwrap()), sound);
    assert_eq!(told(&read("refs(unc).p", "instances_train2014.json").unwrap()), sound);
    assert_eq!(told(&read("a.dat", "b.dat").unwrap()), sound);
    let other = format!("{:#}", read("refs(google).p", "instances.json").unwrap_err());
    assert!(other.contains("refs(unc).p"), "{other}");
    let json = [("a.dat", GREFS.into()), ("instances.json", INSTANCES.into())];
    assert_eq!(read_files(&json).unwrap().refs.len(), 2, "as JSON too");
    let two = [("a.p", REFS_PY2.into()), ("b.p", REFS_PY2.into()), ("instances.json", INSTANCES.into())];
    assert!(read_files(&two).is_err(), "one of two is not chosen");
}

#[test]
fn a_value_that_hides_the_format_is_told() {
    let digits = "9".repeat(100_000);
    let files = [("x_val.json", MDETR.replacen("480", &digits, 1).into_bytes())];
    assert!(message(&files).contains("x_val.json: JSON with a number or text at byte"), "{}", message(&files));
}
