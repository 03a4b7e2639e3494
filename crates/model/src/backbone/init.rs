//! Fresh parameters of the encoder. Each tensor has its own stream of random numbers, named after it.

use std::f32::consts::TAU;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::layout::PREFIX;
use crate::config::{EncoderConfig, InitScheme};
use crate::params::{Entry, Layout};
use crate::random::{fill_normal, fill_uniform, stream};

/// Draws the encoder's tensors of `params`; other tensors are left alone.
///
/// `Official`: linear layers from a normal distribution of deviation 0.02 cut at one deviation, positions from N(0, 1),
/// words from N(0, 1 / C), the patch embedding as PyTorch's convolutions. `Small`: xavier-uniform, residual outputs a
/// tenth of it, words from N(0, 1/4), patch positions from the 2-D sine table; what lets a small encoder learn from
/// nothing.
pub fn init(config: &EncoderConfig, layout: &Layout, params: &mut [f32], seed: u64, scheme: InitScheme) {
    for entry in layout.entries() {
        let Some(name) = entry.name.strip_prefix(PREFIX) else { continue };
        let out = &mut params[entry.range()];
        let mut rng = stream(seed, &entry.name, &[]);
        match scheme {
            InitScheme::Official => official(name, entry, config, out, &mut rng),
            InitScheme::Small => small(name, entry, config.grid(), out, &mut rng),
        }
    }
}

fn official(name: &str, entry: &Entry, config: &EncoderConfig, out: &mut [f32], rng: &mut ChaCha8Rng) {
    let pixels = config.in_chans * config.patch_size * config.patch_size;
    let width = entry.shape[entry.shape.len() - 1] as f32;
    match name {
        "text_embed.weight" => fill_normal(out, width.powf(-0.5), rng),
        "encoder.embed_positions.A.weight" | "encoder.embed_positions.B.weight" => fill_normal(out, 1.0, rng),
        "vision_embed.cls_token" | "vision_embed.mask_token" => out.fill(0.0),
        "vision_embed.proj.weight" | "vision_embed.proj.bias" => fill_uniform(out, (pixels as f32).powf(-0.5), rng),
        _ if entry.shape.len() == 2 => fill_cut_normal(out, 0.02, rng),
        _ => constant(name, out),
    }
}

fn small(name: &str, entry: &Entry, grid: usize, out: &mut [f32], rng: &mut ChaCha8Rng) {
    match name {
        "text_embed.weight" => fill_normal(out, 0.5, rng),
        "vision_embed.cls_token" | "encoder.embed_positions.B.weight" => fill_normal(out, 0.02, rng),
        "encoder.embed_positions.A.weight" => {
            fill_normal(out, 0.02, rng);
            let width = entry.shape[1];
            sine_table(&mut out[3 * width..], grid, width);
        }
        "vision_embed.mask_token" => out.fill(0.0),
        _ if entry.shape.len() > 1 => fill_uniform(out, xavier(name, entry), rng),
        _ => constant(name, out),
    }
}

/// Scale of a norm 1; every shift and bias 0.
fn constant(name: &str, out: &mut [f32]) {
    out.fill(if name.ends_with(".weight") { 1.0 } else { 0.0 });
}

/// Inputs of one output.
fn fan_in(entry: &Entry) -> f32 {
    entry.shape[1..].iter().product::<usize>() as f32
}

/// Bound of xavier-uniform. Queries, keys and values count as one layer with three times the outputs, as PyTorch's
/// attention draws them.
fn xavier(name: &str, entry: &Entry) -> f32 {
    let joined = ["q_proj", "k_proj", "v_proj"].iter().any(|part| name.contains(part));
    let outputs = entry.shape[0] as f32 * if joined { 3.0 } else { 1.0 };
    let residual = name.contains("out_proj") || name.contains("fc2");
    (6.0 / (fan_in(entry) + outputs)).sqrt() * if residual { 0.1 } else { 1.0 }
}

/// Draws from N(0, std^2) cut at one deviation: uniform draws, each kept with the probability of its density.
fn fill_cut_normal(out: &mut [f32], std: f32, rng: &mut ChaCha8Rng) {
    for x in out {
        *x = loop {
            let z = 2.0 * rng.random::<f32>() - 1.0;
            if rng.random::<f32>() < (-0.5 * z * z).exp() {
                break z * std;
            }
        };
    }
}

/// The 2-D sine positions of DETR for a full grid, `[grid * grid, width]`: rows in the first half of the channels,
/// columns in the second, sine and cosine taking turns, frequencies from 1 to 1/10000.
fn sine_table(out: &mut [f32], grid: usize, width: usize) {
    let half = width / 2;
    for (cell, out) in out.chunks_exact_mut(width).enumerate() {
        let place = [cell / grid, cell % grid].map(|i| (i + 1) as f32 / grid as f32 * TAU);
        for (i, x) in out.iter_mut().enumerate() {
            let (axis, channel) = (i / half % 2, i % half);
            let angle = place[axis] / 10_000f32.powf((channel / 2 * 2) as f32 / half as f32);
            *x = if channel % 2 == 0 { angle.sin() } else { angle.cos() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::layout;
    use crate::config::ModelConfig;

    fn fresh(scheme: InitScheme) -> (Layout, Vec<f32>) {
        let config = ModelConfig::preset("toy").expect("a preset").encoder;
        let mut table = Layout::default();
        layout(&config, &mut table);
        let mut params = vec![f32::NAN; table.len()];
        init(&config, &table, &mut params, 1, scheme);
        (table, params)
    }

    fn deviation(x: &[f32]) -> f32 {
        (x.iter().map(|x| x * x).sum::<f32>() / x.len() as f32).sqrt()
    }

    #[test]
    fn every_tensor_is_drawn() {
        for scheme in [InitScheme::Official, InitScheme::Small] {
            let (_, params) = fresh(scheme);
            assert!(params.iter().all(|x| x.is_finite()));
        }
    }

    #[test]
    fn official_linear_layers_are_cut_at_one_deviation() {
        let (table, params) = fresh(InitScheme::Official);
        let weights = &params[table.range("vis_enc.beit3.encoder.layers.1.ffn.A.fc1.weight")];
        assert!(weights.iter().all(|x| x.abs() <= 0.02));
        // A normal distribution cut at one deviation has 0.54 of it left.
        assert!((deviation(weights) - 0.0108).abs() < 2e-4, "{}", deviation(weights));
        assert!(params[table.range("vis_enc.beit3.encoder.layers.1.ffn.A.fc1.bias")].iter().all(|&x| x == 0.0));
        assert!(params[table.range("vis_enc.beit3.encoder.layer_norm.B.weight")].iter().all(|&x| x == 1.0));
    }

    #[test]
    fn small_residual_outputs_are_a_tenth() {
        let (table, params) = fresh(InitScheme::Small);
        let fc1 = deviation(&params[table.range("vis_enc.beit3.encoder.layers.0.ffn.B.fc1.weight")]);
        let fc2 = deviation(&params[table.range("vis_enc.beit3.encoder.layers.0.ffn.B.fc2.weight")]);
        assert!((fc2 / fc1 - 0.1).abs() < 3e-3);
        let positions = &params[table.range("vis_enc.beit3.encoder.embed_positions.A.weight")];
        assert_eq!(positions[3 * 64], (TAU / 6.0).sin());
    }
}
