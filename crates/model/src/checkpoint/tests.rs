//! Mapped parameters are those that would be copied, and files stay as they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err as fs;
use safetensors::tensor::TensorView;

use super::{Checkpoint, Weights, Which, save, save_pth};
use crate::Precision;
use crate::batch::{Batch, ImageMeta};
use crate::config::{InitScheme, ModelConfig};
use crate::head::{Branches, HeadOutput};
use crate::model::{self, SimVg};
use crate::safefile;
use crate::tensor::Dtype;

/// A small model and its average, written by `write`.
fn written(path: &Path, write: impl Fn(&Path, &Weights)) -> (ModelConfig, [Vec<f32>; 2]) {
    let config = ModelConfig::preset("toy").unwrap();
    let layout = model::layout(&config);
    let params = model::init(&config, &layout, 3, InitScheme::Official);
    let average: Vec<f32> = params.iter().map(|x| x / 2.0).collect();
    let (ema, facts) = (Some(average.as_slice()), BTreeMap::new());
    write(path, &Weights { config: &config, layout: &layout, params: &params, ema, stale_ema: None, facts: &facts });
    (config, [params, average])
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.safetensors");
    (folder, path)
}

fn is_mapped(path: &Path) -> bool {
    let checkpoint = Checkpoint::load(path).unwrap();
    let layout = model::layout(&checkpoint.config().unwrap());
    checkpoint.map(&layout, Which::Ema).is_some()
}

/// What a model says of two samples, the same every time.
fn answer(mut model: SimVg) -> HeadOutput {
    let side = model.config().encoder.img_size;
    model.infer(
        &Batch {
            img: (0..2 * 3 * side * side).map(|i| ((i as f32 * 12.9898).sin() * 43_758.547).fract()).collect(),
            ids: vec![0, 5, 7, 2, 0, 9, 2, 1],
            padding: vec![0, 0, 0, 0, 0, 0, 0, 1],
            metas: vec![ImageMeta { img_shape: [side; 2], scale_factor: [1.0; 4] }; 2],
            ..Batch::default()
        },
        Branches::BOTH,
    )
}

#[test]
fn both_sets_of_parameters_lie_in_the_file_as_in_memory() {
    let (_folder, path) = folder();
    let (config, [params, average]) = written(&path, |path, weights| save(path, weights).unwrap());
    let (checkpoint, layout) = (Checkpoint::load(&path).unwrap(), model::layout(&config));
    assert_eq!(*checkpoint.map(&layout, Which::Live).unwrap(), *params);
    assert_eq!(*checkpoint.map(&layout, Which::Ema).unwrap(), *average);
    let first = checkpoint.plain(&layout, &layout.entries()[0], Which::Ema).unwrap();
    assert_eq!(first.start() % 64, 0, "weights begin with a line of the caches");
}

#[test]
fn a_mapped_model_answers_as_a_copied_one_and_leaves_its_file_alone() {
    let (_folder, path) = folder();
    written(&path, |path, weights| save(path, weights).unwrap());
    let (checkpoint, bytes) = (Checkpoint::load(&path).unwrap(), fs::read(&path).unwrap());
    let copied = answer(SimVg::from_checkpoint(&checkpoint, Precision::F32).unwrap());
    let mapped = SimVg::map_checkpoint(&checkpoint, Precision::F32).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes, "packing");
    assert_eq!(answer(mapped).outputs, copied.outputs);
    assert_eq!(fs::read(&path).unwrap(), bytes, "computing");
    let mapped = SimVg::map_checkpoint(&checkpoint, Precision::F32).unwrap();
    drop(checkpoint);
    fs::remove_file(&path).unwrap();
    assert_eq!(answer(mapped).outputs, copied.outputs, "of a deleted file");
}

#[test]
fn other_files_are_copied() {
    let (folder, path) = folder();
    written(&path, |path, weights| save(path, weights).unwrap());
    let checkpoint = Checkpoint::load(&path).unwrap();
    let want = answer(SimVg::map_checkpoint(&checkpoint, Precision::F32).unwrap());
    let by_name = folder.path().join("by_name.safetensors");
    rewrite(&checkpoint, &by_name, |_| Dtype::F32);
    let wide = folder.path().join("wide.safetensors");
    rewrite(&checkpoint, &wide, |name| if name.ends_with("cls_token") { Dtype::F64 } else { Dtype::F32 });
    let torch = folder.path().join("a.pth");
    written(&torch, |path, weights| save_pth(path, weights).unwrap());
    for path in [by_name, wide, torch] {
        assert!(!is_mapped(&path), "{}", path.display());
        let checkpoint = Checkpoint::load(&path).unwrap();
        let got = SimVg::map_checkpoint(&checkpoint, Precision::F32).unwrap();
        assert_eq!(answer(got).outputs, want.outputs, "{}", path.display());
    }
    let exported = folder.path().join("exported.safetensors");
    Checkpoint::load(&folder.path().join("a.pth")).unwrap().export(&exported).unwrap();
    assert!(is_mapped(&exported));
}

/// The same tensors, by type and name as the library writes them.
fn rewrite(checkpoint: &Checkpoint, path: &Path, dtype: impl Fn(&str) -> Dtype) {
    let tensors = checkpoint.tensors().iter().map(|(name, tensor)| {
        let values = tensor.values().unwrap();
        let bytes = match dtype(name) {
            Dtype::F64 => values.iter().flat_map(|x| f64::from(*x).to_le_bytes()).collect::<Vec<_>>(),
            _ => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
        };
        (name, &tensor.shape, dtype(name), bytes)
    });
    let tensors: Vec<_> = tensors.collect();
    let views = tensors
        .iter()
        .map(|(name, shape, dtype, bytes)| ((*name).clone(), TensorView::new(*dtype, shape.to_vec(), bytes).unwrap()));
    let mut views: Vec<_> = views.collect();
    views.sort_by_key(|(_, view)| std::cmp::Reverse(view.dtype()));
    safefile::write(&mut fs::File::create(path).unwrap(), &views, checkpoint.metadata()).unwrap();
}

#[test]
fn a_file_cut_short_after_its_header_was_read_is_an_error() {
    let (_folder, path) = folder();
    let (config, _) = written(&path, |path, weights| save(path, weights).unwrap());
    let checkpoint = Checkpoint::load(&path).unwrap();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(20_000).unwrap();
    assert!(checkpoint.map(&model::layout(&config), Which::Ema).is_none());
    assert!(SimVg::map_checkpoint(&checkpoint, Precision::F32).is_err());
}
