//! Exponential and error function in forms the compiler can vectorise, and reductions over a row in a fixed order.
//!
//! All are generic over `FMA`: whether the code is compiled for a processor with fused multiply-add.

use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

/// Independent sums a reduction keeps: four registers of eight lanes hide the latency of an addition.
const LANES: usize = 32;

/// `a * b + c`, rounded once where the processor can.
#[inline(always)]
pub fn fma<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// e^x to about one unit in the last place; x is clamped to [-87, 88], so it never overflows and never is 0.
///
/// Cody and Waite's reduction to [-ln 2 / 2, ln 2 / 2] and the polynomial of Cephes' `expf`.
#[inline(always)]
pub fn exp<const FMA: bool>(x: f32) -> f32 {
    /// Adding it to a small number leaves the nearest integer in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = fma::<FMA>(x, LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = fma::<FMA>(n, -0.693_359_4, x);
    let r = fma::<FMA>(n, 2.121_944_4e-4, r);
    let mut p = fma::<FMA>(1.987_569_1e-4, r, 1.398_199_9e-3);
    p = fma::<FMA>(p, r, 8.333_452e-3);
    p = fma::<FMA>(p, r, 4.166_579_6e-2);
    p = fma::<FMA>(p, r, 0.166_666_65);
    p = fma::<FMA>(p, r, 0.5);
    p = fma::<FMA>(p, r * r, r) + 1.0;
    p * f32::from_bits((shifted.to_bits() << 23).wrapping_add(1f32.to_bits()))
}

/// From where the error function is computed through its complement.
const FAR: f32 = 0.927_734_4;

/// The error function to 1.2e-7 absolute: a polynomial near 0, 1 - e^polynomial elsewhere (after N. Juffa).
#[inline(always)]
pub fn erf<const FMA: bool>(x: f32) -> f32 {
    let far = (1.0 - far_complement::<FMA>(x.abs())).copysign(x);
    let near = near_erf::<FMA>(x);
    if x.abs() > FAR { far } else { near }
}

/// 1 - erf(t) for t > [`FAR`].
#[inline(always)]
fn far_complement<const FMA: bool>(t: f32) -> f32 {
    let s = t * t;
    let mut p = fma::<FMA>(-1.728_534_7e-5, t, 3.831_972e-4);
    p = fma::<FMA>(p, s, fma::<FMA>(-3.883_964_4e-3, t, 2.425_462_2e-2));
    p = fma::<FMA>(p, t, -0.106_777_88);
    p = fma::<FMA>(p, t, -0.634_846_7);
    p = fma::<FMA>(p, t, -0.128_717_51);
    exp::<FMA>(fma::<FMA>(p, t, -t))
}

/// erf(x) for |x| <= [`FAR`].
#[inline(always)]
fn near_erf<const FMA: bool>(x: f32) -> f32 {
    let s = x * x;
    let mut p = fma::<FMA>(-5.967_617e-4, s, 4.991_194e-3);
    p = fma::<FMA>(p, s, -2.676_813_5e-2);
    p = fma::<FMA>(p, s, 0.112_819_925);
    p = fma::<FMA>(p, s, -0.376_125_34);
    p = fma::<FMA>(p, s, 0.128_379_17);
    fma::<FMA>(p, x, x)
}

/// Distribution function of the standard normal, (1 + erf(x / sqrt 2)) / 2, to 7e-8 absolute. Far below 0 it is half the
/// complement itself: 1 + erf would lose all digits there.
#[inline(always)]
pub fn normal_cdf<const FMA: bool>(x: f32) -> f32 {
    let u = x * FRAC_1_SQRT_2;
    let below = 0.5 * far_complement::<FMA>(u.abs());
    let far = if u > 0.0 { 1.0 - below } else { below };
    let near = fma::<FMA>(0.5, near_erf::<FMA>(u), 0.5);
    if u.abs() > FAR { far } else { near }
}

/// Density of the standard normal, e^(-x^2 / 2) / sqrt(2 pi).
#[inline(always)]
pub fn normal_pdf<const FMA: bool>(x: f32) -> f32 {
    0.398_942_3 * exp::<FMA>(-0.5 * x * x)
}

/// Sum over `i` of `f(i)`, with [`LANES`] partial sums.
#[inline(always)]
pub fn sum_over(len: usize, f: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0f32; LANES];
    let whole = len - len % LANES;
    for start in (0..whole).step_by(LANES) {
        for (j, lane) in lanes.iter_mut().enumerate() {
            *lane += f(start + j);
        }
    }
    for i in whole..len {
        lanes[i - whole] += f(i);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for j in 0..width {
            lanes[j] += lanes[j + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// Largest element; negative infinity for an empty row.
#[inline(always)]
pub fn max(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = row.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = if x > *lane { x } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |m, &x| m.max(x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gelu::reference::erf_f64;

    fn sweep() -> impl Iterator<Item = f32> {
        (-60_000..60_000).map(|i| i as f32 * 1e-4)
    }

    #[test]
    fn erf_is_exact_to_rounding() {
        for x in sweep() {
            let want = erf_f64(f64::from(x));
            assert!((f64::from(erf::<true>(x)) - want).abs() <= 2e-7, "erf({x})");
            assert!((f64::from(erf::<false>(x)) - want).abs() <= 2e-7, "erf({x}) without FMA");
        }
    }

    #[test]
    fn normal_cdf_keeps_its_digits_below_zero() {
        for x in sweep() {
            let want = 0.5 + 0.5 * erf_f64(f64::from(x) / std::f64::consts::SQRT_2);
            let allowed = if x < -2.0 { 2e-8 } else { 7e-8 };
            assert!((f64::from(normal_cdf::<true>(x)) - want).abs() <= allowed, "cdf({x})");
            assert!((f64::from(normal_cdf::<false>(x)) - want).abs() <= 2.0 * allowed, "cdf({x}) without FMA");
        }
        assert_eq!([normal_cdf::<true>(-40.0), normal_cdf::<true>(40.0)], [normal_cdf::<true>(-40.0).min(1e-37), 1.0]);
        assert!(normal_cdf::<true>(f32::NAN).is_nan());
    }

    #[test]
    fn exp_is_exact_to_rounding() {
        for x in sweep().map(|x| x * 14.0) {
            let want = f64::from(x).exp();
            assert!((f64::from(exp::<true>(x)) - want).abs() <= 2e-7 * want, "exp({x})");
            assert!((f64::from(exp::<false>(x)) - want).abs() <= 3e-7 * want, "exp({x}) without FMA");
        }
        assert!(exp::<true>(-1e9) < 1e-37);
        assert!(exp::<true>(1e9).is_finite());
        assert!(exp::<true>(f32::NAN).is_nan());
    }

    #[test]
    fn reductions_take_every_element() {
        for len in [0, 1, 31, 32, 33, 100] {
            let row: Vec<f32> = (0..len).map(|i| i as f32).collect();
            assert_eq!(sum_over(len, |i| row[i]), (0..len).sum::<usize>() as f32);
            assert_eq!(max(&row), if len == 0 { f32::NEG_INFINITY } else { len as f32 - 1.0 });
        }
    }
}
