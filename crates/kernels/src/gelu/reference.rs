//! GELU by the series of the error function, in f64.

use std::f64::consts::{PI, SQRT_2};

/// The error function: Maclaurin series near 0, continued fraction of the complement far out.
pub(crate) fn erf_f64(x: f64) -> f64 {
    if x.abs() < 3.0 {
        let mut term = x;
        let mut sum = x;
        for n in 1..100 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        return sum * 2.0 / PI.sqrt();
    }
    let t = x.abs();
    let fraction = (1..60).rev().fold(t, |f, n| t + f64::from(n) / 2.0 / f);
    (1.0 - (-t * t).exp() / PI.sqrt() / fraction).copysign(x)
}

/// `x * Phi(x)` for each element.
pub(crate) fn forward(x: &[f64]) -> Vec<f64> {
    x.iter().map(|x| 0.5 * x * (1.0 + erf_f64(x / SQRT_2))).collect()
}
