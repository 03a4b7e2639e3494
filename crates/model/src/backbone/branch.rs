//! Between the residual stream, which has the rows of all samples, and a branch, which has those of the kept ones.

use simvg_kernels::residual;

use super::multiway::Pass;

impl Pass<'_> {
    /// The rows of the kept samples: x itself if that is all of them, else copied into `some`.
    pub(super) fn gather<'x>(&self, some: &'x mut Vec<f32>, x: &'x [f32], factors: &[Option<f32>]) -> &'x [f32] {
        if factors.iter().all(Option::is_some) {
            return x;
        }
        let kept = self.of_kept(factors);
        some.resize(kept.shape.rows() * kept.shape.width(), 0.0);
        let parts = kept.cut_mut(some).into_iter().zip(self.cut(x));
        parts.for_each(|(some, x)| residual::gather(some, x, factors));
        some
    }

    /// Lets `change` work on the rows of the kept samples of x. `some` is for copies.
    pub(super) fn change_kept(
        &self,
        some: &mut Vec<f32>,
        x: &mut [f32],
        factors: &[Option<f32>],
        change: impl FnOnce(&mut [f32]),
    ) {
        if factors.iter().all(Option::is_some) {
            return change(x);
        }
        self.gather(some, x, factors);
        change(some);
        let parts = self.cut_mut(x).into_iter().zip(self.of_kept(factors).cut(some));
        parts.for_each(|(x, some)| residual::scatter(x, some, factors));
    }

    /// `out = x + s branch`.
    pub(super) fn add_branch(&self, out: &mut [f32], x: &[f32], branch: &[f32], factors: &[Option<f32>]) {
        let branch = self.of_kept(factors).cut(branch);
        let parts = self.cut_mut(out).into_iter().zip(self.cut(x)).zip(branch);
        parts.for_each(|((out, x), branch)| residual::forward(out, x, branch, factors));
    }

    /// `dbranch = s d`.
    pub(super) fn scale_branch(&self, dbranch: &mut [f32], d: &[f32], factors: &[Option<f32>]) {
        let parts = self.of_kept(factors).cut_mut(dbranch).into_iter().zip(self.cut(d));
        parts.for_each(|(dbranch, d)| residual::backward(dbranch, d, factors));
    }
}
