//! Batches: same content whatever the threads, every record once, errors that name record and file.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use simvg_datasets::image::{Image, Jitter, write_png};
use simvg_datasets::loader::{Grouping, LoadedBatch, Loader, LoaderOptions, single};
use simvg_datasets::sample::{Dataset, Picture, Record};
use simvg_datasets::text::{Tokenizer, toy};

const SIZES: [(usize, usize); 4] = [(40, 30), (31, 47), (96, 96), (5, 64)];

fn tokenizer() -> Arc<Tokenizer> {
    Arc::new(Tokenizer::from_bytes(&toy::toy_model(toy::WORDS)).unwrap())
}

fn picture(id: usize, file: &str) -> Arc<Picture> {
    let (width, height) = SIZES[id % 4];
    let (width, height) = (width as u32, height as u32);
    Picture { id: id as i64, file: file.into(), width, height, ..Picture::default() }.into()
}

fn record(id: usize) -> Record {
    let (width, height) = SIZES[id % 4];
    let (group, text) = match id % 3 {
        0 => ("short", "red circle"),
        _ => ("long", "the red circle that is left of the cross"),
    };
    Record {
        id: id as i64,
        picture: picture(id, &format!("{}.png", id % 4)),
        expressions: vec![text.into(), "blue square".into()],
        boxes: vec![[1.0, 2.0, width as f64 - 1.0, height as f64 / 2.0]],
        any_box: false,
        split: "train".into(),
        dataset: "Demo".into(),
        group: group.into(),
    }
}

/// Eleven records over four pictures of awkward sizes.
fn dataset(dir: &Path) -> Dataset {
    for (i, (width, height)) in SIZES.into_iter().enumerate() {
        let data = (0..width * height * 3).map(|k| (k * 31 % 256) as u8).collect();
        write_png(&Image { width, height, data }, &dir.join(format!("{i}.png"))).unwrap();
    }
    Dataset { image_root: dir.display().to_string(), records: (0..11).map(record).collect() }
}

fn options() -> LoaderOptions {
    LoaderOptions {
        img_size: 32,
        batch: 4,
        jitter: Some(Jitter { min: 0.3, max: 1.4, official: false }),
        shuffle: true,
        ..LoaderOptions::default()
    }
}

fn epoch(data: &Arc<Dataset>, options: LoaderOptions, epoch: u64) -> Vec<LoadedBatch> {
    let loader = Loader::new(Arc::clone(data), "train", tokenizer(), options).unwrap();
    let batches = loader.epoch(epoch).collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(batches.len(), loader.batches_per_epoch());
    batches
}

#[test]
fn batches_depend_on_seed_and_epoch_but_not_on_threads_or_cache() {
    let dir = tempfile::tempdir().unwrap();
    let data = Arc::new(dataset(dir.path()));
    let one = epoch(&data, options(), 3);
    assert_eq!(one, epoch(&data, LoaderOptions { threads: 2, ..options() }, 3));
    assert_eq!(one, epoch(&data, LoaderOptions { threads: 5, cache_mib: 1, ..options() }, 3));
    assert_ne!(one, epoch(&data, options(), 4));
    assert_ne!(one, epoch(&data, LoaderOptions { seed: 1, ..options() }, 3));
}

#[test]
fn every_record_comes_once_and_drop_last_drops_only_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let data = Arc::new(dataset(dir.path()));
    let batches = epoch(&data, options(), 0);
    let seen: BTreeSet<usize> = batches.iter().flat_map(|b| b.records.clone()).collect();
    assert_eq!(seen.len(), 11);
    assert_eq!(batches.iter().map(LoadedBatch::len).collect::<Vec<_>>(), [4, 4, 3]);
    assert_eq!(epoch(&data, LoaderOptions { drop_last: true, ..options() }, 0).len(), 2);
    let in_order = epoch(&data, LoaderOptions { shuffle: false, ..options() }, 0);
    assert_eq!(in_order[0].records, [0, 1, 2, 3]);
}

