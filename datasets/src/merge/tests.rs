//! Data sets that overlap, made by hand.

use super::*;
use crate::sample::tests::{picture, record};

fn dataset(root: &str, records: Vec<Record>) -> Dataset {
    Dataset { image_root: root.into(), records }
}

fn merged(inputs: &[Dataset]) -> Merged {
    merge(inputs.to_vec(), &[], &MergeOptions::default()).unwrap()
}

fn kept(merged: &Merged) -> Vec<(i64, &str)> {
    merged.dataset.records.iter().map(|r| (r.picture.id, &*r.split)).collect()
}

/// The record of data set `name`.
fn of(name: &str, record: Record) -> Record {
    Record { dataset: name.into(), ..record }
}

#[test]
fn pictures_of_any_evaluation_split_leave_training() {
    let one = dataset("coco", vec![record(1, "train"), record(2, "train"), record(3, "val")]);
    let two = dataset("coco", vec![record(2, "testA"), record(3, "train"), record(4, "train")]);
    let merged = merged(&[one, two]);
    assert_eq!(kept(&merged), [(1, "train"), (3, "val"), (2, "testA"), (4, "train")]);
    assert_eq!((merged.report.removed_records, merged.report.removed_images), (2, 2));
}

#[test]
fn what_was_removed_and_what_is_shared_is_told_by_input() {
    let name = |name, records: Vec<Record>| dataset("coco", records.into_iter().map(|r| of(name, r)).collect());
    let twice = Record { id: 9, ..record(2, "train") };
    let one = name("One", vec![record(1, "train"), record(2, "train"), twice]);
    let two = name("Two", vec![record(2, "val"), record(3, "train")]);
    let three = name("Three", vec![record(2, "train"), record(5, "test")]);
    let report = merged(&[one, two, three]).report;
    let told: Vec<_> =
        report.inputs.iter().map(|p| (p.images, p.records, p.removed_records, p.removed_images)).collect();
    assert_eq!(told, [(2, 1, 2, 1), (2, 2, 0, 0), (2, 1, 1, 1)]);
    assert_eq!((report.removed_records, report.removed_images), (3, 1));
    assert_eq!(report.shared.iter().map(|s| s.images).collect::<Vec<_>>(), [1, 1, 1]);
    let lines = report.lines();
    assert!(lines.contains(&"One and Two share 1 pictures".to_owned()), "{lines:?}");
    assert_eq!(lines.last().unwrap(), "3 training records of 1 pictures left out in all");
}

#[test]
fn pictures_of_a_data_set_that_is_only_evaluated_leave_training() {
    let train = dataset("coco", vec![record(1, "train"), record(2, "train")]);
    let other = dataset("coco", vec![record(1, "train"), record(2, "test")]);
    let merged = merge(vec![train], &[other], &MergeOptions::default()).unwrap();
    assert_eq!(kept(&merged), [(1, "train")], "trained on elsewhere is no harm, tested on is");
}

#[test]
fn splits_that_are_left_out_are_guarded_all_the_same() {
    let one = dataset("coco", vec![record(1, "train"), record(2, "train")]);
    let two = dataset("coco", vec![record(2, "test"), record(3, "train"), record(4, "val")]);
    let options = MergeOptions { splits: vec!["train".into(), "val".into()], ..MergeOptions::default() };
    let merged = merge(vec![one, two], &[], &options).unwrap();
    assert_eq!(kept(&merged), [(1, "train"), (3, "train"), (4, "val")]);
}

#[test]
fn the_same_number_in_another_collection_is_another_picture() {
    let other = Record { picture: Picture { identity: "flickr/1".into(), ..picture(1) }.into(), ..record(1, "test") };
    let merged = merged(&[dataset("a", vec![record(1, "train")]), dataset("a", vec![other])]);
    assert_eq!((merged.report.removed_records, merged.report.shared.len()), (0, 0));
}

