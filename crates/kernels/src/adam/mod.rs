//! Adam with amsgrad, gradient clipping and the moving average of the parameters, in one pass over flat buffers.
//!
//! As PyTorch's `Adam(amsgrad=True)`: the maximum is taken over the biased second moment, epsilon is added after bias
//! correction (Reddi, Kale, Kumar, arXiv:1904.09237). One pass reads and writes each buffer once; the work is bound by
//! memory, so elements at rest are passed over: where gradient and moments are zero and the average equals the
//! parameter, an update changes no bit.

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

/// The moving average of the parameters; it follows all live ones, also those that no span covers.
#[derive(Debug)]
pub struct Ema<'a> {
    /// The average.
    pub shadow: &'a mut [f32],
    /// Weight of its old value.
    pub decay: f32,
}

/// The gradients, and what to make of them.
#[derive(Clone, Copy, Debug)]
pub struct Gradients<'a> {
    /// As many as there are parameters.
    pub values: &'a [f32],
    /// What they are multiplied by as they are read.
    pub clip: f32,
    /// Elements that are updated, in ascending order; the caller vouches that all others are at rest.
    pub live: &'a [Range<usize>],
}

/// One update. `spans` are in ascending order and do not overlap.
pub fn update(hyper: Hyper, spans: &[Span], grads: Gradients, state: State, ema: Option<Ema>) {
    assert!(spans.windows(2).all(|w| w[0].range.end <= w[1].range.start), "spans in ascending order");
    let decay = ema.as_ref().map_or(0.0, |e| e.decay);
    let factors: Vec<Factors> = spans.iter().map(|span| Factors::new(hyper, span, grads.clip)).collect();
    cut(grads, state, ema).into_par_iter().for_each(|mut piece| {
        let (start, end) = (piece.start, piece.start + piece.grads.len());
        let first = spans.partition_point(|s| s.range.end <= start);
        for (span, factors) in spans.iter().zip(&factors).skip(first).take_while(|(s, _)| s.range.start < end) {
            piece.adam(&span.range, *factors);
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

/// Cuts the live elements of all buffers at the same places.
fn cut<'a>(grads: Gradients<'a>, state: State<'a>, ema: Option<Ema<'a>>) -> Vec<Piece<'a>> {
    let State { mut params, mut m, mut v, mut v_max } = state;
    let mut shadow = ema.map(|e| e.shadow);
    let len = grads.values.len();
    let sizes = [params.len(), m.len(), v.len(), v_max.len(), shadow.as_ref().map_or(len, |s| s.len())];
    assert_eq!(sizes, [len; 5], "buffers of one length");
    let mut at = 0;
    let parts = grads.live.iter().flat_map(|r| r.clone().step_by(CHUNK).map(|i| i..r.end.min(i + CHUNK)));
    let piece = |part: Range<usize>| {
        let next = part.start.checked_sub(at).expect("live elements in ascending order")..part.end - at;
        at = part.end;
        Piece {
            start: part.start,
            grads: &grads.values[part],
            params: take(&mut params, &next),
            m: take(&mut m, &next),
            v: take(&mut v, &next),
            v_max: take(&mut v_max, &next),
            shadow: shadow.as_mut().map(|s| take(s, &next)).unwrap_or_default(),
        }
    };
    parts.map(piece).collect()
}

/// Elements `next` of what is left of a buffer; then the rest is left.
fn take<'a>(left: &mut &'a mut [f32], next: &Range<usize>) -> &'a mut [f32] {
    let taken = left.split_off_mut(..next.end).expect("live elements inside the buffers");
    &mut taken[next.start..]
}

impl Piece<'_> {
    /// Updates the part of the piece that the span covers.
    fn adam(&mut self, span: &Range<usize>, factors: Factors) {
        let end = self.start + self.grads.len();
        let part = span.start.max(self.start) - self.start..span.end.min(end) - self.start;
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
    /// `shadow = decay * shadow + (1 - decay) * params`, written so that an average that equals its parameter stays so.
    fn follow(shadow: &mut [f32], params: &[f32], decay: f32) {
        let share = 1.0 - decay;
        for (s, p) in shadow.iter_mut().zip(params) {
            *s = fma::<FMA>(share, *p - *s, *s);
        }
    }
}
