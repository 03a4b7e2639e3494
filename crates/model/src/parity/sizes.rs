//! Sizes of a model that make sense, so that a damaged configuration is reported and not met as a panic.

use std::path::Path;

use super::ParityError;
use crate::config::ModelConfig;

/// Dimensions above this are taken for damage; the largest real one is the vocabulary of 64010.
const LARGEST: usize = 1 << 20;

/// Says what is wrong with the sizes of a model, naming the file they come from.
pub fn check(config: &ModelConfig, path: &Path) -> Result<(), ParityError> {
    let (e, h) = (&config.encoder, &config.head);
    #[rustfmt::skip]
    let positive = [
        e.embed, e.heads, e.ffn, e.depth, e.img_size, e.patch_size, e.vocab_size, h.num_queries, h.embed_dim,
        h.num_classes, h.num_decoder_layers, h.num_heads, h.feedforward_dim, h.tgqs_mid_dim,
    ];
    let layers = [h.num_token_mlp_layers, h.num_encoder_layers, h.num_tgqg_layers, e.max_source_positions];
    let problem = if positive.contains(&0) {
        "a size is zero"
    } else if positive.iter().chain(&layers).any(|&n| n > LARGEST) {
        "a size is absurdly large"
    } else if !e.embed.is_multiple_of(e.heads) || !h.embed_dim.is_multiple_of(h.num_heads) {
        "the attention heads do not divide a width"
    } else if !e.img_size.is_multiple_of(e.patch_size) {
        "the patches do not divide the picture"
    } else if e.in_chans != 3 {
        "pictures have three channels"
    } else if h.in_channels != e.embed {
        "in_channels of the head is not the width of the encoder"
    } else if h.text_guided_query_generation && h.num_tgqg_layers == 0 || !h.only_decoder && h.num_encoder_layers == 0 {
        "a transformer has no layer"
    } else {
        return Ok(());
    };
    Err(ParityError::Damaged { path: path.to_owned(), reason: problem.to_owned() })
}
