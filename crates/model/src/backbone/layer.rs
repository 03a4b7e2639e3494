//! One encoder layer: pre-norm attention and feed-forward network, each with a second norm before its last linear layer
//! ("sub-LN"), each on a residual branch.

use simvg_kernels::attention::{self, Saved};
use simvg_kernels::{cls_attention, residual};

use super::buffers::{Kept, Scratch};
use super::multiway::Pass;
use super::places::LayerPlaces;

/// A layer in one pass.
pub(super) struct Layer<'a> {
    pub(super) places: &'a LayerPlaces,
    pub(super) pass: &'a Pass<'a>,
    /// Drop-path factors of the attention and of the feed-forward branch, `[B]` each.
    pub(super) factors: &'a [Vec<f32>; 2],
}

impl Layer<'_> {
    /// `out = y + s2 FFN(y)`, `y = x + s1 attention(x)`.
    pub(super) fn forward(&self, x: &[f32], out: &mut [f32], kept: &mut Kept, scratch: &mut Scratch) {
        self.attend(x, kept, scratch);
        self.feed_forward(out, kept, scratch);
    }

    /// `kept.middle = x + s1 out(LN(attention(qkv(LN(x)))))`.
    fn attend(&self, x: &[f32], kept: &mut Kept, scratch: &mut Scratch) {
        let Self { places, pass, factors } = self;
        places.attention_norm.forward(pass, &mut scratch.narrow, &mut kept.attention_norm, x);
        places.qkv.forward(pass, &mut kept.qkv, &scratch.narrow);
        attention::forward(&mut kept.attended, &mut kept.log_sums, &kept.qkv, pass.padding, pass.shape);
        places.inner_norm.forward(pass, &mut scratch.narrow, &mut kept.inner_norm, &kept.attended);
        places.out.forward(pass, &mut scratch.branch, &scratch.narrow);
        self.add_branch(&mut kept.middle, x, &scratch.branch, &factors[0]);
    }

    /// `out = y + s2 fc2(LN(gelu(fc1(LN(y)))))`, y being `kept.middle`.
    fn feed_forward(&self, out: &mut [f32], kept: &mut Kept, scratch: &mut Scratch) {
        let Self { places, pass, factors } = self;
        places.ffn_norm.forward(pass, &mut scratch.narrow, &mut kept.ffn_norm, &kept.middle);
        places.fc1.forward(pass, &mut kept.hidden, &scratch.narrow);
        places.hidden_norm.forward_gelu(pass, &mut scratch.wide, &mut kept.hidden_norm, &kept.hidden);
        places.fc2.forward(pass, &mut scratch.branch, &scratch.wide);
        self.add_branch(out, &kept.middle, &scratch.branch, &factors[1]);
    }

    fn add_branch(&self, out: &mut [f32], x: &[f32], branch: &[f32], factors: &[f32]) {
        let parts = self.pass.cut_mut(out).into_iter().zip(self.pass.cut(x)).zip(self.pass.cut(branch));
        parts.for_each(|((out, x), branch)| residual::forward(out, x, branch, factors));
    }

    /// Turns the gradient of the output, in `d`, into that of the input `x`; adds those of the parameters to `grads`.
    /// `guided` is the gradient of the scores that the CLS token gives the patches, if a loss looks at them.
    pub(super) fn backward(
        &self,
        x: &[f32],
        kept: &Kept,
        d: &mut [f32],
        guided: Option<&[f32]>,
        scratch: &mut Scratch,
        grads: &mut [f32],
    ) {
        self.feed_forward_backward(kept, d, scratch, grads);
        self.attend_backward(x, kept, d, guided, scratch, grads);
    }

    fn feed_forward_backward(&self, kept: &Kept, d: &mut [f32], s: &mut Scratch, grads: &mut [f32]) {
        let Self { places, pass, factors } = self;
        self.scale_branch(&mut s.branch, d, &factors[1]);
        places.hidden_norm.recompute_gelu(pass, &mut s.wide, &kept.hidden, &kept.hidden_norm);
        places.fc2.backward(pass, grads, &mut s.dwide, &s.branch, &s.wide);
        places.hidden_norm.backward_gelu(pass, grads, &mut s.dwide, &kept.hidden, &kept.hidden_norm);
        places.ffn_norm.recompute(pass, &mut s.narrow, &kept.middle, &kept.ffn_norm);
        places.fc1.backward(pass, grads, &mut s.dnarrow, &s.dwide, &s.narrow);
        places.ffn_norm.backward_add(pass, grads, d, &s.dnarrow, &kept.middle, &kept.ffn_norm);
    }

    fn attend_backward(
        &self,
        x: &[f32],
        kept: &Kept,
        d: &mut [f32],
        guided: Option<&[f32]>,
        s: &mut Scratch,
        grads: &mut [f32],
    ) {
        let Self { places, pass, factors } = self;
        self.scale_branch(&mut s.branch, d, &factors[0]);
        places.inner_norm.recompute(pass, &mut s.narrow, &kept.attended, &kept.inner_norm);
        places.out.backward(pass, grads, &mut s.dnarrow, &s.branch, &s.narrow);
        places.inner_norm.backward(pass, grads, &mut s.branch, &s.dnarrow, &kept.attended, &kept.inner_norm);
        let saved = Saved { qkv: &kept.qkv, out: &kept.attended, log_sums: &kept.log_sums, padding: pass.padding };
        attention::backward(&mut s.dqkv, &s.branch, saved, pass.shape);
        if let Some(dlogits) = guided {
            cls_attention::backward(&mut s.dqkv, dlogits, &kept.qkv, pass.shape);
        }
        places.attention_norm.recompute(pass, &mut s.narrow, x, &kept.attention_norm);
        places.qkv.backward(pass, grads, &mut s.dnarrow, &s.dqkv, &s.narrow);
        places.attention_norm.backward_add(pass, grads, d, &s.dnarrow, x, &kept.attention_norm);
    }

    fn scale_branch(&self, dbranch: &mut [f32], d: &[f32], factors: &[f32]) {
        let parts = self.pass.cut_mut(dbranch).into_iter().zip(self.pass.cut(d));
        parts.for_each(|(dbranch, d)| residual::backward(dbranch, d, factors));
    }
}
