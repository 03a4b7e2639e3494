//! The measures against numbers printed by the official evaluators (`tests/golden/eval`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use safetensors::SafeTensors;
use serde_json::Value;
use simvg_stages::metrics::{GrecRule, GrecTally, RecTally, ScoredBox, Xyxy};

fn golden(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/eval");
    std::fs::read(folder.join(name)).unwrap()
}

fn floats(tensors: &SafeTensors, name: &str) -> Vec<f32> {
    let data = tensors.tensor(name).unwrap().data().to_vec();
    data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

fn boxes(tensors: &SafeTensors, name: &str) -> Vec<Xyxy> {
    floats(tensors, name).chunks_exact(4).map(|c| [c[0], c[1], c[2], c[3]]).collect()
}

/// Cuts `all` into runs of the lengths in the int64 tensor `name`.
fn runs<T: Clone>(tensors: &SafeTensors, name: &str, all: &[T]) -> Vec<Vec<T>> {
    let mut rest = all;
    let mut cut = |n: usize| {
        let (run, tail) = rest.split_at(n);
        rest = tail;
        run.to_vec()
    };
    let data = tensors.tensor(name).unwrap().data().to_vec();
    data.chunks_exact(8).map(|b| cut(i64::from_le_bytes(b.try_into().unwrap()) as usize)).collect()
}

#[test]
fn accuracy_matches_the_official_one() {
    let bytes = golden("acc.safetensors");
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let expected: Value = serde_json::from_slice(&golden("expected.json")).unwrap();
    let (predicted, truth) = (boxes(&tensors, "pred"), boxes(&tensors, "gt"));
    let mut tally = RecTally::default();
    for ((p, t), want) in predicted.iter().zip(&truth).zip(floats(&tensors, "iou")) {
        let got = tally.add(Some(p), t);
        assert!((got - want).abs() < 1e-6, "IoU {got} instead of {want}");
    }
    let want = expected["acc_at_0_5"].as_f64().unwrap();
    assert!((tally.accuracy().unwrap() - want).abs() < 1e-4);
}

/// Predicted boxes and targets of every sample; no target where the annotation says category -1.
fn grec_samples(expected: &Value) -> Vec<(Vec<ScoredBox>, Vec<Xyxy>)> {
    let bytes = golden("grec.safetensors");
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let scored = boxes(&tensors, "pred_boxes").into_iter().zip(floats(&tensors, "pred_scores"));
    let scored: Vec<_> = scored.map(|(bbox, score)| ScoredBox { bbox, score }).collect();
    let predicted = runs(&tensors, "pred_counts", &scored);
    let targets = runs(&tensors, "gt_counts", &boxes(&tensors, "gt_boxes"));
    let nothing = |i: usize| expected["category_ids"][i][0] == -1;
    let targets = targets.into_iter().enumerate().map(|(i, t)| if nothing(i) { Vec::new() } else { t });
    predicted.into_iter().zip(targets).collect()
}

#[test]
fn grec_matches_the_official_one() {
    let expected: Value = serde_json::from_slice(&golden("expected.json")).unwrap();
    let expected = &expected["grec"];
    let samples = grec_samples(expected);
    for (i, (predicted, targets)) in samples.iter().enumerate() {
        let mut tally = GrecTally::default();
        tally.add(&GrecRule::default(), predicted, targets);
        check(&tally, &expected["per_sample"][i], &format!("sample {i}"));
    }
    for batch in expected["batches"].as_array().unwrap() {
        let mut tally = GrecTally::default();
        for i in batch["indices"].as_array().unwrap() {
            let (predicted, targets) = &samples[i.as_u64().unwrap() as usize];
            tally.add(&GrecRule::default(), predicted, targets);
        }
        check(&tally, batch, &batch["indices"].to_string());
    }
}

/// The official N-acc of a set without no-target samples is 0.
fn check(tally: &GrecTally, want: &Value, of: &str) {
    let (f1, n_acc) = (want["f1"].as_f64().unwrap(), want["n_acc"].as_f64().unwrap());
    assert!((tally.f1_score().unwrap() - f1).abs() < 1e-4, "F1score of {of}: {:?}, not {f1}", tally.f1_score());
    assert!((tally.n_acc().unwrap_or(0.0) - n_acc).abs() < 1e-4, "N-acc of {of}: {:?}, not {n_acc}", tally.n_acc());
}
