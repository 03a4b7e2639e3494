//! Layer norm over the last axis: `y = (x - mean) * rstd * gamma + beta`, `rstd = 1 / sqrt(variance + eps)`.
//!
//! Shapes: x, y `[R, C]`; gamma, beta `[C]`; statistics `[R]`. Ba, Kiros, Hinton, arXiv:1607.06450.

use rayon::prelude::*;

use crate::Write;
use crate::math::{fma, sum_over};
use crate::parallel::{chunk_rows, min_chunks};
use crate::simd::simd;

#[cfg(test)]
pub(crate) mod reference;

/// Mean and reciprocal deviation of one row, kept for the backward pass.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    /// Mean of the row.
    pub mean: f32,
    /// 1 / sqrt(variance + eps).
    pub rstd: f32,
}

/// Normalises every row of x into y and keeps the statistics.
pub fn forward(y: &mut [f32], moments: &mut [Moments], x: &[f32], gamma: &[f32], beta: &[f32], eps: f32) {
    let width = gamma.len();
    assert_eq!((y.len(), x.len()), (moments.len() * width, moments.len() * width), "layer norm of {width} columns");
    let chunk = chunk_rows(moments.len());
    let rows = y.par_chunks_mut(chunk * width).zip(x.par_chunks(chunk * width)).zip(moments.par_chunks_mut(chunk));
    rows.with_min_len(min_chunks(x.len())).for_each(|((y, x), moments)| {
        for ((y, x), m) in y.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(moments) {
            *m = measure(x, eps);
            normalise(y, x, *m, gamma, beta);
        }
    });
}

/// Computes y again from x and the kept statistics.
pub fn recompute(y: &mut [f32], x: &[f32], moments: &[Moments], gamma: &[f32], beta: &[f32]) {
    let width = gamma.len();
    let chunk = chunk_rows(moments.len());
    let rows = y.par_chunks_mut(chunk * width).zip(x.par_chunks(chunk * width)).zip(moments.par_chunks(chunk));
    rows.with_min_len(min_chunks(x.len())).for_each(|((y, x), moments)| {
        for ((y, x), &m) in y.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(moments) {
            normalise(y, x, m, gamma, beta);
        }
    });
}

/// What the backward pass needs of the forward pass.
#[derive(Clone, Copy, Debug)]
pub struct Saved<'a> {
    /// The input `[R, C]`.
    pub x: &'a [f32],
    /// Its statistics `[R]`.
    pub moments: &'a [Moments],
    /// The scale `[C]`.
    pub gamma: &'a [f32],
}

/// `dx (+)=` gradient of the input; `dgamma`, `dbeta` `+=` those of the parameters.
pub fn backward(dx: &mut [f32], write: Write, dgamma: &mut [f32], dbeta: &mut [f32], dy: &[f32], saved: Saved) {
    let width = saved.gamma.len();
    let chunk = chunk_rows(saved.moments.len());
    let rows = dx.par_chunks_mut(chunk * width).zip(dy.par_chunks(chunk * width));
    let rows = rows.zip(saved.x.par_chunks(chunk * width)).zip(saved.moments.par_chunks(chunk));
    let mut partial = vec![0.0; saved.moments.len().div_ceil(chunk) * 2 * width];
    let tasks = partial.par_chunks_mut(2 * width).zip(rows).with_min_len(min_chunks(dy.len()));
    tasks.for_each(|(partial, (((dx, dy), x), moments))| {
        let (dgamma, dbeta) = partial.split_at_mut(width);
        let rows = dx.chunks_exact_mut(width).zip(dy.chunks_exact(width)).zip(x.chunks_exact(width));
        for (((dx, dy), x), &m) in rows.zip(moments) {
            backward_row(dx, write, dgamma, dbeta, dy, x, m, saved.gamma);
        }
    });
    add_partial(dgamma, dbeta, &partial);
}

/// Adds the sums of the chunks, in their order.
pub(crate) fn add_partial(dgamma: &mut [f32], dbeta: &mut [f32], partial: &[f32]) {
    let width = dgamma.len();
    for chunk in partial.chunks_exact(2 * width) {
        let (scale, shift) = chunk.split_at(width);
        dgamma.iter_mut().zip(scale).for_each(|(sum, x)| *sum += x);
        dbeta.iter_mut().zip(shift).for_each(|(sum, x)| *sum += x);
    }
}

simd! {
    /// Statistics of a row, in two passes so that a large mean costs no digits.
    pub(crate) fn measure(x: &[f32], eps: f32) -> Moments {
        let n = x.len() as f32;
        let mean = sum_over(x.len(), |i| x[i]) / n;
        let variance = sum_over(x.len(), |i| (x[i] - mean) * (x[i] - mean)) / n;
        Moments { mean, rstd: 1.0 / (variance + eps).sqrt() }
    }
}

simd! {
    /// One row of y.
    pub(crate) fn normalise(y: &mut [f32], x: &[f32], m: Moments, gamma: &[f32], beta: &[f32]) {
        for (((y, &x), &g), &b) in y.iter_mut().zip(x).zip(gamma).zip(beta) {
            *y = fma::<FMA>((x - m.mean) * m.rstd, g, b);
        }
    }
}

