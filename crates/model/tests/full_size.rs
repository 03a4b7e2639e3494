//! The base model at its real size (ViT-B/32 at 640 pixels) with generated weights, against the official code.
//!
//! Needs `../shared/golden/full_base` beside the checkout, two gigabytes of memory and some seconds:
//! `cargo test --release -p simvg-model --test full_size -- --ignored`.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;
use simvg_model::backbone::{Backbone, DropPath};
use simvg_model::batch::{Batch, ImageMeta, Targets};
use simvg_model::boxes::{best, detections};
use simvg_model::config::{Compat, EncoderConfig, HeadConfig, ModelConfig};
use simvg_model::head::{Branches, Head, HeadOutput, Prediction, Rows};
use simvg_model::model;
use simvg_model::params::Entry;
use simvg_model::parity::{Group, Report, Tensors};

/// Allowed difference of the gradient norm of a parameter: rounding noise, as a part of the global norm, ...
const NOISE: f64 = 1e-6;
/// ... and, as a part of the norm itself, so much for each element: the recorded norms were added up in f32, which leaves
/// 1e-4 of them in two million squares.
const SUMMED: f64 = 1e-10;

struct Full {
    json: Value,
    config: ModelConfig,
    batch: Batch,
}

impl Full {
    fn open(dir: &Path) -> Self {
        let json: Value = read(&dir.join("config.json"));
        let part = |name: &str| json["case"][name].clone();
        let encoder: EncoderConfig = serde_json::from_value(part("encoder")).expect("encoder");
        let head: HeadConfig = serde_json::from_value(part("head")).expect("head");
        let config = ModelConfig { encoder, head: HeadConfig { dropout: 0.0, ..head }, compat: Compat::Official };
        Self { batch: batch(&json, config.encoder.img_size), config, json }
    }

    fn stream(&self, name: &str) -> Stream {
        Stream::new(&format!("{}{name}", self.json["tag"].as_str().expect("tag")))
    }

    fn params(&self) -> Vec<f32> {
        let layout = model::layout(&self.config);
        let mut params = vec![0.0; layout.len()];
        for entry in layout.entries() {
            let (mean, half_width) = distribution(entry);
            self.stream(&entry.name).fill(&mut params[entry.range()], mean, half_width);
        }
        for (name, first) in self.json["first_values"].as_object().expect("an object") {
            let first: Vec<f32> = numbers(first);
            assert_eq!(params[layout.range(name)][..first.len()], first, "the generator of {name}");
        }
        params
    }
}

fn batch(json: &Value, side: usize) -> Batch {
    let rows = |key: &str| json[key].as_array().expect("rows").iter().flat_map(numbers).map(|x| x as u32);
    let metas = json["case"]["metas"].as_array().expect("metas").iter().map(|meta| ImageMeta {
        img_shape: [side; 2],
        scale_factor: std::array::from_fn(|i| meta["scale_factor"][i].as_f64().expect("number")),
    });
    let target = |gt: &Value| Targets {
        boxes: vec![std::array::from_fn(|i| gt[i].as_f64().expect("number"))],
        is_object: vec![true],
    };
    let targets: Vec<Targets> = json["gt"].as_array().expect("boxes").iter().map(target).collect();
    let mut img = vec![0.0; targets.len() * 3 * side * side];
    Stream::new(&format!("{}img", json["tag"].as_str().expect("tag"))).fill(&mut img, 0.0, 1.8);
    Batch {
        img,
        ids: rows("ids").collect(),
        padding: rows("text_padding_mask").map(|p| p as u8).collect(),
        metas: metas.collect(),
        targets,
        ..Batch::default()
    }
}

/// Mean and half width of the uniform distribution that a parameter is drawn from.
fn distribution(entry: &Entry) -> (f64, f64) {
    let has = |parts: &[&str]| parts.iter().any(|part| entry.name.contains(part));
    let fan_in = entry.shape[1..].iter().product::<usize>() as f64;
    match entry.name.ends_with("bias") {
        bias if has(&["norm", "_ln."]) => (if bias { 0.0 } else { 1.0 }, 0.2),
        true => (0.0, 0.1),
        _ if has(&["embed_positions", "cls_token", "mask_token"]) => (0.0, 0.5),
        _ if has(&["text_embed", "query_embed"]) => (0.0, 1.0),
        _ => (0.0, 1.6 / fan_in.sqrt()),
    }
}

/// FNV-1a of a name, then splitmix64.
struct Stream(u64);

impl Stream {
    fn new(name: &str) -> Self {
        Self(name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)))
    }

    fn fill(&self, out: &mut [f32], mean: f64, half_width: f64) {
        let value = |i: usize| (mean + half_width * self.unit(i as u64)) as f32;
        out.par_iter_mut().enumerate().for_each(|(i, x)| *x = value(i));
    }

    /// Number `i` in -1..1.
    fn unit(&self, i: u64) -> f64 {
        let mut z = self.0.wrapping_add((i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 40) as f64 / f64::from(1 << 24) * 2.0 - 1.0
    }
}

