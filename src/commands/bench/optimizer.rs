//! The update of all parameters, which moves much memory and computes little.

use std::slice;
use std::time::Instant;

use anyhow::Result;
use simvg_kernels::adam::{self, Ema, Gradients, Hyper, Span, State};
use simvg_kernels::grad_norm;
use simvg_model::model;

use super::measure::Timings;
use super::work::{Limit, Outcome, config};
use super::{Settings, peak};

/// Buffers that an update reads: gradients twice (once for their norm), parameters, three moments, average.
const READ: usize = 7;
/// Buffers that it writes: all of these but the gradients.
const WRITTEN: usize = 5;

/// Times updates with a gradient for every parameter. In training, words that no text has used are passed over.
pub fn run(settings: &Settings) -> Result<Outcome> {
    let config = config(settings)?;
    let len = model::layout(&config).len();
    let all = 0..len;
    let live = slice::from_ref(&all);
    let buffer = || vec![1e-3f32; len];
    let (grads, mut params, mut shadow) = (buffer(), buffer(), buffer());
    let [mut m, mut v, mut v_max] = std::array::from_fn(|_| buffer());
    let hyper = Hyper { beta1: 0.9, beta2: 0.98, eps: 1e-9 };
    let mut timings = Timings::default();
    for step in 0..=settings.steps {
        let start = Instant::now();
        let clip = grad_norm::clip_factor(grad_norm::norm(&grads, live), 0.15);
        let span = Span { range: all.clone(), lr: 5e-4, step: step as u64 + 1 };
        let state = State { params: &mut params, m: &mut m, v: &mut v, v_max: &mut v_max };
        let ema = Ema { shadow: &mut shadow, decay: 0.999 };
        adam::update(hyper, &[span], Gradients { values: &grads, clip, live }, state, Some(ema));
        if step > 0 {
            timings.add(start.elapsed().as_secs_f64(), &[]);
        }
    }
    let amount = ((READ + WRITTEN) * len * size_of::<f32>()) as f64;
    let limit = Limit::Memory { bytes: amount, peak: peak::memory() };
    Ok(Outcome { work: "optimizer", image: config.encoder.img_size, timings, limit })
}
