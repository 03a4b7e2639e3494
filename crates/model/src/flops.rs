//! Operations that a model needs, counted from its sizes: what measured speed is compared with.
//!
//! A multiply and an add count as two. Only matrix products and attention are counted; everything else is below 1 %.

use crate::config::{EncoderConfig, HeadConfig, ModelConfig};
use crate::head::Branches;

/// Operations of the forward pass over `batch` samples with `text` tokens each.
pub fn forward(config: &ModelConfig, batch: usize, text: usize, branches: Branches) -> f64 {
    batch as f64 * (encoder(&config.encoder, text) + head(&config.head, config.encoder.patches(), text, branches))
}

/// Operations of a training step: the backward pass costs twice the forward pass.
pub fn training_step(config: &ModelConfig, batch: usize, text: usize) -> f64 {
    3.0 * forward(config, batch, text, Branches::BOTH)
}

fn encoder(c: &EncoderConfig, text: usize) -> f64 {
    let tokens = (1 + c.patches() + text) as f64;
    let (width, ffn) = (c.embed as f64, c.ffn as f64);
    let patches = 2.0 * c.patches() as f64 * (c.in_chans * c.patch_size * c.patch_size) as f64 * width;
    let linears = 2.0 * tokens * (4.0 * width * width + 2.0 * width * ffn);
    patches + c.depth as f64 * (linears + attention(tokens, tokens, width))
}

fn head(c: &HeadConfig, patches: usize, text: usize, branches: Branches) -> f64 {
    let (d, queries) = (c.embed_dim as f64, c.num_queries as f64);
    let (patches, text) = (patches as f64, text as f64);
    let project = |rows: f64| 2.0 * rows * c.in_channels as f64 * d;
    let layer = |keys: f64, ffn: usize| {
        let projections = 2.0 * d * d * (6.0 * queries + 2.0 * keys);
        projections + attention(queries, keys, d) + attention(queries, queries, d) + 4.0 * queries * d * ffn as f64
    };
    let generation = if c.text_guided_query_generation {
        project(text) + c.num_tgqg_layers as f64 * layer(text, c.tgqs_mid_dim)
    } else {
        0.0
    };
    let decoder = project(patches) + c.num_decoder_layers as f64 * layer(patches, c.feedforward_dim);
    let token = project(1.0) + 2.0 * queries * d * d * (c.num_token_mlp_layers + 2) as f64;
    generation + if branches.decoder { decoder } else { 0.0 } + if branches.token { token } else { 0.0 }
}

/// Scores and weighted sum of all attention heads together.
fn attention(queries: f64, keys: f64, width: f64) -> f64 {
    4.0 * queries * keys * width
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The layers of the encoder, counted by hand, are nearly all of the work.
    #[test]
    fn base_at_640() {
        let config = ModelConfig::default();
        let by_hand =
            4.0 * 12.0 * (421.0 * 2.0 * (4.0 * 768.0 * 768.0 + 2.0 * 768.0 * 3072.0) + 4.0 * 421.0 * 421.0 * 768.0);
        let total = forward(&config, 4, 20, Branches::BOTH);
        assert!((by_hand / total) > 0.96 && by_hand < total, "{by_hand:e} of {total:e}");
    }
}
