//! Mistakes in training options that the types alone let pass.

use simvg_model::config::ModelConfig;
use simvg_pipeline::Problem;

use super::options::{DecayKind, TrainOptions};

/// Everything that is wrong with these options.
pub fn problems(o: &TrainOptions) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut need = |ok: bool, field, message: &str| {
        if !ok {
            found.push(Problem::new(field, message));
        }
    };
    need(o.epochs >= 1, "epochs", "at least one epoch is needed");
    need(o.batch >= 1, "batch", "a batch holds at least one sample");
    need(o.lr > 0.0, "lr", "the learning rate must be positive");
    need(o.backbone_lr_ratio >= 0.0, "backbone_lr_ratio", "must not be negative");
    need(o.clip > 0.0, "clip", "the largest gradient norm must be positive");
    need(o.max_token >= 3, "max_token", "a text needs room for its start, one word and its end");
    need(o.ema.is_none_or(|e| (0.0..1.0).contains(&e)), "ema", "must lie between 0 and 1");
    need(o.warmup_epochs >= 0.0, "warmup_epochs", "must not be negative");
    need(o.warmup_epochs <= o.epochs as f64, "warmup_epochs", "the warm-up is longer than the training");
    need(o.std.iter().all(|&s| s > 0.0), "std", "must be positive");
    let late = o.decay == DecayKind::Steps && o.decay_epochs.iter().any(|&e| e > o.epochs);
    need(!late, "decay_epochs", "the rate would fall after the last epoch");
    need(o.jitter.is_none_or(|j| 0.0 < j.min && j.min <= j.max), "jitter", "needs 0 < min <= max");
    need(o.checkpoint_minutes.is_none_or(|m| m >= 0.0), "checkpoint_minutes", "must not be negative");
    found.extend(model_problems(o));
    found
}

fn model_problems(o: &TrainOptions) -> Vec<Problem> {
    let config = match o.model_config() {
        Ok(config) => config,
        Err(e) => return vec![Problem::new("model", e.to_string())],
    };
    let (e, h) = (&config.encoder, &config.head);
    let mut found = Vec::new();
    let mut need = |ok: bool, message: String| {
        if !ok {
            found.push(Problem::new("model", message));
        }
    };
    need(e.embed % e.heads.max(1) == 0, format!("{} heads do not divide the width {}", e.heads, e.embed));
    need(h.embed_dim % h.num_heads.max(1) == 0, format!("{} heads do not divide {}", h.num_heads, h.embed_dim));
    need(
        e.img_size % e.patch_size.max(1) == 0,
        format!("patches of {} pixels do not tile a picture of {}", e.patch_size, e.img_size),
    );
    need(
        e.max_source_positions >= o.max_token + 2,
        format!("{} text positions are too few for {} tokens", e.max_source_positions, o.max_token),
    );
    found.extend(guidance_problems(o, &config));
    if h.branch_loss_weight == Default::default() {
        found.push(Problem::new("branch_loss_weight", "no loss is taken: give at least one branch a weight"));
    }
    found
}

fn guidance_problems(o: &TrainOptions, config: &ModelConfig) -> Vec<Problem> {
    let (g, depth) = (&config.head.guidance, config.encoder.depth);
    let objects = g.object_box > 0.0 || g.object_class > 0.0;
    let mut found = Vec::new();
    let mut need = |ok: bool, message: &str| {
        if !ok {
            found.push(Problem::new("guidance", message));
        }
    };
    need(!objects || o.jitter.is_none(), "the object losses need whole pictures: set `jitter: None`");
    need(!objects || (1..=depth).contains(&g.object_layer), "`object_layer` is no layer of the encoder");
    need(
        g.object_class == 0.0 || g.object_classes > 0,
        "`object_class` needs the number of categories, `object_classes`",
    );
    need(g.guided_layers() <= depth, "`cls_attention_layers` is more than the encoder has");
    need(g.inner == 0.0 || depth > 1, "`inner` needs an encoder of two layers or more");
    found
}
