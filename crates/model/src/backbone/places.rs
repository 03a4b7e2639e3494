//! Where each tensor of the encoder lies in the flat buffer, looked up once.

use std::ops::Range;

use super::layout::{PREFIX, WAYS};
use crate::config::EncoderConfig;
use crate::params::Layout;

/// A multiway module: one copy for vision, one for text.
#[derive(Debug)]
pub(super) struct Ways<T> {
    /// Vision.
    pub(super) a: T,
    /// Text.
    pub(super) b: T,
}

/// Weights `[outputs, inputs]` and bias `[outputs]`.
#[derive(Debug)]
pub(super) struct Linear {
    pub(super) weight: Range<usize>,
    pub(super) bias: Range<usize>,
}

impl Ways<Linear> {
    /// Some of the outputs, as layers of their own.
    pub(super) fn outputs(&self, outputs: Range<usize>) -> Self {
        let of = |linear: &Linear| {
            let inputs = linear.weight.len() / linear.bias.len();
            let part = |start: usize, size: usize| start + outputs.start * size..start + outputs.end * size;
            Linear { weight: part(linear.weight.start, inputs), bias: part(linear.bias.start, 1) }
        };
        Self { a: of(&self.a), b: of(&self.b) }
    }
}

/// Scale and shift of a layer norm.
#[derive(Debug)]
pub(super) struct Norm {
    pub(super) gamma: Range<usize>,
    pub(super) beta: Range<usize>,
}

/// One encoder layer, in the order of computation.
#[derive(Debug)]
pub(super) struct LayerPlaces {
    pub(super) attention_norm: Ways<Norm>,
    /// Queries, keys and values as one layer with three times the outputs.
    pub(super) qkv: Ways<Linear>,
    pub(super) inner_norm: Ways<Norm>,
    pub(super) out: Ways<Linear>,
    pub(super) ffn_norm: Ways<Norm>,
    pub(super) fc1: Ways<Linear>,
    pub(super) hidden_norm: Ways<Norm>,
    pub(super) fc2: Ways<Linear>,
}

/// The whole encoder.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) words: Range<usize>,
    pub(super) cls: Range<usize>,
    pub(super) patch: Linear,
    pub(super) vision_positions: Range<usize>,
    pub(super) text_positions: Range<usize>,
    pub(super) layers: Vec<LayerPlaces>,
    pub(super) norm: Ways<Norm>,
}

impl Places {
    pub(super) fn find(config: &EncoderConfig, layout: &Layout) -> Self {
        let width = config.embed;
        let at = |name: &str| layout.range(&format!("{PREFIX}{name}"));
        // Rows 0 and 1 of both position tables are never read: positions start at 2 (a habit of fairseq).
        let rows_from_2 = |range: Range<usize>| range.start + 2 * width..range.end;
        Self {
            words: at("text_embed.weight"),
            cls: at("vision_embed.cls_token"),
            patch: linear(layout, "vision_embed.proj"),
            vision_positions: rows_from_2(at("encoder.embed_positions.A.weight")),
            text_positions: rows_from_2(at("encoder.embed_positions.B.weight")),
            layers: (0..config.depth).map(|i| LayerPlaces::find(layout, i)).collect(),
            norm: ways(|way| norm(layout, &format!("encoder.layer_norm.{way}"))),
        }
    }
}

impl Places {
    /// All linear layers.
    pub(super) fn linears(&self) -> impl Iterator<Item = &Linear> {
        let layers = self.layers.iter().flat_map(|layer| [&layer.qkv, &layer.out, &layer.fc1, &layer.fc2]);
        layers.flat_map(|ways| [&ways.a, &ways.b]).chain([&self.patch])
    }
}

impl LayerPlaces {
    fn find(layout: &Layout, index: usize) -> Self {
        let name = |part: &str| format!("encoder.layers.{index}.{part}");
        let norms = |part: &str| ways(|way| norm(layout, &name(&format!("{part}.{way}"))));
        Self {
            attention_norm: norms("self_attn_layer_norm"),
            qkv: ways(|way| qkv(layout, &name("self_attn"), way)),
            inner_norm: norms("self_attn.inner_attn_ln"),
            out: ways(|way| linear(layout, &name(&format!("self_attn.out_proj.{way}")))),
            ffn_norm: norms("final_layer_norm"),
            fc1: ways(|way| linear(layout, &name(&format!("ffn.{way}.fc1")))),
            hidden_norm: ways(|way| norm(layout, &name(&format!("ffn.{way}.ffn_layernorm")))),
            fc2: ways(|way| linear(layout, &name(&format!("ffn.{way}.fc2")))),
        }
    }
}

fn ways<T>(find: impl Fn(&str) -> T) -> Ways<T> {
    let [a, b] = WAYS.map(find);
    Ways { a, b }
}

fn linear(layout: &Layout, name: &str) -> Linear {
    let at = |part: &str| layout.range(&format!("{PREFIX}{name}.{part}"));
    Linear { weight: at("weight"), bias: at("bias") }
}

fn norm(layout: &Layout, name: &str) -> Norm {
    let Linear { weight, bias } = linear(layout, name);
    Norm { gamma: weight, beta: bias }
}

/// The three projections as one; [`super::layout()`] puts them side by side.
fn qkv(layout: &Layout, attention: &str, way: &str) -> Linear {
    let [q, k, v] = ["q", "k", "v"].map(|part| linear(layout, &format!("{attention}.{part}_proj.{way}")));
    assert!(q.weight.end == k.weight.start && k.weight.end == v.weight.start, "projections side by side");
    assert!(q.bias.end == k.bias.start && k.bias.end == v.bias.start, "their biases side by side");
    Linear { weight: q.weight.start..v.weight.end, bias: q.bias.start..v.bias.end }
}
