//! Softmax down the columns of a strip of scores, in the unnormalised form that attention wants.
//!
//! A strip has as many columns as a tile, `C`, so that every step is a few registers wide. Everything works in place on one
//! thread; attention calls it on strips that are in the cache.

use crate::math::exp;
use crate::simd::simd;

simd! {
    /// Turns scores s `[keys, C]` into e^(s - max) and returns, of each column, their sum and the logarithm of the sum
    /// of e^s.
    pub(crate) fn exponentiate<const C: usize>(scores: &mut [f32]) -> ([f32; C], [f32; C]) {
        let rows = scores.as_chunks_mut::<C>().0;
        let mut tops = [f32::NEG_INFINITY; C];
        for row in rows.iter() {
            for (top, &x) in tops.iter_mut().zip(row) {
                *top = if x > *top { x } else { *top };
            }
        }
        let mut sums = [0.0; C];
        for row in rows {
            for ((x, top), sum) in row.iter_mut().zip(&tops).zip(&mut sums) {
                *x = exp::<FMA>(*x - top);
                *sum += *x;
            }
        }
        (sums, std::array::from_fn(|i| tops[i] + sums[i].ln()))
    }
}

simd! {
    /// Turns scores `[queries, C]` into probabilities `p = e^(s - log_sum)`, and their gradients dp into those of the
    /// scores, `p (dp - mean)`. `log_sums` and `means` have one number a row.
    pub(crate) fn backward<const C: usize>(scores: &mut [f32], dp: &mut [f32], log_sums: &[f32], means: &[f32]) {
        let rows = scores.as_chunks_mut::<C>().0.iter_mut().zip(dp.as_chunks_mut::<C>().0);
        for ((scores, dp), (log_sum, mean)) in rows.zip(log_sums.iter().zip(means)) {
            for (x, dp) in scores.iter_mut().zip(dp) {
                *x = exp::<FMA>(*x - log_sum);
                *dp = *x * (*dp - mean);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{close, noise, wide};

    const COLS: usize = 16;

    /// Softmax of every column of `[keys, COLS]`.
    fn reference(scores: &[f64]) -> Vec<f64> {
        let sum = |j: usize| scores.iter().skip(j).step_by(COLS).map(|x| x.exp()).sum::<f64>();
        scores.iter().enumerate().map(|(i, x)| x.exp() / sum(i % COLS)).collect()
    }

    #[test]
    fn columns_agree_with_the_definition() {
        for keys in [1, 2, 31, 421] {
            let scores: Vec<f32> = noise(keys * COLS, 1).into_iter().map(|x| 20.0 * x).collect();
            let want = reference(&wide(&scores));
            let mut p = scores.clone();
            let (sums, logs) = exponentiate::<COLS>(&mut p);
            p.iter_mut().enumerate().for_each(|(i, x)| *x /= sums[i % COLS]);
            close("softmax", &p, &want, 2e-6);
            let again: Vec<f32> = scores.iter().enumerate().map(|(i, x)| (x - logs[i % COLS]).exp()).collect();
            close("from the logarithm", &again, &want, 3e-6);
        }
    }

    #[test]
    fn rows_come_back_from_their_logarithms() {
        let (scores, dp, means) = (noise(7 * COLS, 1), noise(7 * COLS, 2), noise(7, 3));
        let logs: Vec<f32> = scores.chunks(COLS).map(|row| row.iter().map(|x| x.exp()).sum::<f32>().ln()).collect();
        let (mut p, mut ds) = (scores.clone(), dp.clone());
        backward::<COLS>(&mut p, &mut ds, &logs, &means);
        let want = |i: usize| f64::from(scores[i] - logs[i / COLS]).exp();
        close("p", &p, &(0..p.len()).map(want).collect::<Vec<_>>(), 1e-6);
        let want = |i: usize| want(i) * f64::from(dp[i] - means[i / COLS]);
        close("ds", &ds, &(0..ds.len()).map(want).collect::<Vec<_>>(), 1e-6);
    }

    #[test]
    fn numbers_that_are_none_stay_visible() {
        let mut scores = [1.0; 2 * COLS];
        scores[3] = f32::NAN;
        assert!(exponentiate::<COLS>(&mut scores).0[3].is_nan());
    }
}
