//! The optimizer against plain loops in f64.

use super::*;
use crate::testing::{close, noise, same_for_any_threads, wide};

const HYPER: Hyper = Hyper { beta1: 0.9, beta2: 0.98, eps: 1e-9 };

/// Parameters and moments of the slow twin.
struct Twin {
    params: Vec<f64>,
    m: Vec<f64>,
    v: Vec<f64>,
    v_max: Vec<f64>,
}

fn reference(s: &mut Twin, spans: &[Span], clip: f64, grads: &[f64]) {
    for span in spans {
        let t = span.step as i32;
        for i in span.range.clone() {
            let g = grads[i] * clip;
            s.m[i] = HYPER.beta1 * s.m[i] + (1.0 - HYPER.beta1) * g;
            s.v[i] = HYPER.beta2 * s.v[i] + (1.0 - HYPER.beta2) * g * g;
            s.v_max[i] = s.v_max[i].max(s.v[i]);
            let denominator = s.v_max[i].sqrt() / (1.0 - HYPER.beta2.powi(t)).sqrt() + HYPER.eps;
            s.params[i] -= span.lr / (1.0 - HYPER.beta1.powi(t)) * s.m[i] / denominator;
        }
    }
}

fn spans(step: u64) -> Vec<Span> {
    vec![Span { range: 3..20_000, lr: 1e-3, step }, Span { range: 20_000..39_000, lr: 1e-2, step: step + 4 }]
}

/// Three updates of 40 000 parameters, of which `live` are looked at; returns parameters, moments and average.
fn updates(live: &[Range<usize>], grads: impl Fn(u64) -> Vec<f32>) -> [Vec<f32>; 5] {
    let n = 40_000;
    let (mut params, mut m, mut v, mut v_max) = (noise(n, 1), vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let mut shadow = params.clone();
    for step in 1..=3 {
        let state = State { params: &mut params, m: &mut m, v: &mut v, v_max: &mut v_max };
        let ema = Ema { shadow: &mut shadow, decay: 0.9 };
        let grads = Gradients { values: &grads(step), clip: 0.5, live };
        update(HYPER, &spans(step), grads, state, Some(ema));
    }
    [params, m, v, v_max, shadow]
}

fn three_steps() -> [Vec<f32>; 5] {
    updates(&[0..7, 7..40_000], |step| noise(40_000, 10 + step))
}

#[test]
fn agrees_with_plain_loops() {
    let n = 40_000;
    let start = noise(n, 1);
    let mut twin = Twin { params: wide(&start), m: vec![0.0; n], v: vec![0.0; n], v_max: vec![0.0; n] };
    let mut shadow = wide(&start);
    for step in 1..=3 {
        reference(&mut twin, &spans(step), 0.5, &wide(&noise(n, 10 + step)));
        shadow.iter_mut().zip(&twin.params).for_each(|(s, p)| *s = 0.9 * *s + 0.1 * p);
    }
    let [params, _, _, _, average] = three_steps();
    close("params", &params, &twin.params, 1e-6);
    close("average", &average, &shadow, 1e-6);
    assert_eq!(params[..3], start[..3], "outside the spans nothing changes");
    assert_eq!(params[39_000..], start[39_000..]);
}

/// Passing over what has never had a gradient is exact, to the bit.
#[test]
fn elements_at_rest_may_be_left_out() {
    let live = [1..17, 100..101, 300..18_000, 30_000..39_999];
    let sparse = |step| {
        let mut grads = vec![0.0; 40_000];
        live.iter().for_each(|r| grads[r.clone()].copy_from_slice(&noise(40_000, 10 + step)[r.clone()]));
        grads
    };
    assert_eq!(updates(&live, sparse), updates(&[0..7, 7..40_000], sparse));
}

#[test]
fn nothing_to_update_is_fine() {
    for live in [&[][..], &[0..0, 0..0]] {
        let state = State { params: &mut [], m: &mut [], v: &mut [], v_max: &mut [] };
        update(HYPER, &[], Gradients { values: &[], clip: 1.0, live }, state, None);
    }
}

#[test]
#[should_panic(expected = "out of range")]
fn live_elements_must_exist() {
    let state = State { params: &mut [0.0], m: &mut [0.0], v: &mut [0.0], v_max: &mut [0.0] };
    update(HYPER, &[], Gradients { values: &[0.0], clip: 1.0, live: &[0..1, 1..2] }, state, None);
}

#[test]
fn threads_do_not_change_the_bits() {
    same_for_any_threads(three_steps);
}
