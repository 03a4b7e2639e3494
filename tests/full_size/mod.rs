//! The real size: weights of BEiT-3's form go in, a model learns a step on real photos, is evaluated and asked.
//!
//! `cargo test --release --workspace --test tests full_size -- --ignored --nocapture` takes about two minutes and 7 GB; with
//! `PRESET=large` before it, the large model, 20 GB. Photos and expressions lie beside the checkout, in `../shared/real`.

mod raw;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use simvg_model::checkpoint::{Checkpoint, Weights, save_backbone};
use simvg_model::config::{InitScheme, ModelConfig};
use simvg_model::model;

use crate::cli::support::Folder;

/// What differs from the recipe of the paper: one epoch of one batch of four.
const PIPELINE: &str = r#"Pipeline(
    base: BASE,
    name: "full_size",
    params: {
        "raw": "raw", "pictures": PICTURES, "weights": "weights.pth", "tokenizer": TOKENIZER,
        "epochs_decoder": 1, "epochs_token": 1, "splits": ["val"],
    },
    stages: {
        "data": Convert(dataset: "refcoco", split_by: "unc"),
        "stage1": TrainDecoder(batch: 4, warmup_epochs: 0, decay_epochs: []),
        "stage2": DistillToken(batch: 4, warmup_epochs: 0, decay_epochs: []),
        "eval_stage2": Evaluate(batch: 4),
    },
)
"#;

/// Fresh weights in the form of BEiT-3: patches of 16, pictures of 224, a PyTorch file.
fn write_weights(folder: &Path, preset: &str) {
    let mut config = ModelConfig::preset(preset).expect("a preset");
    (config.encoder.patch_size, config.encoder.img_size) = (16, 224);
    let layout = model::layout(&config);
    let params = model::init(&config, &layout, 1, InitScheme::Official);
    let facts = BTreeMap::new();
    let weights =
        Weights { config: &config, layout: &layout, params: &params, ema: None, stale_ema: None, facts: &facts };
    let first = folder.join("weights.safetensors");
    save_backbone(&first, &weights).expect("writable");
    Checkpoint::load(&first).expect("sound").export(&folder.join("weights.pth")).expect("writable");
    fs_err::remove_file(first).expect("ours");
}

#[test]
#[ignore = "minutes, 7 GB of memory, and photos beside the checkout"]
fn official_weights_become_a_model_that_answers() {
    let preset = std::env::var("PRESET").unwrap_or_else(|_| "base".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let real = root.join("../shared/real");
    let suffix = if preset == "large" { "_large" } else { "" };
    let quoted = |path: &Path| format!("{:?}", path.display().to_string());
    let base = quoted(&root.join(format!("pipelines/refcocog_twostage{suffix}.ron")));
    let text = PIPELINE.replace("BASE", &base).replace("PICTURES", &quoted(&real.join("coco")));
    let folder = Folder::with(&text.replace("TOKENIZER", &quoted(&root.join("datasets/assets/toy.spm"))));
    raw::write(&real, &folder.path().join("raw"));
    write_weights(folder.path(), &preset);

    let (listed, _) = folder.expect(&format!("inspect weights.pth --preset {preset} --json"), 0);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed["fit"]["resized"].as_array().map(Vec::len), Some(2), "position table and patch projection");
    // One process a stage, so that the peak of each can be watched from outside.
    assert_eq!(folder.run("--target stage1", 0), "data:ran stage1:ran");
    assert_eq!(folder.run("--target stage2", 0), "data:hit stage1:hit stage2:ran");
    assert_eq!(folder.run("--target eval_stage2", 0), "data:hit stage1:hit stage2:hit eval_stage2:ran");

    let checkpoints = crate::learn::tiny::find(&folder.path().join("artifacts/store"), "best.safetensors");
    let photo = real.join("coco/000000000154.jpg");
    for checkpoint in checkpoints {
        let (checkpoint, photo) = (checkpoint.display(), photo.display());
        let words = format!("predict --checkpoint {checkpoint} --image {photo} --text zebra --json");
        let (found, _) = folder.expect(&words, 0);
        let found: Value = serde_json::from_str(&found).expect("JSON");
        assert_eq!(found["decoder"][0]["box"].as_array().map(Vec::len), Some(4), "{found}");
    }
}
