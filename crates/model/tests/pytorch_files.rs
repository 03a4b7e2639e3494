//! Checkpoints of PyTorch come in with their values, and ours go out such that PyTorch reads them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "common/checkpoints.rs"]
mod checkpoints;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use checkpoints::{assert_same, load};
use simvg_model::checkpoint::{Checkpoint, Weights, Which, save, save_pth};
use simvg_model::config::{InitScheme, ModelConfig};
use simvg_model::model;

#[test]
fn weights_and_average_of_a_training_are_taken_and_its_optimizer_is_not() {
    let mut want = load("state_dict.safetensors").tensors().clone();
    let average = load("ema_state_dict.safetensors");
    want.extend(average.tensors().iter().map(|(name, tensor)| (format!("ema.{name}"), tensor.clone())));
    let got = load("latest_legacy.pth");
    assert_same(got.tensors(), &want);
    assert_eq!((&*got.metadata()["epoch"], &*got.metadata()["d_acc"]), ("6", "81.25"));
}

#[test]
fn views_are_gathered_from_a_shared_storage() {
    assert_same(load("strided_shared_legacy.pth").tensors(), load("state_dict.safetensors").tensors());
}

#[test]
fn every_type_is_read() {
    let mut want = load("misc_types.safetensors").tensors().clone();
    // One tensor lies in dictionaries within the dictionary; the other file shortens its name.
    let nested = want.remove("nested.z").unwrap();
    want.insert("nested.a.b.z".into(), nested);
    assert_same(load("misc_types.pth").tensors(), &want);
    assert_same(load("misc_types_legacy.pth").tensors(), &want);
}

#[test]
fn a_backbone_lies_under_the_key_model() {
    assert_same(load("beit3_tiny_patch16_legacy.pth").tensors(), load("source.safetensors").tensors());
}

/// A small model and its average, written by `write` to a file called `name`.
fn written(folder: &Path, name: &str, write: impl Fn(&Path, &Weights)) -> (ModelConfig, Vec<f32>, Checkpoint) {
    let mut config = ModelConfig::preset("toy").unwrap();
    config.head.share_predicthead = true;
    let layout = model::layout(&config);
    let params = model::init(&config, &layout, 3, InitScheme::Official);
    let average: Vec<f32> = params.iter().map(|x| x / 2.0).collect();
    let facts = BTreeMap::from([("epoch".to_owned(), "7".to_owned())]);
    let path = folder.join(name);
    let ema = Some(average.as_slice());
    let weights = Weights { config: &config, layout: &layout, params: &params, ema, stale_ema: None, facts: &facts };
    write(&path, &weights);
    let back = Checkpoint::load(&path).unwrap();
    (config, params, back)
}

#[test]
fn what_is_written_as_pth_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (config, params, back) = written(folder.path(), "a.pth", |path, weights| save_pth(path, weights).unwrap());
    assert_eq!(back.config().unwrap(), config);
    assert_eq!(back.metadata()["epoch"], "7");
    let layout = model::layout(&config);
    let mut got = vec![0.0; layout.len()];
    back.copy_into(&layout, &mut got, Which::Live, false).unwrap();
    assert_eq!(got, params);
    back.copy_into(&layout, &mut got, Which::Ema, false).unwrap();
    assert!(got.iter().zip(&params).all(|(got, want)| *got == want / 2.0));
}

#[test]
fn exports_hold_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _, first) = written(folder.path(), "a.safetensors", |path, weights| save(path, weights).unwrap());
    for name in ["b.pth", "b.safetensors"] {
        let path = folder.path().join(name);
        first.export(&path).unwrap();
        let back = Checkpoint::load(&path).unwrap();
        assert_same(back.tensors(), first.tensors());
        assert_eq!(back.metadata(), first.metadata());
    }
    let error = first.export(&folder.path().join("b.onnx")).unwrap_err().to_string();
    assert!(error.contains("b.onnx: the name must end in .safetensors, .pth or .pt"), "{error}");
}

#[test]
fn a_file_that_does_not_say_what_it_is_can_be_told() {
    let folder = tempfile::tempdir().unwrap();
    let (config, _, _) = written(folder.path(), "a.pth", |path, weights| save_pth(path, weights).unwrap());
    let mut file = Checkpoint::load(&folder.path().join("a.pth")).unwrap();
    let mut other = config.clone();
    other.head.num_queries = 10;
    let error = file.set_config(&other).unwrap_err().to_string();
    assert!(error.contains("query_embed"), "{error}");
    file.set_config(&config).unwrap();
    assert_eq!(load("state_dict.safetensors").config().unwrap_err().to_string().matches("`init`").count(), 1);
}

/// Reads the file as carefully as PyTorch can, and prints what it found.
const SCRIPT: &str = "
import sys, torch
file = torch.load(sys.argv[1], weights_only=True)
live, average = file['state_dict'], file['ema_state_dict']
assert list(live) == list(average)
assert all(t.dtype == torch.float32 and t.is_contiguous() for t in live.values())
assert all(torch.equal(live[n] / 2, average[n]) for n in live if not n.endswith('empty_weight'))
print(len(live), list(live['vis_enc.beit3.vision_embed.proj.weight'].shape), file['meta']['epoch'])
";

/// `PYTHON` names the interpreter, for one that lies elsewhere.
#[test]
fn pytorch_reads_what_is_written() {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let has_torch = Command::new(&python).args(["-c", "import torch"]).output();
    if !has_torch.is_ok_and(|output| output.status.success()) {
        eprintln!("passed over: {python} has no torch");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_, _, back) = written(folder.path(), "a.pth", |path, weights| save_pth(path, weights).unwrap());
    let output = Command::new(&python).args(["-c", SCRIPT]).arg(folder.path().join("a.pth")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let live = back.tensors().keys().filter(|name| !name.starts_with("ema.")).count();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), format!("{live} [64, 3, 16, 16] 7"));
}
