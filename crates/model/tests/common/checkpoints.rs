//! The checkpoints of `tests/golden/ckpt`: files that PyTorch wrote, and the same values as safetensors.

#![allow(dead_code, reason = "each test binary uses its own part of this module")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use simvg_model::checkpoint::Checkpoint;
use simvg_model::tensor::Tensor;

pub fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ckpt").join(file)
}

pub fn load(file: &str) -> Checkpoint {
    Checkpoint::load(&path(file)).unwrap()
}

/// Names, shapes, types and values must be the same.
#[track_caller]
pub fn assert_same(got: &BTreeMap<String, Tensor>, want: &BTreeMap<String, Tensor>) {
    assert_eq!(got.keys().collect::<Vec<_>>(), want.keys().collect::<Vec<_>>());
    for (name, tensor) in got {
        let of = |t: &Tensor| (t.shape.clone(), t.dtype, t.values().unwrap().into_owned());
        assert_eq!(of(tensor), of(&want[name]), "{name}");
    }
}
