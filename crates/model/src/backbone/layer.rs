//! One encoder layer: pre-norm attention and feed-forward network, each with a second norm before its last linear layer
//! ("sub-LN"), each on a residual branch. In training a branch is computed for the samples alone that it does not drop.

use simvg_kernels::attention::{self, Saved};
use simvg_kernels::cls_attention;

use super::buffers::{Kept, Scratch};
use super::multiway::Pass;
use super::places::LayerPlaces;

/// A layer in one pass.
pub(super) struct Layer<'a> {
    pub(super) places: &'a LayerPlaces,
    pub(super) pass: &'a Pass<'a>,
    /// Drop-path factors of the attention and of the feed-forward branch, `[B]` each.
    pub(super) factors: &'a [Vec<Option<f32>>; 2],
}

impl Layer<'_> {
    /// `out = y + s2 FFN(y)`, `y = x + s1 attention(x)`.
    pub(super) fn forward(&self, x: &[f32], out: &mut [f32], kept: &mut Kept, scratch: &mut Scratch) {
        self.attend(x, kept, scratch);
        self.feed_forward(out, kept, scratch);
    }

    /// `kept.middle = x + s1 out(LN(attention(qkv(LN(x)))))`.
    fn attend(&self, x: &[f32], kept: &mut Kept, s: &mut Scratch) {
        let Self { places, pass, factors: [factors, _] } = self;
        let branch = &pass.of_kept(factors);
        kept.fit_attention(branch.shape);
        s.fit(branch.shape.rows(), branch.shape.width());
        let input = pass.gather(&mut s.some, x, factors);
        places.attention_norm.forward(branch, &mut s.narrow, &mut kept.attention_norm, input);
        places.qkv.forward(branch, &mut kept.qkv, &s.narrow);
        attention::forward(
            branch.precision,
            &mut kept.attended,
            &mut kept.log_sums,
            &kept.qkv,
            &branch.padding,
            branch.shape,
        );
        places.inner_norm.forward(branch, &mut s.narrow, &mut kept.inner_norm, &kept.attended);
        places.out.forward(branch, &mut s.branch, &s.narrow);
        pass.add_branch(&mut kept.middle, x, &s.branch, factors);
    }

    /// `out = y + s2 fc2(LN(gelu(fc1(LN(y)))))`, y being `kept.middle`.
    pub(super) fn feed_forward(&self, out: &mut [f32], kept: &mut Kept, s: &mut Scratch) {
        let Self { places, pass, factors: [_, factors] } = self;
        let branch = &pass.of_kept(factors);
        kept.fit_ffn(branch.shape.rows(), self.hidden());
        s.fit(branch.shape.rows(), branch.shape.width());
        s.wide.resize(kept.hidden.len(), 0.0);
        let input = pass.gather(&mut s.some, &kept.middle, factors);
        places.ffn_norm.forward(branch, &mut s.narrow, &mut kept.ffn_norm, input);
        places.fc1.forward(branch, &mut kept.hidden, &s.narrow);
        places.hidden_norm.forward_gelu(branch, &mut s.wide, &mut kept.hidden_norm, &kept.hidden);
        places.fc2.forward(branch, &mut s.branch, &s.wide);
        pass.add_branch(out, &kept.middle, &s.branch, factors);
    }

    /// Width of the hidden layer of the feed-forward network.
    fn hidden(&self) -> usize {
        self.places.fc1.a.bias.len()
    }

    /// Turns the gradient of the output, in `d`, into that of the input `x`; those of the parameters go into `grads`.
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
        let Self { places, pass, factors: [_, factors] } = self;
        let branch = &pass.of_kept(factors);
        s.fit(branch.shape.rows(), branch.shape.width());
        s.dnarrow.resize(s.narrow.len(), 0.0);
        s.wide.resize(kept.hidden.len(), 0.0);
        s.dwide.resize(kept.hidden.len(), 0.0);
        pass.scale_branch(&mut s.branch, d, factors);
        places.hidden_norm.recompute_gelu(branch, &mut s.wide, &kept.hidden, &kept.hidden_norm);
        places.fc2.backward(branch, grads, &mut s.dwide, &s.branch, &s.wide);
        places.hidden_norm.backward_gelu(branch, grads, &mut s.dwide, &kept.hidden, &kept.hidden_norm);
        let input = pass.gather(&mut s.some, &kept.middle, factors);
        places.ffn_norm.recompute(branch, &mut s.narrow, input, &kept.ffn_norm);
        places.fc1.backward(branch, grads, &mut s.dnarrow, &s.dwide, &s.narrow);
        pass.change_kept(&mut s.branch, d, factors, |d| {
            places.ffn_norm.backward_add(branch, grads, d, &s.dnarrow, input, &kept.ffn_norm);
        });
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
        let Self { places, pass, factors: [factors, _] } = self;
        let branch = &pass.of_kept(factors);
        s.fit(branch.shape.rows(), branch.shape.width());
        s.dnarrow.resize(s.narrow.len(), 0.0);
        s.dqkv.resize(kept.qkv.len(), 0.0);
        pass.scale_branch(&mut s.branch, d, factors);
        places.inner_norm.recompute(branch, &mut s.narrow, &kept.attended, &kept.inner_norm);
        places.out.backward(branch, grads, &mut s.dnarrow, &s.branch, &s.narrow);
        places.inner_norm.backward(branch, grads, &mut s.branch, &s.dnarrow, &kept.attended, &kept.inner_norm);
        let saved = Saved { qkv: &kept.qkv, out: &kept.attended, log_sums: &kept.log_sums, padding: &branch.padding };
        attention::backward(branch.precision, &mut s.dqkv, &s.branch, saved, branch.shape);
        if let Some(dlogits) = guided {
            cls_attention::backward(&mut s.dqkv, dlogits, &kept.qkv, branch.shape);
        }
        let input = pass.gather(&mut s.some, x, factors);
        places.attention_norm.recompute(branch, &mut s.narrow, input, &kept.attention_norm);
        places.qkv.backward(branch, grads, &mut s.dnarrow, &s.dqkv, &s.narrow);
        pass.change_kept(&mut s.branch, d, factors, |d| {
            places.attention_norm.backward_add(branch, grads, d, &s.dnarrow, input, &kept.attention_norm);
        });
    }
}