#[test]
#[ignore = "needs ../shared/golden/full_base beside the checkout, and two gigabytes"]
fn the_base_model_gives_the_official_numbers() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden/full_base");
    if !dir.is_dir() {
        println!("nothing was checked: there is no {}", dir.display());
        return;
    }
    let full = Full::open(&dir);
    let want = Tensors::read(&dir.join("outputs.safetensors")).expect("outputs");
    let losses: Value = read(&dir.join("losses.json"));
    let mut report = Report::default();
    check(&full, &want, &losses, &mut report);
    assert!(report.holds(), "{report:#?}");
}

fn check(full: &Full, want: &Tensors, losses: &Value, report: &mut Report) {
    let (layout, params) = (model::layout(&full.config), full.params());
    let mut compare = |group, name: &str, got: &[f32]| report.add(group, name, got, &want.get(name).expect(name).data);
    let mut backbone = Backbone::new(&full.config.encoder, &layout);
    let features = backbone.forward(&params, &full.batch, Some(DropPath { seed: 0, step: 0 }), 0).clone();
    let width = full.config.encoder.embed;
    let hidden: Vec<f32> = (0..=full.config.encoder.depth)
        .flat_map(|i| sampled(&backbone.hidden_state(i), full.batch.len(), width, 53, 31))
        .collect();
    compare(Group::HiddenStates, "enc_hidden_sample", &hidden);
    compare(Group::Features, "cls_feat", &features.cls);
    compare(Group::Features, "img_feat_sample", &sampled(&features.img, full.batch.len(), width, 37, 7));
    let last_word = full.batch.text_len() - 1;
    compare(Group::Features, "text_feat_first_last", &sampled(&features.text, full.batch.len(), width, last_word, 1));
    let head = Head::new(&full.config.head, full.config.compat, &layout, &params);
    let output = head.infer(&features, &full.batch, Branches::BOTH, true);
    let layers =
        (0..full.config.head.num_decoder_layers).flat_map(|i| output.trace[&format!("dec_hidden.{i}")].clone());
    compare(Group::HeadOutputs, "dec_hidden", &layers.collect::<Vec<_>>());
    compare(Group::HeadOutputs, "query_embed", &output.trace["query_embed"]);
    branches(&output, &full.batch.metas, &mut compare);
    let mut grads = vec![0.0; layout.len()];
    let trained = head.train(&features, &full.batch, None, &mut grads);
    backbone.backward(&params, &full.batch, &trained.feature_grads, &mut grads);
    for (name, value) in &trained.losses {
        report.add(Group::Losses, name, &[*value], &[losses["losses"][name].as_f64().expect(name) as f32]);
    }
    norms(layout.entries(), &grads, losses);
}

fn branches(output: &HeadOutput, metas: &[ImageMeta], compare: &mut impl FnMut(Group, &str, &[f32])) {
    for (short, long, layers) in
        [("dec", "decoder", &output.outputs.decoder), ("token", "token", &output.outputs.token)]
    {
        let all = |part: fn(&Prediction<Rows>) -> &Rows| layers.iter().flat_map(|p| part(p).data.clone()).collect();
        let (logits, boxes): (Vec<f32>, Vec<f32>) = (all(|p| &p.logits), all(|p| &p.boxes));
        compare(Group::HeadOutputs, &format!("{short}_logits"), &logits);
        compare(Group::HeadOutputs, &format!("{short}_boxes"), &boxes);
        let found = detections(layers.last().expect("a layer"), metas, false);
        let boxes: Vec<f32> = found.iter().flat_map(|boxes| best(boxes).expect("a box").bbox).collect();
        compare(Group::PredictedBoxes, &format!("pred_boxes_{long}"), &boxes);
    }
}

/// Every `rows`-th row and `cols`-th column of `[B, R, C]`.
fn sampled(data: &[f32], samples: usize, width: usize, rows: usize, cols: usize) -> Vec<f32> {
    let sample = |sample: &[f32]| -> Vec<f32> {
        sample.chunks_exact(width).step_by(rows).flat_map(|row| row.iter().step_by(cols).copied()).collect()
    };
    data.chunks_exact(data.len() / samples).flat_map(sample).collect()
}

fn norms(entries: &[Entry], grads: &[f32], losses: &Value) {
    let total = losses["grad_total_norm"].as_f64().expect("number");
    for entry in entries {
        let got = grads[entry.range()].iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
        let want = losses["grad_norms"][&entry.name].as_f64().unwrap_or(0.0);
        let allowed = SUMMED * entry.len() as f64 * want + NOISE * total;
        assert!((got - want).abs() <= allowed, "gradient norm of {}: {got} instead of {want}", entry.name);
    }
}

fn read(path: &PathBuf) -> Value {
    serde_json::from_slice(&fs_err::read(path).expect("a file")).expect("JSON")
}

fn numbers(list: &Value) -> Vec<f32> {
    list.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number") as f32).collect()
}
