//! Stacks of post-norm DETR layers (detrex, `layers/transformer.py`): the optional encoder, the decoder, and the
//! text-guided query generation, which is a small decoder over the words.

use dfdx::prelude::*;

use super::attention::{Attention, Keys};
use super::dropout::Dropout;
use super::layers::{LayerNorm, Linear};
use super::parameters::Reader;
use super::tape::{Cube, Matrix, Recorder};

/// Widths of a stack.
#[derive(Clone, Copy)]
pub struct Sizes {
    /// Width D.
    pub dim: usize,
    /// Attention heads.
    pub heads: usize,
    /// Hidden width of the feed-forward networks.
    pub hidden: usize,
    /// Number of layers.
    pub layers: usize,
    /// Look at a memory too (a decoder), not only at itself (an encoder).
    pub cross: bool,
}

/// Self-attention, cross-attention where there is a memory, feed-forward network; a layer norm after each.
struct Layer {
    itself: Attention,
    cross: Option<Attention>,
    norms: Vec<LayerNorm>,
    expand: Linear,
    contract: Linear,
}

impl Layer {
    fn read(reader: &mut Reader, name: &str, s: &Sizes) -> Self {
        let attention =
            |reader: &mut Reader, i| Attention::read(reader, &format!("{name}.attentions.{i}"), s.dim, s.heads);
        let itself = attention(reader, 0);
        let cross = s.cross.then(|| attention(reader, 1));
        let norms = 0..2 + usize::from(s.cross);
        Self {
            itself,
            cross,
            norms: norms.map(|i| LayerNorm::read(reader, &format!("{name}.norms.{i}"), s.dim)).collect(),
            expand: Linear::read(reader, &format!("{name}.ffns.0.layers.0.0"), s.dim, s.hidden),
            contract: Linear::read(reader, &format!("{name}.ffns.0.layers.1"), s.hidden, s.dim),
        }
    }

    /// Positions are added to queries and keys, never to values.
    fn forward<T: Recorder>(&self, x: Matrix<T>, input: &Input<T>, dropout: &Dropout) -> (Matrix<T>, Option<Cube<T>>) {
        let located = x.clone() + input.position.clone();
        let keys = input.own_keys(&x, &located);
        let mut x = self.norms[0].forward(x + self.itself.forward(located, &keys, dropout).0);
        let mut logits = None;
        if let (Some(cross), Some(memory)) = (&self.cross, input.memory) {
            let (y, l) = cross.forward(x.clone() + input.position.clone(), memory, dropout);
            x = self.norms[1].forward(x + y);
            logits = Some(l);
        }
        let hidden = dropout.apply(self.expand.forward(x.clone()).relu());
        let y = dropout.apply(self.contract.forward(hidden));
        (self.norms[self.norms.len() - 1].forward(x + y), logits)
    }
}

/// What every layer of a stack sees beside its content.
pub struct Input<'a, T: Recorder> {
    /// Positions `[B*Q, D]`; for a decoder, the queries.
    pub position: Matrix<T>,
    /// Samples B.
    pub batch: usize,
    /// Padding among the content itself `[B, Q]`.
    pub own_mask: Option<Matrix>,
    /// What a decoder looks at.
    pub memory: Option<&'a Keys<T>>,
}

impl<T: Recorder> Input<'_, T> {
    fn own_keys(&self, content: &Matrix<T>, located: &Matrix<T>) -> Keys<T> {
        let (rows, dim) = *content.shape();
        let shape = (self.batch, rows / self.batch, dim);
        Keys {
            located: located.clone().reshape_like(&shape),
            content: content.clone().reshape_like(&shape),
            mask: self.own_mask.clone(),
        }
    }
}

/// Layers one after the other.
pub struct Stack {
    layers: Vec<Layer>,
    /// Norm that decoders apply to the output of every layer; the next layer continues from what is not normed.
    post_norm: Option<LayerNorm>,
}

/// Output of one layer.
pub struct State<T: Recorder> {
    /// `[B*Q, D]`, post-normed where the stack is a decoder.
    pub hidden: Matrix<T>,
    /// Cross-attention logits `[B, H*Q, N]`.
    pub logits: Option<Cube<T>>,
}

impl Stack {
    /// Reads `<name>.layers.<i>` and, for a decoder, `<name>.post_norm_layer`.
    pub fn read(reader: &mut Reader, name: &str, s: Sizes) -> Self {
        let layers = (0..s.layers).map(|i| Layer::read(reader, &format!("{name}.layers.{i}"), &s)).collect();
        let post_norm = s.cross.then(|| LayerNorm::read(reader, &format!("{name}.post_norm_layer"), s.dim));
        Self { layers, post_norm }
    }

    /// The state after every layer, from content `x` `[B*Q, D]`.
    pub fn forward<T: Recorder>(&self, x: Matrix<T>, input: &Input<T>, dropout: &Dropout) -> Vec<State<T>> {
        let mut x = x;
        let mut states = Vec::new();
        for layer in &self.layers {
            let (y, logits) = layer.forward(x, input, dropout);
            let hidden = self.post_norm.as_ref().map_or_else(|| y.clone(), |norm| norm.forward(y.clone()));
            states.push(State { hidden, logits });
            x = y;
        }
        states
    }
}
