//! Reads the golden cases of `tests/golden`: what the official code computed, for tests to compare with.
//!
//! A case is a folder of safetensors files (configuration, weights, inputs, outputs, gradients, parameters after
//! three optimizer steps); every tensor is given as f32, whatever its type on disk.

#![allow(dead_code, reason = "each test binary uses its own part of this module")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use simvg_model::batch::{Batch, ImageMeta, Targets};
use simvg_model::config::{Compat, EncoderConfig, HeadConfig, ModelConfig};
use simvg_model::params::Layout;

/// A tensor of a golden file, converted to f32.
#[derive(Clone, Debug)]
pub struct Tensor {
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}

/// Tensors by name.
pub type Tensors = BTreeMap<String, Tensor>;

/// One golden case.
pub struct Golden {
    pub config: ModelConfig,
    /// `config.json` as it is: `optim`, `text_mask_dtype`, `metas`.
    pub json: Value,
    /// `losses.json` as it is.
    pub losses: Value,
    pub weights: Tensors,
    pub inputs: Tensors,
    pub outputs: Tensors,
    /// Gradient of `loss_total` before clipping.
    pub grads: Tensors,
    /// `param.<name>` and `ema.<name>` after three steps.
    pub step3: Tensors,
    /// 1 where `step3` can be compared; all parameters one after the other in byte order of their names.
    pub step3_mask: Vec<f32>,
}

impl Golden {
    /// Loads `tests/golden/<case>`. Dropout and drop-path are 0 in every case.
    pub fn load(case: &str) -> Self {
        let json: Value = serde_json::from_slice(&read(case, "config.json")).expect("config.json");
        let encoder: EncoderConfig = serde_json::from_value(json["encoder"].clone()).expect("encoder");
        let head: HeadConfig = serde_json::from_value(json["head"].clone()).expect("head");
        let head = HeadConfig { dropout: 0.0, ..head };
        let mut mask = tensors(case, "step3_mask");
        Self {
            config: ModelConfig { encoder, head, compat: Compat::Official },
            json,
            losses: serde_json::from_slice(&read(case, "losses.json")).expect("losses.json"),
            weights: tensors(case, "weights"),
            inputs: tensors(case, "inputs"),
            outputs: tensors(case, "outputs"),
            grads: tensors(case, "grads"),
            step3: tensors(case, "step3"),
            step3_mask: mask.remove("mask").expect("mask").data,
        }
    }

    /// The weights as one flat buffer of this layout.
    pub fn params(&self, layout: &Layout) -> Vec<f32> {
        let mut flat = vec![0.0; layout.len()];
        for entry in layout.entries() {
            let tensor = self.weights.get(&entry.name).unwrap_or_else(|| panic!("no golden weight {}", entry.name));
            assert_eq!(tensor.shape, entry.shape, "shape of {}", entry.name);
            flat[entry.range()].copy_from_slice(&tensor.data);
        }
        flat
    }

    /// The inputs as a batch with its ground truth.
    pub fn batch(&self) -> Batch {
        let metas: Vec<ImageMeta> = list(&self.json["metas"]).iter().map(meta).collect();
        Batch {
            img: self.inputs["img"].data.clone(),
            ids: self.inputs["ref_expr_inds"].data.iter().map(|&x| x as u32).collect(),
            padding: self.inputs["text_padding_mask"].data.iter().map(|&x| x as u8).collect(),
            metas,
            targets: self.targets(),
            ..Batch::default()
        }
    }

    fn targets(&self) -> Vec<Targets> {
        let mut boxes = self.inputs["gt_boxes"].data.chunks_exact(4).map(|b| [b[0], b[1], b[2], b[3]].map(f64::from));
        let counts = &self.inputs["gt_counts"].data;
        let metas = list(&self.json["metas"]);
        let one = |(&n, meta): (&f32, &Value)| {
            let boxes: Vec<_> = boxes.by_ref().take(n as usize).collect();
            let is_object = (0..boxes.len()).map(|i| meta["target"][i]["category_id"] != -1).collect();
            Targets { boxes, is_object }
        };
        counts.iter().zip(metas).map(one).collect()
    }

    /// The entries of `losses.json` under `losses`.
    pub fn loss(&self, name: &str) -> f64 {
        self.losses["losses"][name].as_f64().unwrap_or_else(|| panic!("no golden loss {name}"))
    }
}

/// Fails with the place of the largest difference if `got` and `want` are further apart than `tolerance`.
#[track_caller]
pub fn assert_close(what: &str, got: &[f32], want: &[f32], tolerance: f32) {
    assert_eq!(got.len(), want.len(), "elements of {what}");
    let error = |i: usize| if got[i].is_nan() { f32::INFINITY } else { (got[i] - want[i]).abs() };
    let Some(worst) = (0..got.len()).max_by(|&i, &j| error(i).total_cmp(&error(j))) else { return };
    assert!(
        error(worst) <= tolerance,
        "{what}[{worst}]: {} instead of {}, off by {:e}, allowed {tolerance:e}",
        got[worst],
        want[worst],
        error(worst)
    );
}

fn meta(json: &Value) -> ImageMeta {
    let numbers = |v: &Value| list(v).iter().map(|x| x.as_f64().expect("number")).collect::<Vec<_>>();
    let shape = numbers(&json["img_shape"]);
    let factor = numbers(&json["scale_factor"]);
    ImageMeta {
        img_shape: [shape[0] as usize, shape[1] as usize],
        scale_factor: factor.try_into().expect("four scale factors"),
    }
}

fn list(json: &Value) -> &[Value] {
    json.as_array().expect("a list")
}

fn read(case: &str, file: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(case).join(file);
    fs_err::read(path).expect("golden file")
}

fn tensors(case: &str, stem: &str) -> Tensors {
    let bytes = read(case, &format!("{stem}.safetensors"));
    let file = SafeTensors::deserialize(&bytes).expect("safetensors");
    let convert = |view: safetensors::tensor::TensorView| Tensor {
        shape: view.shape().to_vec(),
        data: to_f32(view.dtype(), view.data()),
    };
    file.tensors().into_iter().map(|(name, view)| (name, convert(view))).collect()
}

fn to_f32(dtype: Dtype, bytes: &[u8]) -> Vec<f32> {
    match dtype {
        Dtype::F32 => bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("4 bytes"))).collect(),
        Dtype::I64 => {
            bytes.chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().expect("8 bytes")) as f32).collect()
        }
        Dtype::U8 | Dtype::BOOL => bytes.iter().map(|&b| f32::from(b)).collect(),
        other => panic!("no golden holds {other:?}"),
    }
}
