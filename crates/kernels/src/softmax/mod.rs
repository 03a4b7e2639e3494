//! Softmax of a row of scores, in the unnormalised form that attention wants.
//!
//! Both functions work in place on one thread; attention calls them on rows that are in the cache.

use crate::math::{exp, max, sum_over};
use crate::simd::simd;

simd! {
    /// Turns scores s into e^(s - max) and returns their sum and the logarithm of the sum of e^s.
    /// An empty row gives a sum of 1, so that dividing by it is harmless.
    pub fn exponentiate(row: &mut [f32]) -> (f32, f32) {
        if row.is_empty() {
            return (1.0, 0.0);
        }
        let top = max(row);
        for x in row.iter_mut() {
            *x = exp::<FMA>(*x - top);
        }
        let sum = sum_over(row.len(), |i| row[i]);
        (sum, top + sum.ln())
    }
}

simd! {
    /// Turns scores s into probabilities e^(s - log_sum).
    pub fn probabilities(row: &mut [f32], log_sum: f32) {
        for x in row.iter_mut() {
            *x = exp::<FMA>(*x - log_sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{close, noise, wide};

    fn reference(row: &[f64]) -> Vec<f64> {
        let sum: f64 = row.iter().map(|x| x.exp()).sum();
        row.iter().map(|x| x.exp() / sum).collect()
    }

    #[test]
    fn agrees_with_the_definition() {
        for len in [0, 1, 2, 31, 421] {
            let scores: Vec<f32> = noise(len, 1).into_iter().map(|x| 20.0 * x).collect();
            let (mut row, mut again) = (scores.clone(), scores.clone());
            let (sum, log_sum) = exponentiate(&mut row);
            row.iter_mut().for_each(|x| *x /= sum);
            probabilities(&mut again, log_sum);
            close("softmax", &row, &reference(&wide(&scores)), 1e-6);
            close("from the logarithm", &again, &reference(&wide(&scores)), 3e-6);
        }
    }
}
