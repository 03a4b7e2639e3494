//! Fresh parameters of the head. Every tensor has its own random stream, so that one does not shift another.

use rand_chacha::ChaCha8Rng;

use super::GENERATION;
use crate::config::InitScheme;
use crate::params::{Entry, Layout};
use crate::random::{fill_normal, fill_uniform, stream};

/// Draws all `head.*` parameters of the layout into `params`.
pub fn init(layout: &Layout, params: &mut [f32], seed: u64, scheme: InitScheme) {
    for entry in layout.entries().iter().filter(|e| e.name.starts_with("head.")) {
        let out = &mut params[entry.range()];
        out.fill(0.0);
        if entry.name.contains(".norms.") || entry.name.contains(".post_norm_layer.") {
            out.fill(if entry.name.ends_with("weight") { 1.0 } else { 0.0 });
            continue;
        }
        match scheme {
            InitScheme::Official => official(layout, entry, out, seed),
            InitScheme::Small => small(entry, out, seed),
        }
    }
}

/// As detrex and PyTorch do it. detrex copies one layer N times and one attention twice; `DetrTransformer` then redraws
/// its matrices, but its biases and everything in the query generation start as identical copies.
fn official(layout: &Layout, entry: &Entry, out: &mut [f32], seed: u64) {
    let name = entry.name.as_str();
    let copied = name.starts_with(GENERATION) || entry.shape.len() == 1;
    let rng = &mut rng(seed, &if copied { first_copy(name) } else { name.to_owned() });
    let xavier_stack = name.starts_with("head.transformer.");
    if name.contains("in_proj_bias") || name.contains("out_proj.bias") {
        return;
    }
    if name == "head.query_embed.weight" {
        fill_normal(out, 1.0, rng);
    } else if entry.shape.len() > 1 && (xavier_stack || name.ends_with("in_proj_weight")) {
        xavier(out, &entry.shape, rng);
    } else {
        let weight = layout.get(&name.replace(".bias", ".weight")).unwrap_or(entry);
        fill_uniform(out, 1.0 / (fan_in(&weight.shape) as f32).sqrt(), rng);
    }
}

/// For small models trained from nothing. The decoders' first queries are zero, and so would be the first layer norm's
/// input: a random bias of the self-attention keeps its gradient in bounds. Boxes start near the middle of the picture.
fn small(entry: &Entry, out: &mut [f32], seed: u64) {
    let name = entry.name.as_str();
    let rng = &mut rng(seed, name);
    let guidance_box = name.starts_with("head.guidance.") && name.contains("_box.");
    let last_box_layer = guidance_box || (name.contains("bbox_embed_") && name.contains(".layers.2."));
    match (name, entry.shape.len()) {
        ("head.query_embed.weight", _) => fill_normal(out, 0.1, rng),
        (_, 1) if last_box_layer => out.copy_from_slice(&[0.0, 0.0, -1.1, -1.1]),
        (_, 1) if name.ends_with("attentions.0.attn.out_proj.bias") => fill_normal(out, 1.0, rng),
        (_, 1) => {}
        _ if last_box_layer => fill_normal(out, 0.01, rng),
        // Queries, keys and values are three matrices.
        _ if name.ends_with("in_proj_weight") => xavier(out, &[entry.shape[0] / 3, entry.shape[1]], rng),
        _ => xavier(out, &entry.shape, rng),
    }
}

/// The tensor that this one is a copy of: layer 0, attention 0.
fn first_copy(name: &str) -> String {
    let mut parts: Vec<&str> = name.split('.').collect();
    for i in 1..parts.len() {
        let in_stack = name.contains("transformer") && parts[i].parse::<usize>().is_ok();
        if in_stack && ((parts[i - 1] == "layers" && parts[i - 2] != "0") || parts[i - 1] == "attentions") {
            parts[i] = "0";
        }
    }
    parts.join(".")
}

fn rng(seed: u64, name: &str) -> ChaCha8Rng {
    stream(seed, &format!("init {name}"), &[])
}

fn fan_in(shape: &[usize]) -> usize {
    shape[1..].iter().product()
}

fn xavier(out: &mut [f32], shape: &[usize], rng: &mut ChaCha8Rng) {
    fill_uniform(out, (6.0 / (fan_in(shape) + shape[0]) as f32).sqrt(), rng);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{HeadConfig, ModelConfig};

    fn fresh(cfg: &HeadConfig, scheme: InitScheme) -> (Layout, Vec<f32>) {
        let mut layout = Layout::default();
        super::super::layout(cfg, &mut layout);
        let mut params = vec![f32::NAN; layout.len()];
        init(&layout, &mut params, 7, scheme);
        (layout, params)
    }

    #[test]
    fn official_query_generation_starts_from_copies() {
        let cfg = ModelConfig::preset("toy").expect("preset").head;
        let (layout, params) = fresh(&cfg, InitScheme::Official);
        let of = |name: &str| &params[layout.range(name)];
        let weight = |i, a| format!("{GENERATION}.layers.{i}.attentions.{a}.attn.in_proj_weight");
        assert_eq!(of(&weight(0, 0)), of(&weight(1, 1)));
        let (first, second) = ("ffns.0.layers.0.0", "ffns.0.layers.1");
        let ffn = |part, kind| format!("{GENERATION}.layers.1.{part}.{kind}");
        assert_eq!(of(&ffn(first, "bias")), of(&ffn(first, "bias").replace("layers.1.ffns", "layers.0.ffns")));
        assert_ne!(of(&ffn(first, "bias"))[..8], of(&ffn(second, "bias"))[..8]);
        let decoder = |i| format!("head.transformer.decoder.layers.{i}.attentions.0.attn.in_proj_weight");
        assert_ne!(of(&decoder(0)), of(&decoder(1)));
        assert!(params.iter().all(|x| x.is_finite()));
    }

    #[test]
    fn small_models_start_with_a_centred_box() {
        let cfg = ModelConfig::preset("toy").expect("preset").head;
        let (layout, params) = fresh(&cfg, InitScheme::Small);
        assert_eq!(params[layout.range("head.bbox_embed_token.layers.2.bias")], [0.0, 0.0, -1.1, -1.1]);
        assert!(params.iter().all(|x| x.is_finite()));
    }
}