#[test]
fn shapes_padding_and_boxes_fit_together() {
    let dir = tempfile::tempdir().unwrap();
    let data = Arc::new(dataset(dir.path()));
    for pad_to_max in [true, false] {
        for batch in epoch(&data, LoaderOptions { pad_to_max, ..options() }, 1) {
            let (b, l) = (batch.len(), batch.text_len());
            assert_eq!((batch.img.len(), batch.ids.len(), batch.padding.len()), (b * 3 * 32 * 32, b * l, b * l));
            let longest = batch.padding.chunks(l).map(|p| p.iter().filter(|&&v| v == 0).count()).max();
            assert_eq!(if pad_to_max { 20 } else { longest.unwrap() }, l);
            for (id, padding) in batch.ids.iter().zip(&batch.padding) {
                assert_eq!(*padding == 1, *id == Tokenizer::PAD);
            }
            let inside = |b: &[f64; 4]| b.iter().all(|v| (0.0..=32.0).contains(v)) && b[0] <= b[2] && b[1] <= b[3];
            assert!(batch.boxes.iter().flatten().all(inside));
        }
    }
}

#[test]
fn groups_are_not_mixed() {
    let dir = tempfile::tempdir().unwrap();
    let data = Arc::new(dataset(dir.path()));
    type Key = fn(&Record) -> String;
    let kinds: [(Grouping, Key); 2] = [
        (Grouping::Orientation, |r| (r.picture.width > r.picture.height).to_string()),
        (Grouping::ReportGroup, |r| r.group.to_string()),
    ];
    for (grouping, key) in kinds {
        let batches = epoch(&data, LoaderOptions { grouping, ..options() }, 0);
        for batch in &batches {
            let keys: BTreeSet<String> = batch.records.iter().map(|&i| key(&data.records[i])).collect();
            assert_eq!(keys.len(), 1, "{grouping:?}");
        }
        assert_eq!(batches.iter().map(LoadedBatch::len).sum::<usize>(), 11);
    }
}

#[test]
fn no_target_several_targets_and_blank_text() {
    let dir = tempfile::tempdir().unwrap();
    let mut data = dataset(dir.path());
    data.records[0].boxes.clear();
    data.records[1].boxes.push([0.0, 0.0, 9.0, 9.0]);
    let batch = &epoch(&Arc::new(data), LoaderOptions { shuffle: false, blank_text: true, ..options() }, 0)[0];
    assert_eq!((batch.boxes[0].len(), batch.boxes[1].len()), (0, 2));
    assert_eq!(batch.ids[..4], [Tokenizer::BOS, Tokenizer::EOS, Tokenizer::PAD, Tokenizer::PAD]);
}

#[test]
fn a_bad_record_stops_the_epoch_and_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let good = dataset(dir.path());
    fs_err::write(dir.path().join("broken.jpg"), [0xff, 0xd8, 0xff]).unwrap();
    type Damage = fn(&mut Record);
    let damages: [(Damage, &str); 4] = [
        (|r| r.picture = picture(0, "broken.jpg"), "broken.jpg"),
        (|r| r.picture = picture(0, "absent.jpg"), "absent.jpg"),
        (|r| r.boxes[0] = [500.0, 500.0, 600.0, 600.0], "outside"),
        (|r| r.expressions = vec!["?!".into()], "after cleaning"),
    ];
    for (damage, word) in damages {
        let mut data = good.clone();
        damage(&mut data.records[6]);
        let plain = LoaderOptions { shuffle: false, threads: 2, ..options() };
        let loader = Loader::new(Arc::new(data), "train", tokenizer(), plain).unwrap();
        let results: Vec<_> = loader.epoch(0).collect();
        assert_eq!(results.len(), 2, "the second batch fails and is the last");
        let message = format!("{:#}", results[1].as_ref().unwrap_err());
        assert!(message.contains(word) && message.contains("record 6"), "{message}");
    }
}

