//! The bottom of the encoder: pixels and token ids become the first residual stream, and its gradient the gradients of
//! patch embedding, CLS token, word table and positions. Samples of one picture share its patches.

use simvg_kernels::Write;
use simvg_kernels::patches::{self, Sizes};
use simvg_kernels::{embedding, linear};

use super::buffers::Buffers;
use super::multiway::{Pass, two};
use super::places::Places;
use crate::batch::Batch;
use crate::config::EncoderConfig;

/// Fills `buffers.hidden[0]`.
pub(super) fn forward(places: &Places, config: &EncoderConfig, pass: &Pass, batch: &Batch, buffers: &mut Buffers) {
    let sizes = Sizes { channels: config.in_chans, side: config.img_size, patch: config.patch_size };
    let get = |range: &std::ops::Range<usize>| &pass.params[range.clone()];
    buffers.pixels.resize(batch.img.len(), 0.0);
    buffers.patches.resize(batch.img.len() / sizes.len() * config.embed, 0.0);
    patches::extract(&mut buffers.pixels, &batch.img, sizes);
    places.patch.forward(pass, &mut buffers.patches, &buffers.pixels);
    let [vision, text] = pass.cut_mut(&mut buffers.hidden[0]);
    let (cls, positions) = (get(&places.cls), get(&places.vision_positions));
    embedding::vision_forward(vision, &buffers.patches, &batch.shown(), cls, positions);
    let positions = &get(&places.text_positions)[..pass.shape.text * config.embed];
    embedding::text_forward(text, &batch.ids, &batch.padding, get(&places.words), positions, config.embed);
}

/// The gradients from `buffers.d`: that of the patch weights is written over, others are added.
pub(super) fn backward(places: &Places, pass: &Pass, batch: &Batch, buffers: &mut Buffers, grads: &mut [f32]) {
    let width = pass.shape.width();
    let [vision, text] = pass.cut(&buffers.d);
    let [dcls, dpositions] = two(grads, &places.cls, &places.vision_positions);
    embedding::vision_backward(&mut buffers.patches, &batch.shown(), dcls, dpositions, vision);
    let [dwords, dpositions] = two(grads, &places.words, &places.text_positions);
    let dpositions = &mut dpositions[..pass.shape.text * width];
    embedding::text_backward(dwords, dpositions, text, &batch.ids, &batch.padding, width);
    let [dw, db] = two(grads, &places.patch.weight, &places.patch.bias);
    linear::backward_params(pass.precision, dw, Write::Over, db, &buffers.patches, &buffers.pixels);
}
