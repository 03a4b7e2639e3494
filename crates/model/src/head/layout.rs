//! Names and shapes of the head's parameters, as in the official state dict.

use super::probes;
use super::{DECODER, ENCODER, GENERATION, PATCH_BOX, PATCH_COVERAGE};
use crate::config::HeadConfig;
use crate::params::Layout;

/// Appends the parameters of the head. With `share_predicthead` the token branch has no prediction layers of its own
/// (official checkpoints list them twice); guidance layers exist only where their weight is not zero.
pub fn layout(cfg: &HeadConfig, layout: &mut Layout) {
    let (c, d) = (cfg.in_channels, cfg.embed_dim);
    if !cfg.only_decoder {
        stack(layout, ENCODER, d, cfg.feedforward_dim, cfg.num_encoder_layers, 1);
    }
    stack(layout, DECODER, d, cfg.feedforward_dim, cfg.num_decoder_layers, 2);
    layout.push("head.input_proj.weight", &[d, c, 1, 1]);
    layout.push("head.input_proj.bias", &[d]);
    linear(layout, "head.input_text_proj", c, d);
    linear(layout, "head.input_cls_proj", c, d);
    layout.push("head.query_embed.weight", &[cfg.num_queries, d]);
    perceptron(layout, "head.mlp", &vec![d; cfg.num_token_mlp_layers + 1]);
    for branch in if cfg.share_predicthead { &["decoder"][..] } else { &["decoder", "token"] } {
        linear(layout, &format!("head.class_embed_{branch}"), d, cfg.num_classes + 1);
        perceptron(layout, &format!("head.bbox_embed_{branch}"), &[d, d, d, 4]);
    }
    if cfg.text_guided_query_generation {
        stack(layout, GENERATION, d, cfg.tgqs_mid_dim, cfg.num_tgqg_layers, 2);
    }
    if cfg.guidance.patch_coverage > 0.0 {
        linear(layout, PATCH_COVERAGE, d, 1);
    }
    if cfg.guidance.patch_box > 0.0 {
        linear(layout, PATCH_BOX, d, 4);
    }
    for (name, outputs) in probes::layers(cfg) {
        linear(layout, name, c, outputs);
    }
}

/// True if a training step gives this parameter a gradient (PyTorch's `grad` is not `None`).
pub fn trained(cfg: &HeadConfig, name: &str) -> bool {
    let (decoder, token) = (decoder_is_trained(cfg), token_is_trained(cfg));
    let guidance = &cfg.guidance;
    let rest = name.strip_prefix("head.").unwrap_or(name);
    let part = rest.split('.').next().unwrap_or(rest);
    match part {
        "input_text_proj" => cfg.text_guided_query_generation && (decoder || token),
        "text_guided_query_generation_transformer" => decoder || token,
        "query_embed" => decoder || (token && cfg.text_guided_query_generation),
        "input_cls_proj" | "mlp" | "class_embed_token" | "bbox_embed_token" => token,
        "class_embed_decoder" | "bbox_embed_decoder" => {
            decoder_predictions_are_trained(cfg) || (token && cfg.share_predicthead)
        }
        "input_proj" => decoder || guidance.patch_coverage > 0.0 || guidance.patch_box > 0.0,
        "guidance" => true,
        _ => decoder,
    }
}

/// True if some loss needs the decoder branch, be it only as a teacher.
pub fn decoder_is_needed(cfg: &HeadConfig) -> bool {
    let w = &cfg.branch_loss_weight;
    let teacher = w.balanced_distill.is_some() || w.distill.is_some() || w.merge.is_some() || w.aux_distill.is_some();
    decoder_is_trained(cfg) || teacher
}

/// True if some loss reaches the token branch.
pub fn token_is_trained(cfg: &HeadConfig) -> bool {
    let w = &cfg.branch_loss_weight;
    let plain = [w.token, w.distill, w.merge, w.aux_distill];
    w.balanced_distill.is_some() || plain.iter().any(Option::is_some)
}

fn decoder_is_trained(cfg: &HeadConfig) -> bool {
    decoder_predictions_are_trained(cfg) || cfg.guidance.decoder_attention > 0.0
}

/// Soft distillation lets gradients flow into the teacher; everything else takes its predictions as they are.
fn decoder_predictions_are_trained(cfg: &HeadConfig) -> bool {
    let w = &cfg.branch_loss_weight;
    let soft = cfg.distill_type == crate::config::DistillType::Soft;
    let distilled = (w.distill.is_some() && w.balanced_distill.is_none()) || w.aux_distill.is_some();
    w.decoder.is_some() || (soft && distilled)
}

fn linear(layout: &mut Layout, name: &str, inputs: usize, outputs: usize) {
    layout.push(format!("{name}.weight"), &[outputs, inputs]);
    layout.push(format!("{name}.bias"), &[outputs]);
}

fn perceptron(layout: &mut Layout, name: &str, dims: &[usize]) {
    for (i, d) in dims.windows(2).enumerate() {
        linear(layout, &format!("{name}.layers.{i}"), d[0], d[1]);
    }
}

fn norm(layout: &mut Layout, name: &str, dim: usize) {
    layout.push(format!("{name}.weight"), &[dim]);
    layout.push(format!("{name}.bias"), &[dim]);
}

/// An encoder has one attention a layer, a decoder two and a norm after the last layer.
fn stack(layout: &mut Layout, name: &str, dim: usize, hidden: usize, layers: usize, attentions: usize) {
    for i in 0..layers {
        let layer = format!("{name}.layers.{i}");
        for a in 0..attentions {
            let attention = format!("{layer}.attentions.{a}.attn");
            layout.push(format!("{attention}.in_proj_weight"), &[3 * dim, dim]);
            layout.push(format!("{attention}.in_proj_bias"), &[3 * dim]);
            linear(layout, &format!("{attention}.out_proj"), dim, dim);
        }
        linear(layout, &format!("{layer}.ffns.0.layers.0.0"), dim, hidden);
        linear(layout, &format!("{layer}.ffns.0.layers.1"), hidden, dim);
        (0..=attentions).for_each(|n| norm(layout, &format!("{layer}.norms.{n}"), dim));
    }
    if attentions == 2 {
        norm(layout, &format!("{name}.post_norm_layer"), dim);
    }
}
