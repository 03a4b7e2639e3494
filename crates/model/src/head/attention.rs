//! Multi-head attention with the semantics of `torch.nn.MultiheadAttention`, arranged for few queries and many keys.
//!
//! Projecting every key and value costs `N D^2`. With Q queries and H heads it is cheaper to carry the queries through
//! the key projection (`q_h W_k,h`, then a product with the raw keys) and to project values after they have been
//! averaged: `N D Q H`. Both are the same sums in another order. The key bias adds the same number to all logits of a
//! query and drops out of the softmax: it is never read, and its gradient is exactly zero.

use dfdx::prelude::*;

use super::dropout::Dropout;
use super::layers::Linear;
use super::parameters::Reader;
use super::tape::{Cube, Matrix, Recorder};

/// Added to the logit of a padded key; large enough that its weight is exactly zero.
pub const MASKED: f32 = -1e30;

/// What is attended to, shared by all layers that look at it.
#[derive(Clone)]
pub struct Keys<T: Recorder> {
    /// Content plus position `[B, N, D]`: what is compared with the queries.
    pub located: Cube<T>,
    /// Content `[B, N, D]`: what is averaged.
    pub content: Cube<T>,
    /// 0 or [`MASKED`] for every key `[B, N]`; none if no key is padded.
    pub mask: Option<Matrix>,
}

/// Projections of one attention, H heads of width E = D / H.
pub struct Attention {
    heads: usize,
    query: Linear,
    /// `[H, E, D]`.
    key: Cube,
    /// `[H, E, D]`.
    value: Cube,
    /// `[H, E]`.
    value_bias: Matrix,
    out: Linear,
}

impl Attention {
    /// Reads `<name>.attn.*`.
    pub fn read(reader: &mut Reader, name: &str, dim: usize, heads: usize) -> Self {
        let (weight, bias) = (format!("{name}.attn.in_proj_weight"), format!("{name}.attn.in_proj_bias"));
        let per_head = (heads, dim / heads, dim);
        Self {
            heads,
            query: Linear::new(reader.part(&weight, 0, (dim, dim)), reader.part(&bias, 0, (dim,))),
            key: reader.part(&weight, dim * dim, per_head),
            value: reader.part(&weight, 2 * dim * dim, per_head),
            value_bias: reader.part(&bias, 2 * dim, (heads, dim / heads)),
            out: Linear::read(reader, &format!("{name}.attn.out_proj"), dim, dim),
        }
    }

    /// Queries `[B*Q, D]` to outputs `[B*Q, D]` and attention logits `[B, H*Q, N]`.
    pub fn forward<T: Recorder>(&self, queries: Matrix<T>, keys: &Keys<T>, dropout: &Dropout) -> (Matrix<T>, Cube<T>) {
        let logits = self.logits(queries, keys);
        let weights = dropout.apply(logits.clone().softmax::<Axis<2>>());
        (self.out.forward(self.average(weights, &keys.content, dropout)), logits)
    }

    fn logits<T: Recorder>(&self, queries: Matrix<T>, keys: &Keys<T>) -> Cube<T> {
        let (batch, _, dim) = *keys.located.shape();
        let (rows, head_dim) = (queries.shape().0, dim / self.heads);
        let scaled = self.query.forward(queries) * (1.0 / head_dim as f32).sqrt();
        let per_head = scaled.reshape_like(&(rows, self.heads, head_dim)).permute::<_, Axes3<1, 0, 2>>();
        let carried: Cube<T> = per_head.matmul(self.key.clone());
        let by_sample = carried
            .reshape_like(&(self.heads, batch, rows / batch, dim))
            .permute::<_, Axes4<1, 0, 2, 3>>()
            .reshape_like(&(batch, self.heads * rows / batch, dim));
        let logits = by_sample.matmul(keys.located.clone().permute::<_, Axes3<0, 2, 1>>());
        match &keys.mask {
            Some(mask) => {
                let mask = mask.clone().broadcast_like::<_, Axis<1>>(logits.shape());
                logits + mask
            }
            None => logits,
        }
    }

    /// Weights `[B, H*Q, N]` and contents `[B, N, D]` to projected averages `[B*Q, D]`.
    fn average<T: Recorder>(&self, weights: Cube<T>, content: &Cube<T>, dropout: &Dropout) -> Matrix<T> {
        let (batch, rows, _) = *weights.shape();
        let (queries, dim) = (rows / self.heads, content.shape().2);
        let by_head: Cube<T> = weights
            .clone()
            .matmul(content.clone())
            .reshape_like(&(batch, self.heads, queries, dim))
            .permute::<_, Axes4<1, 0, 2, 3>>()
            .reshape_like(&(self.heads, batch * queries, dim));
        let projected = by_head.matmul(self.value.clone().permute::<_, Axes3<0, 2, 1>>());
        let projected = projected.permute::<(usize, usize, usize), Axes3<1, 0, 2>>();
        let bias = self.value_bias.clone().broadcast_like::<_, Axis<0>>(projected.shape());
        if !dropout.drops() {
            // The weights of a query add up to 1. Summing them would leave rounding noise in gradients that are zero,
            // such as those of the first decoder layer's keys, and Adam makes steps of any noise.
            return (projected + bias).reshape_like(&(batch * queries, dim));
        }
        // Under dropout they do not, and the bias counts as often as they say.
        let total = weights.sum::<(usize, usize), Axis<2>>();
        let total = total
            .reshape_like(&(batch, self.heads, queries))
            .permute::<_, Axes3<0, 2, 1>>()
            .reshape_like(&(batch * queries, self.heads));
        let bias = total.broadcast_like::<_, Axis<2>>(projected.shape()) * bias;
        (projected + bias).reshape_like(&(batch * queries, dim))
    }
}
