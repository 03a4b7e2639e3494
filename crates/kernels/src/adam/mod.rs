//! Adam with amsgrad, gradient clipping and the moving average of the parameters, in one pass over flat buffers.
//!
//! As PyTorch's `Adam(amsgrad=True)`: the maximum is taken over the biased second moment, epsilon is added after bias
//! correction (Reddi, Kale, Kumar, arXiv:1904.09237). One pass reads and writes each buffer once; the work is bound by
//! memory.

use std::ops::Range;

use rayon::prelude::*;

use crate::math::fma;
use crate::simd::simd;

#[cfg(test)]
mod tests;

/// Elements of one task.
const CHUNK: usize = 1 << 14;

/// Decay rates and epsilon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hyper {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the denominator.
    pub eps: f64,
}

/// Parameters that are updated alike. What no span covers keeps its value and its moments.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Elements of the flat buffers.
    pub range: Range<usize>,
    /// Learning rate.
    pub lr: f64,
    /// How many updates these parameters have had, this one included.
    pub step: u64,
}

/// The buffers an update changes; all of one length.
#[derive(Debug)]
pub struct State<'a> {
    /// Parameters.
    pub params: &'a mut [f32],
    /// First moments.
    pub m: &'a mut [f32],
    /// Second moments.
    pub v: &'a mut [f32],
    /// Largest second moments so far.
    pub v_max: &'a mut [f32],
}

/// The moving average of the parameters; it follows all of them, also those that no span covers.
#[derive(Debug)]
pub struct Ema<'a> {
    /// The average.
    pub shadow: &'a mut [f32],
    /// Weight of its old value.
    pub decay: f32,
}

/// One update. `spans` are in ascending order and do not overlap; gradients are multiplied by `clip` as they are read.
pub fn update(hyper: Hyper, spans: &[Span], clip: f32, grads: &[f32], state: State, ema: Option<Ema>) {
    assert!(spans.windows(2).all(|w| w[0].range.end <= w[1].range.start), "spans in ascending order");
    assert!(spans.last().is_none_or(|s| s.range.end <= grads.len()), "spans inside the buffers");
    let decay = ema.as_ref().map_or(0.0, |e| e.decay);
    cut(grads, state, ema).into_par_iter().for_each(|mut piece| {
        let (start, end) = (piece.start, piece.start + piece.grads.len());
        let first = spans.partition_point(|s| s.range.end <= start);
        for span in spans[first..].iter().take_while(|s| s.range.start < end) {
            piece.adam(span, Factors::new(hyper, span, clip));
        }
        if !piece.shadow.is_empty() {
            follow(piece.shadow, piece.params, decay);
        }
    });
}

/// The same elements of every buffer.
struct Piece<'a> {
    start: usize,
    grads: &'a [f32],
    params: &'a mut [f32],
    m: &'a mut [f32],
    v: &'a mut [f32],
    v_max: &'a mut [f32],
    /// Empty without a moving average.
    shadow: &'a mut [f32],
}

/// Cuts all buffers at the same places.
fn cut<'a>(grads: &'a [f32], state: State<'a>, ema: Option<Ema<'a>>) -> Vec<Piece<'a>> {
    let len = grads.len();
    let sizes = [state.params.len(), state.m.len(), state.v.len(), state.v_max.len()];
    assert_eq!(sizes, [len; 4], "buffers of one length");
    let mut shadow = ema.map(|e| {
        assert_eq!(e.shadow.len(), len, "moving average of the same length");
        e.shadow.chunks_mut(CHUNK)
    });
    let buffers = state.params.chunks_mut(CHUNK).zip(state.m.chunks_mut(CHUNK)).zip(state.v.chunks_mut(CHUNK));
    let buffers = buffers.zip(state.v_max.chunks_mut(CHUNK)).zip(grads.chunks(CHUNK)).enumerate();
    buffers
        .map(|(i, ((((params, m), v), v_max), grads))| {
            let shadow = shadow.as_mut().and_then(Iterator::next).unwrap_or_default();
            Piece { start: i * CHUNK, grads, params, m, v, v_max, shadow }
        })
        .collect()
}

impl Piece<'_> {
    /// Updates the part of the piece that the span covers.
    fn adam(&mut self, span: &Span, factors: Factors) {
        let end = self.start + self.grads.len();
        let part = span.range.start.max(self.start) - self.start..span.range.end.min(end) - self.start;
        step(
            &mut self.params[part.clone()],
            &mut self.m[part.clone()],
            &mut self.v[part.clone()],
            &mut self.v_max[part.clone()],
            &self.grads[part],
            factors,
        );
    }
}

/// The numbers of an update, worked out once in f64.
#[derive(Clone, Copy)]
struct Factors {
    clip: f32,
    beta1: f32,
    beta2: f32,
    one_minus_beta1: f32,
    one_minus_beta2: f32,
    /// 1 / sqrt(1 - beta2^t).
    correction: f32,
    eps: f32,
    /// lr / (1 - beta1^t).
    rate: f32,
}

impl Factors {
    fn new(hyper: Hyper, span: &Span, clip: f32) -> Self {
        let t = span.step as f64;
        Self {
            clip,
            beta1: hyper.beta1 as f32,
            beta2: hyper.beta2 as f32,
            one_minus_beta1: (1.0 - hyper.beta1) as f32,
            one_minus_beta2: (1.0 - hyper.beta2) as f32,
            correction: (1.0 - hyper.beta2.powf(t)).sqrt().recip() as f32,
            eps: hyper.eps as f32,
            rate: (span.lr / (1.0 - hyper.beta1.powf(t))) as f32,
        }
    }
}

simd! {
    fn step(params: &mut [f32], m: &mut [f32], v: &mut [f32], v_max: &mut [f32], grads: &[f32], f: Factors) {
        let n = grads.len();
        let (params, m, v, v_max) = (&mut params[..n], &mut m[..n], &mut v[..n], &mut v_max[..n]);
        for i in 0..n {
            let g = grads[i] * f.clip;
            m[i] = fma::<FMA>(f.beta1, m[i], f.one_minus_beta1 * g);
            v[i] = fma::<FMA>(f.beta2, v[i], f.one_minus_beta2 * g * g);
            v_max[i] = if v[i] > v_max[i] { v[i] } else { v_max[i] };
            let denominator = fma::<FMA>(v_max[i].sqrt(), f.correction, f.eps);
            params[i] -= f.rate * m[i] / denominator;
        }
    }
}

simd! {
    /// `shadow = decay * shadow + (1 - decay) * params`.
    fn follow(shadow: &mut [f32], params: &[f32], decay: f32) {
        for (s, p) in shadow.iter_mut().zip(params) {
            *s = fma::<FMA>(decay, *s, (1.0 - decay) * p);
        }
    }
}
