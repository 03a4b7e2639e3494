//! Linear layers and layer norms that exist twice: A is applied to the vision rows of a buffer, B to its text rows.

use std::borrow::Cow;
use std::ops::Range;

use simvg_kernels::Write;
use simvg_kernels::attention::Shape;
use simvg_kernels::layer_norm::{self, Moments, Saved};
use simvg_kernels::matmul::Precision;
use simvg_kernels::{gelu_norm, linear};

use super::places::{Linear, Norm, Ways};
use crate::batch::Batch;
use crate::config::EncoderConfig;

/// What does not change during a pass, or during the pass of some samples through a branch.
pub(super) struct Pass<'a> {
    /// All parameters of the model.
    pub(super) params: &'a [f32],
    /// Which row is which token.
    pub(super) shape: Shape,
    /// Padding of the text `[B, L]`.
    pub(super) padding: Cow<'a, [u8]>,
    /// Epsilon of the layer norms.
    pub(super) eps: f32,
    /// Number format of the operands of matrix products.
    pub(super) precision: Precision,
    /// Whether weights lie packed.
    pub(super) packed: bool,
}

impl<'a> Pass<'a> {
    /// A pass of this batch. Panics if its pictures are not of the configured size.
    pub(super) fn new(
        params: &'a [f32],
        config: &EncoderConfig,
        batch: &'a Batch,
        precision: Precision,
        packed: bool,
    ) -> Self {
        let pixels = config.in_chans * config.img_size * config.img_size;
        assert_eq!(batch.img.len(), batch.picture_count() * pixels, "pictures of {0} x {0} pixels", config.img_size);
        let shape = Shape {
            samples: batch.len(),
            heads: config.heads,
            head_dim: config.embed / config.heads,
            vision: 1 + config.patches(),
            text: batch.text_len(),
        };
        let padding = batch.padding.as_slice().into();
        Self { params, shape, padding, eps: config.layernorm_eps, precision, packed }
    }

    fn get(&self, range: &Range<usize>) -> &[f32] {
        &self.params[range.clone()]
    }

    /// Elements of the vision rows in a buffer of `len` elements.
    fn vision(&self, len: usize) -> usize {
        len / self.shape.tokens() * self.shape.vision
    }

    /// The same for the samples that have a factor: those that a branch keeps.
    pub(super) fn of_kept(&self, factors: &[Option<f32>]) -> Pass<'_> {
        let kept = factors.iter().zip(self.padding.chunks_exact(self.shape.text.max(1))).filter(|(f, _)| f.is_some());
        let samples = factors.iter().flatten().count();
        let padding = match samples == factors.len() {
            true => Cow::Borrowed(&*self.padding),
            false => kept.flat_map(|(_, padding)| padding).copied().collect(),
        };
        Pass { shape: Shape { samples, ..self.shape }, padding, ..*self }
    }

    /// Vision rows and text rows.
    pub(super) fn cut<'x, T>(&self, x: &'x [T]) -> [&'x [T]; 2] {
        x.split_at(self.vision(x.len())).into()
    }

    /// Vision rows and text rows, to write.
    pub(super) fn cut_mut<'x, T>(&self, x: &'x mut [T]) -> [&'x mut [T]; 2] {
        x.split_at_mut(self.vision(x.len())).into()
    }
}

impl<T> Ways<T> {
    /// Both ways with their part of what `parts` holds.
    fn with<P>(&self, parts: [P; 2]) -> impl Iterator<Item = (&T, P)> {
        [&self.a, &self.b].into_iter().zip(parts)
    }
}

impl Linear {
    /// `y = x W^T + b`.
    pub(super) fn forward(&self, pass: &Pass, y: &mut [f32], x: &[f32]) {
        let (weight, bias) = (pass.get(&self.weight), pass.get(&self.bias));
        if pass.packed {
            linear::forward_packed(pass.precision, y, x, weight, bias);
        } else {
            linear::forward(pass.precision, y, x, weight, bias);
        }
    }

    /// Packs the weights.
    pub(super) fn pack(&self, precision: Precision, params: &mut [f32]) {
        linear::pack(precision, &mut params[self.weight.clone()], self.bias.len());
    }
}

impl Ways<Linear> {
    /// `y = x W^T + b`.
    pub(super) fn forward(&self, pass: &Pass, y: &mut [f32], x: &[f32]) {
        for ((way, y), x) in self.with(pass.cut_mut(y)).zip(pass.cut(x)) {
            way.forward(pass, y, x);
        }
    }

