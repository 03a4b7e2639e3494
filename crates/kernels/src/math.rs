//! Exponential and normal distribution in forms the compiler can vectorise, and reductions over a row in a fixed order.
//!
//! All are generic over `FMA`: whether the code is compiled for a processor with fused multiply-add.

use std::f32::consts::{LN_2, LOG2_E};

use crate::simd::simd;

/// Independent sums a reduction keeps: four registers of sixteen lanes hide the latency of an addition.
const LANES: usize = 64;

/// `a * b + c`, rounded once where the processor can.
#[inline(always)]
pub fn fma<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// Adding it to a small number leaves the nearest integer in the low bits.
const ROUND: f32 = 12_582_912.0;

/// e^x to about one unit in the last place; x is clamped to [-87, 88], so it never overflows and never is 0.
///
/// Cody and Waite's reduction to [-ln 2 / 2, ln 2 / 2] and the polynomial of Cephes' `expf`.
#[inline(always)]
pub fn exp<const FMA: bool>(x: f32) -> f32 {
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
    p * power_of_two(shifted)
}

/// 2^n for n = `shifted` - [`ROUND`].
#[inline(always)]
fn power_of_two(shifted: f32) -> f32 {
    f32::from_bits((shifted.to_bits() << 23).wrapping_add(1f32.to_bits()))
}

/// 2^x to 1.2e-7 of it, for x from -126 to 127.
#[inline(always)]
fn exp2<const FMA: bool>(x: f32) -> f32 {
    let shifted = x + ROUND;
    let r = x - (shifted - ROUND);
    let mut p = fma::<FMA>(1.535_336_2e-4, r, 1.339_887_5e-3);
    p = fma::<FMA>(p, r, 9.618_437e-3);
    p = fma::<FMA>(p, r, 5.550_332_4e-2);
    p = fma::<FMA>(p, r, 0.240_226_48);
    p = fma::<FMA>(p, r, LN_2);
    p = fma::<FMA>(p, r, 1.0);
    p * power_of_two(shifted)
}

/// Distribution function of the standard normal, to 1e-7 absolute, and to 1e-8 below -2.
///
/// For t = |x| it is 2^g(t) on the lower side, g(t) = -1 + t h(t), and one minus that on the upper: nothing cancels, and one
/// polynomial does for all x. h is fitted on [0, 13] so that the error of GELU, x times this, is least; beyond, the
/// function is too small to matter, and 0 here.
#[inline(always)]
pub fn normal_cdf<const FMA: bool>(x: f32) -> f32 {
    let t = x.abs();
    let mut h = fma::<FMA>(1.789_281_8e-7, t, -4.713_547e-6);
    h = fma::<FMA>(h, t, 4.625_891_2e-5);
    h = fma::<FMA>(h, t, -1.944_955_1e-4);
    h = fma::<FMA>(h, t, -1.454_061_1e-4);
    h = fma::<FMA>(h, t, 7.095_502_7e-3);
    h = fma::<FMA>(h, t, -5.252_679e-2);
    h = fma::<FMA>(h, t, -0.459_196_84);
    h = fma::<FMA>(h, t, -1.151_106_5);
    let below = if t > 13.0 { 0.0 } else { exp2::<FMA>(fma::<FMA>(h, t, -1.0)) };
    if x > 0.0 { 1.0 - below } else { below }
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

simd! {
    /// Dot product of two rows of a length.
    pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
        let b = &b[..a.len()];
        sum_over(a.len(), |i| a[i] * b[i])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gelu::reference::erf_f64;

    fn sweep() -> impl Iterator<Item = f32> {
        (-60_000..60_000).map(|i| i as f32 * 1e-4)
    }

    #[test]
    fn normal_cdf_keeps_its_digits_below_zero() {
        for x in sweep() {
            let want = 0.5 + 0.5 * erf_f64(f64::from(x) / std::f64::consts::SQRT_2);
            let allowed = if x < -2.0 { 1e-8 } else { 1e-7 };
            assert!((f64::from(normal_cdf::<true>(x)) - want).abs() <= allowed, "cdf({x})");
            assert!((f64::from(normal_cdf::<false>(x)) - want).abs() <= 2.0 * allowed, "cdf({x}) without FMA");
        }
        assert_eq!([-40.0, f32::NEG_INFINITY, 40.0, f32::INFINITY].map(normal_cdf::<true>), [0.0, 0.0, 1.0, 1.0]);
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
        for len in [0, 1, 63, 64, 65, 200] {
            let row: Vec<f32> = (0..len).map(|i| i as f32).collect();
            assert_eq!(sum_over(len, |i| row[i]), (0..len).sum::<usize>() as f32);
        }
    }
}
