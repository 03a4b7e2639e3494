//! Residual connection with stochastic depth: `y = x + s_b * branch`, one factor s_b for each sample b.
//!
//! Factor 0 drops the branch for the sample, 1 / keep makes up for it in the others (Huang et al., arXiv:1603.09382).
//! Rows of a sample are contiguous: x, y, branch `[B, rows, C]`; factors `[B]`.

use rayon::prelude::*;

use crate::parallel::min_chunks;

/// `y = x + s_b * branch`.
pub fn forward(y: &mut [f32], x: &[f32], branch: &[f32], factors: &[f32]) {
    let Some(size) = sample_size(y.len(), factors.len()) else { return };
    let samples = y.par_chunks_mut(size).zip(x.par_chunks(size)).zip(branch.par_chunks(size)).zip(factors);
    samples.with_min_len(min_chunks(x.len())).for_each(|(((y, x), branch), &s)| {
        y.iter_mut().zip(x).zip(branch).for_each(|((y, x), branch)| *y = x + s * branch);
    });
}

/// `dbranch = s_b * dy`; the gradient of x is dy itself.
pub fn backward(dbranch: &mut [f32], dy: &[f32], factors: &[f32]) {
    let Some(size) = sample_size(dy.len(), factors.len()) else { return };
    let samples = dbranch.par_chunks_mut(size).zip(dy.par_chunks(size)).zip(factors);
    samples.with_min_len(min_chunks(dy.len())).for_each(|((dbranch, dy), &s)| {
        dbranch.iter_mut().zip(dy).for_each(|(dbranch, dy)| *dbranch = s * dy);
    });
}

/// Elements of a sample; none if there is nothing to do.
fn sample_size(len: usize, samples: usize) -> Option<usize> {
    if len == 0 {
        return None;
    }
    assert!(samples > 0 && len.is_multiple_of(samples), "{len} elements in {samples} samples");
    Some(len / samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sample_has_its_factor() {
        let (mut y, mut d) = ([0.0; 4], [0.0; 4]);
        forward(&mut y, &[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0, 1.0, 1.0], &[0.0, 2.0]);
        backward(&mut d, &[1.0, 2.0, 3.0, 4.0], &[0.0, 2.0]);
        assert_eq!(y, [1.0, 2.0, 5.0, 6.0]);
        assert_eq!(d, [0.0, 0.0, 6.0, 8.0]);
    }

    #[test]
    fn nothing_is_fine() {
        forward(&mut [], &[], &[], &[]);
        backward(&mut [], &[], &[1.0]);
    }
}