    /// `dx =` gradient of the input; that of the weights is written over, that of the bias is added to `grads`.
    pub(super) fn backward(&self, pass: &Pass, grads: &mut [f32], dx: &mut [f32], dy: &[f32], x: &[f32]) {
        for (((way, dx), dy), x) in self.with(pass.cut_mut(dx)).zip(pass.cut(dy)).zip(pass.cut(x)) {
            let [dw, db] = two(grads, &way.weight, &way.bias);
            let weight = pass.get(&way.weight);
            rayon::join(
                || linear::backward_input(pass.precision, dx, Write::Over, dy, weight, way.bias.len()),
                || linear::backward_params(pass.precision, dw, Write::Over, db, dy, x),
            );
        }
    }
}

impl Ways<Norm> {
    /// `y = LN(x)`, keeping the moments.
    pub(super) fn forward(&self, pass: &Pass, y: &mut [f32], moments: &mut [Moments], x: &[f32]) {
        let parts = self.with(pass.cut_mut(y)).zip(pass.cut_mut(moments)).zip(pass.cut(x));
        for (((way, y), moments), x) in parts {
            layer_norm::forward(y, moments, x, pass.get(&way.gamma), pass.get(&way.beta), pass.eps);
        }
    }

    /// y again, from the kept moments.
    pub(super) fn recompute(&self, pass: &Pass, y: &mut [f32], x: &[f32], moments: &[Moments]) {
        let parts = self.with(pass.cut_mut(y)).zip(pass.cut(x)).zip(pass.cut(moments));
        for (((way, y), x), moments) in parts {
            layer_norm::recompute(y, x, moments, pass.get(&way.gamma), pass.get(&way.beta));
        }
    }

    /// `dx =` gradient of the input; those of the parameters are added to `grads`.
    pub(super) fn backward(
        &self,
        pass: &Pass,
        grads: &mut [f32],
        dx: &mut [f32],
        dy: &[f32],
        x: &[f32],
        moments: &[Moments],
    ) {
        self.backward_into(pass, grads, (dx, Write::Over), dy, x, moments);
    }

    /// The same, added to `dx`: the input also goes past the branch, on the residual stream.
    pub(super) fn backward_add(
        &self,
        pass: &Pass,
        grads: &mut [f32],
        dx: &mut [f32],
        dy: &[f32],
        x: &[f32],
        moments: &[Moments],
    ) {
        self.backward_into(pass, grads, (dx, Write::Add), dy, x, moments);
    }

    fn backward_into(
        &self,
        pass: &Pass,
        grads: &mut [f32],
        (dx, write): (&mut [f32], Write),
        dy: &[f32],
        x: &[f32],
        moments: &[Moments],
    ) {
        let parts = self.with(pass.cut_mut(dx)).zip(pass.cut(dy)).zip(pass.cut(x)).zip(pass.cut(moments));
        for ((((way, dx), dy), x), moments) in parts {
            let [dgamma, dbeta] = two(grads, &way.gamma, &way.beta);
            layer_norm::backward(dx, write, dgamma, dbeta, dy, Saved { x, moments, gamma: pass.get(&way.gamma) });
        }
    }

    /// `y = LN(gelu(h))`, keeping the moments.
    pub(super) fn forward_gelu(&self, pass: &Pass, y: &mut [f32], moments: &mut [Moments], h: &[f32]) {
        let parts = self.with(pass.cut_mut(y)).zip(pass.cut_mut(moments)).zip(pass.cut(h));
        for (((way, y), moments), h) in parts {
            gelu_norm::forward(y, moments, h, pass.get(&way.gamma), pass.get(&way.beta), pass.eps);
        }
    }

    /// y again, from h and the kept moments.
    pub(super) fn recompute_gelu(&self, pass: &Pass, y: &mut [f32], h: &[f32], moments: &[Moments]) {
        let parts = self.with(pass.cut_mut(y)).zip(pass.cut(h)).zip(pass.cut(moments));
        for (((way, y), h), moments) in parts {
            gelu_norm::recompute(y, h, moments, pass.get(&way.gamma), pass.get(&way.beta));
        }
    }

    /// Turns the gradient of y, in `d`, into that of h; those of the parameters are added to `grads`.
    pub(super) fn backward_gelu(&self, pass: &Pass, grads: &mut [f32], d: &mut [f32], h: &[f32], moments: &[Moments]) {
        let parts = self.with(pass.cut_mut(d)).zip(pass.cut(h)).zip(pass.cut(moments));
        for (((way, d), x), moments) in parts {
            let [dgamma, dbeta] = two(grads, &way.gamma, &way.beta);
            gelu_norm::backward(d, dgamma, dbeta, Saved { x, moments, gamma: pass.get(&way.gamma) });
        }
    }
}

/// Two tensors of the flat buffer, to write.
pub(super) fn two<'a>(flat: &'a mut [f32], first: &Range<usize>, second: &Range<usize>) -> [&'a mut [f32]; 2] {
    flat.get_disjoint_mut([first.clone(), second.clone()]).expect("two tensors of one layout do not overlap")
}