#[test]
fn equal_files_are_one_picture_where_content_counts() {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in [("1.jpg", "same"), ("2.jpg", "other"), ("copy.jpg", "same")] {
        fs_err::write(dir.path().join(name), bytes).unwrap();
    }
    let root = dir.path().to_str().unwrap();
    let copy = Picture { identity: "flickr/7".into(), file: "copy.jpg".into(), ..picture(7) };
    let copy = Record { picture: copy.into(), ..record(7, "val") };
    let inputs =
        || vec![dataset(root, vec![record(1, "train"), record(2, "train")]), dataset(root, vec![copy.clone()])];
    let by = |identity| merge(inputs(), &[], &MergeOptions { identity, ..MergeOptions::default() }).unwrap();
    assert_eq!(kept(&by(Identity::Collection)), [(1, "train"), (2, "train"), (7, "val")]);
    assert_eq!(kept(&by(Identity::Content)), [(2, "train"), (7, "val")]);
    fs_err::remove_file(dir.path().join("2.jpg")).unwrap();
    let error = merge(inputs(), &[], &MergeOptions { identity: Identity::Content, splits: vec![] }).unwrap_err();
    assert!(format!("{error:#}").contains("2.jpg"), "{error:#}");
}

#[test]
fn ids_stay_unique_and_paths_stay_right() {
    let inputs = [dataset("a", vec![record(1, "train")]), dataset("/b", vec![record(1, "train")])];
    let merged = merged(&inputs).dataset;
    assert_ne!(merged.records[0].id, merged.records[1].id);
    let paths: Vec<_> = merged.records.iter().map(|record| merged.image_path(record)).collect();
    assert_eq!(paths, [Path::new("a/1.jpg"), Path::new("/b/1.jpg")]);
}

#[test]
fn merged_sets_merge_again() {
    let one = || dataset("a", vec![record(1, "train"), record(2, "train")]);
    let twice = merged(&[one(), one()]).dataset;
    let ids: HashSet<i64> = merged(&[twice.clone(), twice, one()]).dataset.records.iter().map(|r| r.id).collect();
    assert_eq!(ids.len(), 10);
    assert!(merge(vec![dataset("a", vec![record(i64::MAX, "train")]); 2], &[], &MergeOptions::default()).is_err());
    assert!(merge(vec![dataset("a", vec![record(-1, "train")])], &[], &MergeOptions::default()).is_err());
}

#[test]
fn one_input_stays_as_it_is() {
    let input = dataset("a", vec![record(1, "train"), record(2, "val")]);
    assert_eq!(merged(std::slice::from_ref(&input)).dataset, input);
    assert!(merge(vec![], &[], &MergeOptions::default()).is_err());
}

/// Records of `count` pictures from `first` on, three a picture; every tenth picture is evaluated on.
fn many(name: &str, first: i64, count: i64) -> Dataset {
    let split = |id: i64| if id % 10 == 0 { "val" } else { "train" };
    let records = (first..first + count).flat_map(|id| {
        let one = of(name, record(id, split(id)));
        (0..3).map(move |i| Record { id: 3 * id + i, ..one.clone() })
    });
    dataset(name, records.collect())
}

#[test]
fn many_pictures_are_merged_with_every_one_that_is_evaluated_kept_out() {
    // Their pictures 8,000 to 9,999 are the same, and so are those that they evaluate on there; the third evaluates on others.
    let (one, two) = (many("one", 0, 10_000), many("two", 8_000, 10_000));
    let shifted = many("three", 0, 10_000).records.into_iter().map(|record| {
        let split = if record.picture.id % 10 == 1 { "testA" } else { "train" };
        Record { split: split.into(), ..record }
    });
    let three = dataset("three", shifted.collect());
    let merged = merged(&[one, two, three]);
    let evaluated: HashSet<&str> =
        merged.dataset.records.iter().filter(|r| &*r.split != TRAIN).map(|r| r.picture.identity.as_str()).collect();
    let trained = merged.dataset.records.iter().filter(|r| &*r.split == TRAIN);
    assert!(trained.clone().all(|record| !evaluated.contains(record.picture.identity.as_str())));
    // Of one, the 1,000 pictures that three tests on; of two, the 200 of these that it has; of three, the 1,000 of val.
    let told: Vec<_> = merged.report.inputs.iter().map(|part| (part.removed_records, part.removed_images)).collect();
    assert_eq!(told, [(3_000, 1_000), (600, 200), (3_000, 1_000)]);
    assert_eq!((merged.report.removed_records, merged.report.removed_images), (6_600, 2_000));
    assert_eq!(merged.dataset.records.len(), 90_000 - 6_600);
    let ids: HashSet<i64> = merged.dataset.records.iter().map(|record| record.id).collect();
    assert_eq!(ids.len(), merged.dataset.records.len(), "ids are unique");
}
