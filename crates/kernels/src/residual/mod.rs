//! Residual connection with stochastic depth: `y = x + s_b * branch`, one factor s_b for each sample b.
//!
//! A sample that a step drops (Huang et al., arXiv:1603.09382) has no factor, and its branch is not computed at all:
//! buffers of a branch hold the kept samples only, in their order. Rows of a sample are contiguous: x, y `[B, rows, C]`;
//! branch `[K, rows, C]` for K kept samples; factors `[B]`, 1 / keep where a sample is kept.

use rayon::prelude::*;

use crate::parallel::min_chunks;

/// `y = x + s_b * branch`, and `y = x` for dropped samples.
pub fn forward(y: &mut [f32], x: &[f32], branch: &[f32], factors: &[Option<f32>]) {
    let Some(size) = sample_size(y.len(), branch.len(), factors) else { return };
    let samples = y.par_chunks_mut(size).zip(x.par_chunks(size)).zip(places(factors));
    samples.with_min_len(min_chunks(x.len())).for_each(|((y, x), place)| match place {
        Some((k, s)) => {
            let branch = &branch[k * size..][..size];
            y.iter_mut().zip(x).zip(branch).for_each(|((y, x), branch)| *y = x + s * branch);
        }
        None => y.copy_from_slice(x),
    });
}

/// `dbranch = s_b * dy` for kept samples; the gradient of x is dy itself.
pub fn backward(dbranch: &mut [f32], dy: &[f32], factors: &[Option<f32>]) {
    let Some(size) = sample_size(dy.len(), dbranch.len(), factors) else { return };
    let samples = dbranch.par_chunks_mut(size).zip(kept(factors));
    samples.with_min_len(min_chunks(dy.len())).for_each(|(dbranch, (b, s))| {
        dbranch.iter_mut().zip(&dy[b * size..][..size]).for_each(|(dbranch, dy)| *dbranch = s * dy);
    });
}

/// Copies the kept samples of x, `[K, rows, C]`.
pub fn gather(some: &mut [f32], x: &[f32], factors: &[Option<f32>]) {
    let Some(size) = sample_size(x.len(), some.len(), factors) else { return };
    for (some, (b, _)) in some.chunks_exact_mut(size).zip(kept(factors)) {
        some.copy_from_slice(&x[b * size..][..size]);
    }
}

/// Copies the kept samples back to their places in x.
pub fn scatter(x: &mut [f32], some: &[f32], factors: &[Option<f32>]) {
    let Some(size) = sample_size(x.len(), some.len(), factors) else { return };
    for (some, (b, _)) in some.chunks_exact(size).zip(kept(factors)) {
        x[b * size..][..size].copy_from_slice(some);
    }
}

/// Place and factor of every kept sample.
fn kept(factors: &[Option<f32>]) -> Vec<(usize, f32)> {
    factors.iter().enumerate().filter_map(|(b, factor)| Some((b, (*factor)?))).collect()
}

/// For every sample its place among the kept ones and its factor.
fn places(factors: &[Option<f32>]) -> Vec<Option<(usize, f32)>> {
    let mut next = 0..;
    factors.iter().map(|factor| factor.and_then(|s| Some((next.next()?, s)))).collect()
}

/// Elements of a sample; none if there is nothing to do.
fn sample_size(all: usize, some: usize, factors: &[Option<f32>]) -> Option<usize> {
    if all == 0 {
        return None;
    }
    let samples = factors.len();
    assert!(samples > 0 && all.is_multiple_of(samples), "{all} elements in {samples} samples");
    assert_eq!(some, all / samples * factors.iter().flatten().count(), "elements of the kept samples");
    Some(all / samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sample_has_its_factor() {
        let factors = [None, Some(2.0), Some(0.0)];
        let (mut y, mut d) = ([9.0; 6], [9.0; 4]);
        forward(&mut y, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[1.0, 1.0, 7.0, 7.0], &factors);
        backward(&mut d, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &factors);
        assert_eq!(y, [1.0, 2.0, 5.0, 6.0, 5.0, 6.0]);
        assert_eq!(d, [6.0, 8.0, 0.0, 0.0]);
    }

    #[test]
    fn kept_samples_come_out_and_go_back() {
        let (mut some, mut x) = ([0.0; 2], [1.0, 2.0, 3.0, 4.0]);
        gather(&mut some, &x, &[None, Some(1.0)]);
        assert_eq!(some, [3.0, 4.0]);
        scatter(&mut x, &[7.0, 8.0], &[None, Some(1.0)]);
        assert_eq!(x, [1.0, 2.0, 7.0, 8.0]);
    }

    #[test]
    fn nothing_is_fine() {
        forward(&mut [], &[], &[], &[]);
        backward(&mut [], &[], &[Some(1.0)]);
        let mut y = [0.0];
        forward(&mut y, &[1.0], &[], &[None]);
        backward(&mut [], &[1.0], &[None]);
        assert_eq!(y, [1.0]);
    }
}
