//! Weights that lie packed, for whoever multiplies with the same ones again and again.
//!
//! A strip of columns of B is a strip of rows of the weights `[outputs, inputs]`, which lie together: turning it over
//! where it lies packs it, and no second copy is needed.

use rayon::prelude::*;

use super::avx2::Avx2;
use super::blocked::Product;
use super::mat::Mat;
use super::precision::{Precision, Way};
use super::right::Packed;
use super::tile::Lanes;
use super::{Right, Start, buffers};

/// Whether weights of so many outputs can be packed: tiles of ours read them, and there is no strip of fewer outputs.
pub(crate) fn can_pack(precision: Precision, outputs: usize) -> bool {
    precision.way() == Way::F32 && Avx2::is_best() && outputs.is_multiple_of(Avx2::COLS)
}

/// Packs weights `[outputs, inputs]` in place, on all threads.
pub(crate) fn pack(weights: &mut [f32], outputs: usize) {
    assert!(outputs.is_multiple_of(Avx2::COLS), "{outputs} outputs do not make whole strips");
    let inputs = weights.len().checked_div(outputs).unwrap_or(0);
    weights.par_chunks_mut((Avx2::COLS * inputs).max(1)).for_each(|strip| {
        buffers::with(&buffers::TASK, strip.len(), |packed| {
            Avx2::pack_cols(packed, Mat::new(strip, Avx2::COLS, inputs).t());
            strip.copy_from_slice(bytemuck::cast_slice(packed));
        });
    });
}

/// `c = bias + a W^T` on all threads, for weights W that [`pack`] has packed.
pub(crate) fn multiply_packed(c: &mut [f32], a: Mat, weights: &[f32], bias: &[f32]) {
    let (inner, cols) = (a.cols, bias.len());
    assert_eq!((c.len(), weights.len()), (a.rows * cols, inner * cols), "output and weights of {cols} columns");
    let b = Right::Packed(Packed { strips: bytemuck::cast_slice(weights), inner, cols });
    Product { start: Start::Row(bias), a, b }.run::<Avx2>(c);
}
