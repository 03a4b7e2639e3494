//! Layer norm of GELU, `y = LN(gelu(h))`: the middle of a BEiT-3 feed-forward network, whose "sub-LN" stands between
//! the activation and the second linear layer (Wang et al., arXiv:2210.06423).
//!
//! Fused so that gelu(h) is never stored: only h and two numbers a row are kept, and the backward pass computes the rest
//! again while the row is in the first-level cache. Shapes as in [`crate::layer_norm`].

use rayon::prelude::*;

use crate::Write;
use crate::gelu::{apply, apply_with_slope};
use crate::layer_norm::{Moments, Saved, add_partial, backward_row, measure, normalise};
use crate::parallel::{chunk_rows, min_chunks};

/// `y = LN(gelu(h))`, keeping the statistics of gelu(h).
pub fn forward(y: &mut [f32], moments: &mut [Moments], h: &[f32], gamma: &[f32], beta: &[f32], eps: f32) {
    let width = gamma.len();
    assert_eq!((y.len(), h.len()), (moments.len() * width, moments.len() * width), "layer norm of {width} columns");
    let chunk = chunk_rows(moments.len());
    let rows = y.par_chunks_mut(chunk * width).zip(h.par_chunks(chunk * width)).zip(moments.par_chunks_mut(chunk));
    rows.with_min_len(min_chunks(h.len())).for_each(|((y, h), moments)| {
        let mut g = vec![0.0; width];
        for ((y, h), m) in y.chunks_exact_mut(width).zip(h.chunks_exact(width)).zip(moments) {
            apply(&mut g, h);
            *m = measure(&g, eps);
            normalise(y, &g, *m, gamma, beta);
        }
    });
}

/// Computes y again from h and the kept statistics.
pub fn recompute(y: &mut [f32], h: &[f32], moments: &[Moments], gamma: &[f32], beta: &[f32]) {
    let width = gamma.len();
    let chunk = chunk_rows(moments.len());
    let rows = y.par_chunks_mut(chunk * width).zip(h.par_chunks(chunk * width)).zip(moments.par_chunks(chunk));
    rows.with_min_len(min_chunks(h.len())).for_each(|((y, h), moments)| {
        let mut g = vec![0.0; width];
        for ((y, h), &m) in y.chunks_exact_mut(width).zip(h.chunks_exact(width)).zip(moments) {
            apply(&mut g, h);
            normalise(y, &g, m, gamma, beta);
        }
    });
}

/// Turns the gradient of y, in `d`, into the gradient of h; `dgamma`, `dbeta` `+=` those of the parameters.
/// `saved.x` is h.
pub fn backward(d: &mut [f32], dgamma: &mut [f32], dbeta: &mut [f32], saved: Saved) {
    let width = saved.gamma.len();
    let chunk = chunk_rows(saved.moments.len());
    let min = min_chunks(d.len());
    let rows = d.par_chunks_mut(chunk * width).zip(saved.x.par_chunks(chunk * width));
    let mut partial = vec![0.0; saved.moments.len().div_ceil(chunk) * 2 * width];
    let tasks = partial.par_chunks_mut(2 * width).zip(rows).zip(saved.moments.par_chunks(chunk));
    tasks.with_min_len(min).for_each(|((partial, (d, h)), moments)| {
        let (dgamma, dbeta) = partial.split_at_mut(width);
        let (mut g, mut slope, mut dg) = (vec![0.0; width], vec![0.0; width], vec![0.0; width]);
        for ((d, h), &m) in d.chunks_exact_mut(width).zip(h.chunks_exact(width)).zip(moments) {
            apply_with_slope(&mut g, &mut slope, h);
            backward_row(&mut dg, Write::Over, dgamma, dbeta, d, &g, m, saved.gamma);
            d.iter_mut().zip(&dg).zip(&slope).for_each(|((d, dg), slope)| *d = dg * slope);
        }
    });
    add_partial(dgamma, dbeta, &partial);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{close, differences, dot, noise, wide};
    use crate::{gelu, layer_norm};

    const EPS: f32 = 1e-5;

    fn twin(h: &[f64], gamma: &[f64], beta: &[f64]) -> Vec<f64> {
        layer_norm::reference::forward(&gelu::reference::forward(h), gamma, beta, f64::from(EPS))
    }

    #[test]
    fn is_layer_norm_after_gelu() {
        for [rows, width] in [[0, 3], [1, 1], [5, 31], [40, 70]] {
            let (h, gamma, beta) = (noise(rows * width, 1), noise(width, 2), noise(width, 3));
            let (mut y, mut moments) = (vec![f32::NAN; h.len()], vec![Moments::default(); rows]);
            forward(&mut y, &mut moments, &h, &gamma, &beta, EPS);
            close("y", &y, &twin(&wide(&h), &wide(&gamma), &wide(&beta)), 1e-5);
            let mut again = vec![0.0; y.len()];
            recompute(&mut again, &h, &moments, &gamma, &beta);
            assert_eq!(again, y);
        }
    }

    #[test]
    fn gradients_agree_with_differences() {
        let (h, gamma, beta, dy) = (noise(39, 1), noise(13, 2), noise(13, 3), noise(39, 4));
        let (mut y, mut moments) = (vec![0.0; 39], vec![Moments::default(); 3]);
        forward(&mut y, &mut moments, &h, &gamma, &beta, EPS);
        let (mut d, mut dgamma, mut dbeta) = (dy.clone(), vec![0.0; 13], vec![0.0; 13]);
        backward(&mut d, &mut dgamma, &mut dbeta, Saved { x: &h, moments: &moments, gamma: &gamma });
        let (h64, g64, b64) = (wide(&h), wide(&gamma), wide(&beta));
        close("dh", &d, &differences(&h, |h| dot(&twin(h, &g64, &b64), &dy)), 5e-5);
        close("dgamma", &dgamma, &differences(&gamma, |g| dot(&twin(&h64, g, &b64), &dy)), 5e-5);
        close("dbeta", &dbeta, &differences(&beta, |b| dot(&twin(&h64, &g64, b), &dy)), 5e-5);
    }
}
