//! Names and shapes of the encoder's tensors, as in the official state dict.

use crate::config::EncoderConfig;
use crate::params::Layout;

/// What every name of the encoder starts with.
pub(super) const PREFIX: &str = "vis_enc.beit3.";
/// The two halves of a multiway module: A for vision, B for text.
pub(super) const WAYS: [&str; 2] = ["A", "B"];

/// Appends the encoder's tensors. Queries, keys and values of one way lie side by side, so that they are one linear
/// layer; `mask_token` is part of the state dict and never used.
pub fn layout(config: &EncoderConfig, layout: &mut Layout) {
    let width = config.embed;
    let mut push = |name: String, shape: &[usize]| layout.push(format!("{PREFIX}{name}"), shape);
    push("text_embed.weight".into(), &[config.vocab_size, width]);
    push("vision_embed.cls_token".into(), &[1, 1, width]);
    push("vision_embed.mask_token".into(), &[1, 1, width]);
    push("vision_embed.proj.weight".into(), &[width, config.in_chans, config.patch_size, config.patch_size]);
    push("vision_embed.proj.bias".into(), &[width]);
    push("encoder.embed_positions.A.weight".into(), &[config.patches() + 3, width]);
    push("encoder.embed_positions.B.weight".into(), &[config.max_source_positions, width]);
    for index in 0..config.depth {
        let mut push = |name: String, shape: &[usize]| push(format!("encoder.layers.{index}.{name}"), shape);
        for way in WAYS {
            layer(config, way, &mut push);
        }
    }
    for way in WAYS {
        norm(&mut push, &format!("encoder.layer_norm.{way}"), width);
    }
}

/// One way of one layer.
fn layer(config: &EncoderConfig, way: &str, push: &mut impl FnMut(String, &[usize])) {
    let (width, hidden) = (config.embed, config.ffn);
    norm(push, &format!("self_attn_layer_norm.{way}"), width);
    for part in ["q", "k", "v"] {
        push(format!("self_attn.{part}_proj.{way}.weight"), &[width, width]);
    }
    for part in ["q", "k", "v"] {
        push(format!("self_attn.{part}_proj.{way}.bias"), &[width]);
    }
    norm(push, &format!("self_attn.inner_attn_ln.{way}"), width);
    linear(push, &format!("self_attn.out_proj.{way}"), width, width);
    norm(push, &format!("final_layer_norm.{way}"), width);
    linear(push, &format!("ffn.{way}.fc1"), hidden, width);
    norm(push, &format!("ffn.{way}.ffn_layernorm"), hidden);
    linear(push, &format!("ffn.{way}.fc2"), width, hidden);
}

fn linear(push: &mut impl FnMut(String, &[usize]), name: &str, outputs: usize, inputs: usize) {
    push(format!("{name}.weight"), &[outputs, inputs]);
    push(format!("{name}.bias"), &[outputs]);
}

fn norm(push: &mut impl FnMut(String, &[usize]), name: &str, width: usize) {
    push(format!("{name}.weight"), &[width]);
    push(format!("{name}.bias"), &[width]);
}