#[test]
fn an_epoch_may_be_abandoned_and_bad_options_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let data = Arc::new(dataset(dir.path()));
    let small = LoaderOptions { batch: 1, threads: 2, ..options() };
    let loader = Loader::new(Arc::clone(&data), "train", tokenizer(), small).unwrap();
    drop(loader.epoch(0).next());
    let refused = |split: &str, options| Loader::new(Arc::clone(&data), split, tokenizer(), options).is_err();
    assert!(refused("val", options()));
    assert!(refused("train", LoaderOptions { batch: 0, ..options() }));
    assert!(refused("train", LoaderOptions { max_token: 2, ..options() }));
    let upside_down = Some(Jitter { min: 2.0, max: 1.0, official: true });
    assert!(refused("train", LoaderOptions { jitter: upside_down, ..options() }));
}

#[test]
fn where_any_box_is_right_the_largest_is_trained_on() {
    let dir = tempfile::tempdir().unwrap();
    let plain = LoaderOptions { jitter: None, shuffle: false, batch: 1, ..options() };
    let boxes = |any_box| {
        let mut dataset = dataset(dir.path());
        dataset.records.truncate(1);
        let small = [1.0, 1.0, 5.0, 5.0];
        let record = &mut dataset.records[0];
        (record.boxes, record.any_box) = (vec![small, [2.0, 2.0, 20.0, 20.0], [3.0, 2.0, 21.0, 20.0]], any_box);
        let loader = Loader::new(Arc::new(dataset), "train", tokenizer(), plain.clone()).unwrap();
        loader.epoch(0).next().unwrap().unwrap().boxes
    };
    assert_eq!(boxes(false)[0].len(), 3);
    assert_eq!(boxes(true), [vec![boxes(false)[0][1]]], "of equals the first");
}

#[test]
fn a_single_picture_and_text_make_a_batch_of_one() {
    let image = Image::new(50, 20);
    let plain = LoaderOptions { pad_to_max: false, ..options() };
    let batch = single(&image, "The red circle!", &tokenizer(), &plain).unwrap();
    assert_eq!((batch.len(), batch.text_len(), batch.boxes[0].len()), (1, 5, 0));
    assert_eq!(batch.metas[0].scale_factor[0], f64::from(32.0f32 / 50.0));
    assert!(single(&image, "?!", &tokenizer(), &plain).is_err());
}

#[test]
fn neighbours_of_one_picture_share_its_pixels() {
    let dir = tempfile::tempdir().unwrap();
    let mut data = dataset(dir.path());
    data.records.iter_mut().for_each(|r| r.picture = picture(2, ["2.png", "3.png"][usize::from(r.id % 5 > 2)]));
    let data = Arc::new(data);
    let plain = LoaderOptions { jitter: None, shuffle: false, batch: 8, ..options() };
    let batch = &epoch(&data, plain.clone(), 0)[0];
    assert_eq!(batch.pictures, [0, 0, 0, 1, 1, 2, 2, 2]);
    let alone = epoch(&data, LoaderOptions { batch: 1, ..plain.clone() }, 0);
    for (i, &picture) in batch.pictures.iter().enumerate() {
        assert_eq!(batch.img.chunks(3 * 32 * 32).nth(picture).unwrap(), alone[i].img, "sample {i}");
        assert_eq!((batch.metas[i], &batch.boxes[i]), (alone[i].metas[0], &alone[i].boxes[0]), "sample {i}");
    }
    assert_eq!(batch.img.len(), 3 * 3 * 32 * 32);
    let jittered = &epoch(&data, LoaderOptions { jitter: options().jitter, ..plain }, 0)[0];
    assert_eq!(jittered.pictures, [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn used_memory_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let dataset = Arc::new(dataset(dir.path()));
    let loader = Loader::new(dataset, "train", tokenizer(), options()).unwrap();
    let fresh: Vec<LoadedBatch> = loader.epoch(0).map(Result::unwrap).collect();
    fresh.iter().for_each(|batch| loader.reuse(vec![f32::NAN; 2 * batch.img.len()]));
    let again: Vec<LoadedBatch> = loader.epoch(0).map(Result::unwrap).collect();
    assert_eq!(fresh, again);
}
