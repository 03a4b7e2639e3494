//! The optimizer, on a part of the parameters that is larger than any cache; its time grows with their number.

use super::{Sizes, Work, bytes, numbers};
use crate::adam::{self, Ema, Gradients, Hyper, Span, State};
use crate::grad_norm;

/// Parameters that are timed at most.
const TIMED: usize = 1 << 23;
/// Buffers that Adam with a moving average reads (six) and writes (five).
const BUFFERS: usize = 11;

/// Gradient norm, and Adam with clipping and moving average.
pub(super) fn update(s: Sizes) -> Vec<Work> {
    let len = s.parameters.clamp(1, TIMED);
    let training = s.parameters as f64 / len as f64;
    let work = |name: &str, buffers, prepare| Work {
        name: format!("{name} {len} parameters"),
        operations: 0.0,
        bytes: bytes(buffers * len),
        training,
        inference: 0.0,
        prepare,
    };
    vec![
        work(
            "gradient norm",
            1,
            Box::new(move || {
                let grads = numbers(len);
                Box::new(move || {
                    std::hint::black_box(grad_norm::norm(&grads, std::slice::from_ref(&(0..len))));
                })
            }),
        ),
        work("adam", BUFFERS, Box::new(move || adam(len))),
    ]
}

fn adam(len: usize) -> super::Run {
    let (grads, mut params, mut shadow) = (numbers(len), numbers(len), numbers(len));
    let [mut m, mut v, mut v_max] = [(); 3].map(|()| vec![0.0; len]);
    let hyper = Hyper { beta1: 0.9, beta2: 0.98, eps: 1e-9 };
    Box::new(move || {
        let state = State { params: &mut params, m: &mut m, v: &mut v, v_max: &mut v_max };
        let spans = [Span { range: 0..len, lr: 5e-4, step: 1 }];
        let all = 0..len;
        let grads = Gradients { values: &grads, clip: 1.0, live: std::slice::from_ref(&all) };
        adam::update(hyper, &spans, grads, state, Some(Ema { shadow: &mut shadow, decay: 0.999 }));
    })
}
