//! Guidance through the whole model: gradients of every auxiliary loss, also those that look at earlier encoder layers,
//! against finite differences of the total loss.

use simvg_model::batch::{Batch, ImageMeta, Object, Targets};
use simvg_model::config::{BranchLossWeight, EncoderConfig, Guidance, InitScheme, ModelConfig};
use simvg_model::model::{init, layout};
use simvg_model::state::TrainState;
use simvg_model::trainer::{Optim, Trainer};

const SIDE: usize = 16;

fn config(guidance: Guidance) -> ModelConfig {
    let mut config = ModelConfig::preset("toy").expect("toy");
    config.encoder = EncoderConfig {
        embed: 8,
        heads: 2,
        ffn: 12,
        depth: 3,
        img_size: SIDE,
        patch_size: 4,
        vocab_size: 20,
        max_source_positions: 12,
        ..config.encoder
    };
    let head = &mut config.head;
    (head.in_channels, head.embed_dim, head.num_heads) = (8, 8, 2);
    (head.feedforward_dim, head.tgqs_mid_dim, head.num_tgqg_layers) = (12, 12, 1);
    head.branch_loss_weight = BranchLossWeight { decoder: Some(1.0), token: Some(1.0), ..BranchLossWeight::default() };
    head.guidance = guidance;
    config
}

fn all() -> Guidance {
    Guidance {
        decoder_attention: 0.7,
        cls_attention: 0.8,
        cls_attention_layers: 2,
        patch_coverage: 1.5,
        patch_box: 0.9,
        inner: 0.5,
        object_box: 1.1,
        object_class: 1.3,
        object_classes: 4,
        object_layer: 1,
    }
}

fn batch() -> Batch {
    let noise = |len: usize| (0..len).map(|i| ((i as f32 * 12.9898).sin() * 43_758.547).fract()).collect();
    let object = |b: [f64; 4], category| Object { bbox: b, category };
    let boxes = [[1.0, 2.0, 9.0, 11.0], [5.0, 6.0, 15.0, 14.0]];
    Batch {
        img: noise(2 * 3 * SIDE * SIDE),
        pictures: Vec::new(),
        ids: vec![0, 5, 7, 2, 0, 9, 2, 1],
        padding: vec![0, 0, 0, 0, 0, 0, 0, 1],
        metas: vec![ImageMeta { img_shape: [SIDE; 2], scale_factor: [1.0; 4] }; 2],
        targets: boxes.iter().map(|&b| Targets { boxes: vec![b], is_object: vec![true] }).collect(),
        objects: vec![vec![object(boxes[0], 1), object([10.0, 1.0, 15.0, 5.0], 3)], vec![object(boxes[1], 2)]],
    }
}

fn trainer(config: &ModelConfig) -> Trainer {
    let layout = layout(config);
    let params = init(config, &layout, 3, InitScheme::Small);
    let optim = Optim { betas: [0.9, 0.98], eps: 1e-9, clip: 0.15, ema: None };
    Trainer::new(config.clone(), TrainState::new(params, &layout, false), optim)
}

fn total(trainer: &mut Trainer, batch: &Batch) -> f64 {
    let losses = trainer.gradients(batch, (0, 0)).losses;
    losses.iter().find(|(name, _)| name == "loss_total").map(|(_, v)| f64::from(*v)).expect("a total")
}

#[test]
fn gradients_of_all_guidance_losses_agree_with_finite_differences() {
    let (config, batch) = (config(all()), batch());
    let mut trainer = trainer(&config);
    let names: Vec<String> = trainer.gradients(&batch, (0, 0)).losses.into_iter().map(|(name, _)| name).collect();
    for term in ["object_box", "object_class", "inner_coverage", "inner_box", "cls_attention", "patch_box"] {
        assert!(names.iter().any(|name| *name == format!("guidance_{term}")), "{term} is not among {names:?}");
    }
    let grads = trainer.grads().to_vec();
    let entries = trainer.layout.entries().to_vec();
    for entry in entries
        .iter()
        .filter(|e| e.name.contains("guidance") || e.name.contains("layers.0.") || e.name.contains("proj.weight"))
    {
        let i = entry.range().start + entry.len() / 2;
        let old = trainer.state.params[i];
        let mut at = |x: f32| {
            trainer.state.params[i] = x;
            total(&mut trainer, &batch)
        };
        let step = 4e-3;
        let near = at(old + step) - at(old - step);
        let far = at(old + 2.0 * step) - at(old - 2.0 * step);
        trainer.state.params[i] = old;
        let want = (8.0 * near - far) / (12.0 * f64::from(step));
        let error = (f64::from(grads[i]) - want).abs();
        assert!(error < 2e-2 * want.abs().max(1.0), "{}: {} instead of {want}", entry.name, grads[i]);
    }
}

#[test]
fn without_guidance_there_are_no_such_parameters() {
    let config = config(Guidance::default());
    assert!(layout(&config).entries().iter().all(|e| !e.name.contains("guidance")));
}