simd! {
    /// One row of the backward pass.
    #[expect(clippy::too_many_arguments, reason = "plain slices, as everywhere in this crate")]
    pub(crate) fn backward_row(
        dx: &mut [f32],
        write: Write,
        dgamma: &mut [f32],
        dbeta: &mut [f32],
        dy: &[f32],
        x: &[f32],
        m: Moments,
        gamma: &[f32],
    ) {
        let width = gamma.len();
        let (dx, dy, x) = (&mut dx[..width], &dy[..width], &x[..width]);
        let (dgamma, dbeta) = (&mut dgamma[..width], &mut dbeta[..width]);
        let scale = 1.0 / width as f32;
        let mean_g = sum_over(width, |i| dy[i] * gamma[i]) * scale;
        let mean_gx = sum_over(width, |i| dy[i] * gamma[i] * ((x[i] - m.mean) * m.rstd)) * scale;
        let keep = if write == Write::Add { 1.0 } else { 0.0 };
        for i in 0..width {
            let hat = (x[i] - m.mean) * m.rstd;
            dgamma[i] = fma::<FMA>(dy[i], hat, dgamma[i]);
            dbeta[i] += dy[i];
            let old = if keep == 0.0 { 0.0 } else { dx[i] };
            dx[i] = fma::<FMA>(m.rstd, dy[i] * gamma[i] - mean_g - hat * mean_gx, old);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{close, differences, dot, noise, same_for_any_threads, wide};

    const EPS: f32 = 1e-5;
    const SIZES: [[usize; 2]; 6] = [[0, 4], [1, 1], [1, 7], [3, 16], [9, 33], [70, 130]];

    struct Case {
        x: Vec<f32>,
        gamma: Vec<f32>,
        beta: Vec<f32>,
        y: Vec<f32>,
        moments: Vec<Moments>,
    }

    fn run([rows, width]: [usize; 2]) -> Case {
        let (x, gamma, beta) = (noise(rows * width, 1), noise(width, 2), noise(width, 3));
        let (mut y, mut moments) = (vec![f32::NAN; x.len()], vec![Moments::default(); rows]);
        forward(&mut y, &mut moments, &x, &gamma, &beta, EPS);
        Case { x, gamma, beta, y, moments }
    }

    #[test]
    fn agrees_with_plain_loops() {
        for size in SIZES {
            let c = run(size);
            let want = reference::forward(&wide(&c.x), &wide(&c.gamma), &wide(&c.beta), f64::from(EPS));
            close("y", &c.y, &want, 2e-6);
            let mut again = vec![0.0; c.y.len()];
            recompute(&mut again, &c.x, &c.moments, &c.gamma, &c.beta);
            assert_eq!(again, c.y);
        }
    }

    #[test]
    fn gradients_agree_with_differences() {
        let c = run([3, 11]);
        let dy = noise(c.x.len(), 4);
        let (mut dx, mut dgamma, mut dbeta) = (vec![f32::NAN; c.x.len()], vec![0.0; 11], vec![0.0; 11]);
        let saved = Saved { x: &c.x, moments: &c.moments, gamma: &c.gamma };
        backward(&mut dx, Write::Over, &mut dgamma, &mut dbeta, &dy, saved);
        let (x, gamma, beta) = (wide(&c.x), wide(&c.gamma), wide(&c.beta));
        let f = |x: &[f64], g: &[f64], b: &[f64]| dot(&reference::forward(x, g, b, f64::from(EPS)), &dy);
        close("dx", &dx, &differences(&c.x, |x| f(x, &gamma, &beta)), 2e-5);
        close("dgamma", &dgamma, &differences(&c.gamma, |g| f(&x, g, &beta)), 2e-5);
        close("dbeta", &dbeta, &differences(&c.beta, |b| f(&x, &gamma, b)), 2e-5);
    }

    #[test]
    fn adds_where_it_is_told_to() {
        let c = run([9, 33]);
        let dy = noise(c.x.len(), 4);
        let saved = Saved { x: &c.x, moments: &c.moments, gamma: &c.gamma };
        let grad = |start: f32, write| {
            let mut dx = vec![start; c.x.len()];
            backward(&mut dx, write, &mut [0.0; 33], &mut [0.0; 33], &dy, saved);
            dx
        };
        let want: Vec<f64> = grad(f32::NAN, Write::Over).iter().map(|&x| f64::from(x) + 1.0).collect();
        close("dx", &grad(1.0, Write::Add), &want, 1e-6);
    }

    #[test]
    fn threads_do_not_change_the_bits() {
        let c = run([500, 65]);
        let dy = noise(c.x.len(), 4);
        let saved = Saved { x: &c.x, moments: &c.moments, gamma: &c.gamma };
        same_for_any_threads(|| {
            let (mut dx, mut dgamma, mut dbeta) = (vec![0.0; c.x.len()], vec![0.0; 65], vec![0.0; 65]);
            backward(&mut dx, Write::Over, &mut dgamma, &mut dbeta, &dy, saved);
            (dx, dgamma, dbeta)
        });
    }
}
