//! Exact GELU, `x * Phi(x)` with the distribution function of the standard normal (not the tanh approximation).
//!
//! Against f64 it is wrong by at most 4e-7 (one unit in the last place, near x = 5), below zero by 4e-8; its derivative by
//! 1.3e-7. Hendrycks, Gimpel, arXiv:1606.08415; BEiT-3 evaluates it in f32 whatever the input type.

use rayon::prelude::*;

use crate::math::{fma, normal_cdf, normal_pdf};
use crate::simd::simd;

#[cfg(test)]
pub(crate) mod reference;

/// Elements of one task.
const CHUNK: usize = 1 << 14;

/// `y = gelu(x)`.
pub fn forward(y: &mut [f32], x: &[f32]) {
    assert_eq!(y.len(), x.len());
    y.par_chunks_mut(CHUNK).zip(x.par_chunks(CHUNK)).for_each(|(y, x)| apply(y, x));
}

/// `dx = dy * gelu'(x)`.
pub fn backward(dx: &mut [f32], dy: &[f32], x: &[f32]) {
    assert_eq!((dx.len(), dy.len()), (x.len(), x.len()));
    let chunks = dx.par_chunks_mut(CHUNK).zip(dy.par_chunks(CHUNK)).zip(x.par_chunks(CHUNK));
    chunks.for_each(|((dx, dy), x)| apply_backward(dx, dy, x));
}

simd! {
    /// GELU of a slice on this thread.
    pub(crate) fn apply(y: &mut [f32], x: &[f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = x * normal_cdf::<FMA>(x);
        }
    }
}

simd! {
    fn apply_backward(dx: &mut [f32], dy: &[f32], x: &[f32]) {
        for ((dx, &dy), &x) in dx.iter_mut().zip(dy).zip(x) {
            *dx = dy * fma::<FMA>(x, normal_pdf::<FMA>(x), normal_cdf::<FMA>(x));
        }
    }
}

simd! {
    /// GELU of a slice and its derivative in one pass.
    pub(crate) fn apply_with_slope(y: &mut [f32], slope: &mut [f32], x: &[f32]) {
        for ((y, slope), &x) in y.iter_mut().zip(slope).zip(x) {
            let cdf = normal_cdf::<FMA>(x);
            *y = x * cdf;
            *slope = fma::<FMA>(x, normal_pdf::<FMA>(x), cdf);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{close, differences, dot, noise, wide};

    fn sweep(len: usize) -> Vec<f32> {
        noise(len, 1).into_iter().map(|x| 6.0 * x).collect()
    }

    #[test]
    fn agrees_with_the_series() {
        for len in [0, 1, 7, 1000, 40_001] {
            let x = sweep(len);
            let mut y = vec![f32::NAN; len];
            forward(&mut y, &x);
            close("y", &y, &reference::forward(&wide(&x)), 4.5e-7);
        }
    }

    #[test]
    fn slope_at_one_is_the_exact_one() {
        let mut dx = [0.0];
        backward(&mut dx, &[1.0], &[1.0]);
        assert!((dx[0] - 1.083_315_5).abs() < 1e-6);
    }

    #[test]
    fn gradient_agrees_with_differences() {
        let (x, dy) = (sweep(65), noise(65, 2));
        let mut dx = vec![f32::NAN; 65];
        backward(&mut dx, &dy, &x);
        close("dx", &dx, &differences(&x, |x| dot(&reference::forward(x), &dy)), 1e-5);
        let (mut y, mut slope) = (vec![0.0; 65], vec![0.0; 65]);
        apply_with_slope(&mut y, &mut slope, &x);
        close("y", &y, &reference::forward(&wide(&x)), 1e-6);
        let both: Vec<f64> = slope.iter().zip(&dy).map(|(&s, &d)| f64::from(s * d)).collect();
        close("dx", &dx, &both, 1e-6);
    }
}
