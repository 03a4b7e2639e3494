//! What each reader makes of a small sound folder.

use std::collections::BTreeMap;

use simvg_datasets::formats::{Boxes, Format};

use super::samples::*;

type Told<'a> = (&'a str, &'a str, Vec<[f64; 4]>);

#[track_caller]
fn check(read: &simvg_datasets::refer::Refer, expected: &[Told]) {
    let told = told(read);
    let told: Vec<Told> = told.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.clone())).collect();
    assert_eq!(told, expected);
}

fn sound(format: Format) -> simvg_datasets::refer::Refer {
    read_files(&files(format)).unwrap()
}

#[test]
fn refer() {
    check(&sound(Format::Refer), &[("train", "the man's café", vec![[10.5, 20.0, 30.0, 40.0]])]);
    let general = [("grefs(unc).json", GREFS.into()), ("instances.json", INSTANCES.into())];
    let man = ("train", "the man", vec![[10.5, 20.0, 30.0, 40.0]]);
    check(&read_files(&general).unwrap(), &[man, ("val", "no such thing", vec![])]);
}

#[test]
fn refclef_has_its_masks_as_run_lengths() {
    let rle = r#"[{"size": [360, 480], "counts": "Ua]}[\\\"0"}]"#;
    let instances = INSTANCES.replace("[[1, 2, 3, 4]]", rle);
    let files = [("refs(unc).p", REFS_PY2.into()), ("instances.json", instances.into())];
    assert_eq!(read_files(&files).unwrap().instances.annotations.len(), 1);
}

#[test]
fn mdetr() {
    let read = sound(Format::Mdetr);
    let men = vec![[1.0, 2.0, 30.0, 40.0], [5.0, 6.0, 70.0, 80.5]];
    check(&read, &[("val", "two men", men), ("val", "a cow", vec![])]);
    let [image] = &read.instances.images[..] else { panic!("one picture, told twice") };
    assert_eq!((image.id, image.width, image.height), (7, 480, 360));
}

#[test]
fn seqtr_with_one_box_a_record() {
    let read = sound(Format::SeqTr);
    check(
        &read,
        &[("train", "the man|him", vec![[1.0, 2.0, 30.0, 40.0]]), ("val", "a cow", vec![[5.0, 6.0, 7.0, 8.0]])],
    );
    assert_eq!(read.instances.images[0].file_name, "COCO_train2014_000000000007.jpg");
}

#[test]
fn seqtr_with_boxes_for_each_expression() {
    let men = vec![[1.0, 2.0, 30.0, 40.0], [5.0, 6.0, 70.0, 80.0]];
    let read = read_one("instances.json", SEQTR_GROUPED).unwrap();
    check(&read, &[("train", "two men", men.clone()), ("train", "a cow", vec![]), ("val", "two men", men)]);
}

#[test]
fn seqtr_mixed_tells_pictures_of_three_collections_apart() {
    let read = read_one("instances.json", SEQTR_MIXED).unwrap();
    let told =
        |image: &simvg_datasets::refer::instances::Image| (image.file_name.clone(), image.identity.clone().unwrap());
    let pictures: Vec<_> = read.instances.images.iter().map(told).collect();
    let expected = [
        ("coco/COCO_train2014_000000000007.jpg", "coco2014/7"),
        ("flickr/7.jpg", "flickr30k/7"),
        ("saiaprtc12/7.jpg", "saiaprtc12/7"),
    ];
    assert_eq!(pictures, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(&**read.refs.get(2).split, "val_referitgame_berkeley");
}

#[test]
fn transvg_lists_of_both_forms_of_torch() {
    let expected = |split| {
        let giraffe = (split, "the left giraffe", vec![[385.0, 60.0, 215.0, 297.0]]);
        [giraffe, (split, "the small one", vec![[53.0, 356.5, 132.5, 55.25]])]
    };
    check(&sound(Format::TransVg), &[expected("val"), expected("testA")].concat());
    let corners = read_files(&[("flickr_test.pth", include_bytes!("files/flickr_test.pth").to_vec())]).unwrap();
    check(&corners, &[("test", "Two young guys", vec![[158.0, 124.0, 61.0, 211.0]])]);
    assert_eq!(corners.instances.images[0].id, 1000092795);
}

#[test]
fn referit_counts_the_last_column_in() {
    let read = sound(Format::ReferIt);
    let man = ("train", "the man|him", vec![[0.0, 0.0, 480.0, 133.0]]);
    let (sky, left) = (("train", "sky", vec![[1.0, 2.0, 3.0, 3.0]]), ("val", "left", vec![[5.0, 6.0, 3.0, 3.0]]));
    check(&read, &[man, sky, left]);
    assert_eq!(read.instances.annotations.len(), 4, "regions that nobody speaks of are candidates");
}

#[test]
fn flickr30k_with_the_box_around_with_all_or_with_any() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &files(Format::Flickr30k));
    let read = |boxes| read_dir(dir.path(), &BTreeMap::new(), boxes).unwrap();
    let hands = ("train", "their hands", vec![[50.0, 5.0, 430.0, 75.0]]);
    check(&read(Boxes::Union), &[("train", "Two men", vec![[0.0, 1.0, 480.0, 79.0]]), hands.clone()]);
    let both = vec![[0.0, 1.0, 30.0, 39.0], [50.0, 5.0, 430.0, 75.0]];
    check(&read(Boxes::All), &[("train", "Two men", both.clone()), hands.clone()]);
    check(&read(Boxes::Any), &[("train", "Two men", both), hands]);
    let any = |boxes| read(boxes).refs.iter().map(|reference| reference.any_box).collect::<Vec<_>>();
    assert_eq!((any(Boxes::All), any(Boxes::Any)), (vec![false, false], vec![true, false]));
    fs_err::remove_file(dir.path().join("UNRELATED_CAPTIONS")).unwrap();
    assert_eq!(
        read(Boxes::Union).refs.iter().last().unwrap().sentences().next().unwrap().sent,
        "Men",
        "without the list nothing is left out"
    );
}

#[test]
fn refer_csv_keeps_references_and_numbers() {
    let read = sound(Format::ReferCsv);
    let corner = ("testA", "guy, in corner|black shirt", vec![[3.24, 159.31, 156.4, 312.81]]);
    check(&read, &[corner, ("testA", "left", vec![[1.0, 2.0, 3.0, 4.0]])]);
    assert_eq!((read.refs.get(0).ref_id, read.refs.sentence(1).sent_id), (45, 129));
}

#[test]
fn own_data() {
    let cup = vec![[10.0, 20.0, 30.5, 40.0]];
    check(&sound(Format::Csv), &[("train", "the red cup, left", cup.clone()), ("val", "a cow", vec![])]);
    let cups = vec![[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]];
    let read = sound(Format::JsonLines);
    check(&read, &[("train", "the cup|it", cup), ("val", "two cups", cups), ("val", "a cow", vec![])]);
    assert_eq!(read.instances.images.iter().map(|image| image.id).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn marks_of_byte_order_and_windows_line_ends_do_no_harm() {
    for format in [Format::ReferCsv, Format::Csv, Format::JsonLines, Format::SeqTr, Format::Mdetr] {
        let changed = files(format).into_iter().map(|(name, bytes)| {
            let text = String::from_utf8(bytes).unwrap().replace('\n', "\r\n");
            (name, format!("\u{feff}{text}").into_bytes())
        });
        assert_eq!(told(&read_files(&changed.collect::<Vec<_>>()).unwrap()), told(&sound(format)), "{format}");
    }
}
