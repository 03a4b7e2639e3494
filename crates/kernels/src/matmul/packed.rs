//! Weights that lie packed, for whoever multiplies with the same ones again and again.
//!
//! A strip of columns of B is a strip of rows of the weights `[outputs, inputs]`, which lie together: turning it over
//! where it lies packs it, and no second copy is needed.

use rayon::prelude::*;

use super::blocked::Product;
use super::mat::Mat;
use super::precision::{Precision, with_lanes};
use super::right::Packed;
use super::tile::Lanes;
use super::{Right, Start, buffers};

/// Whether weights of so many outputs and inputs can be packed: tiles of ours read them, no strip has fewer outputs, and
/// packed they take no more space.
pub(crate) fn can_pack(precision: Precision, [outputs, inputs]: [usize; 2]) -> bool {
    with_lanes!(precision.way(), L => outputs.is_multiple_of(L::COLS) && L::steps(inputs) <= inputs, else false)
}

/// Packs weights `[outputs, inputs]` in place, on all threads. Panics where [`can_pack`] denies it.
pub(crate) fn pack(precision: Precision, weights: &mut [f32], outputs: usize) {
    let inputs = weights.len().checked_div(outputs).unwrap_or(0);
    assert!(can_pack(precision, [outputs, inputs]), "{outputs} outputs do not make whole strips");
    with_lanes!(precision.way(), L => pack_for::<L>(weights, inputs));
}

fn pack_for<L: Lanes>(weights: &mut [f32], inputs: usize) {
    weights.par_chunks_mut((L::COLS * inputs).max(1)).for_each(|strip| {
        buffers::with(&buffers::TASK, L::COLS * L::steps(inputs), |packed| {
            L::pack_cols(packed, Mat::new(strip, L::COLS, inputs).t());
            strip[..packed.len()].copy_from_slice(bytemuck::cast_slice(packed));
        });
    });
}

/// `c = bias + a W^T` on all threads, for weights W that [`pack`] has packed for the same precision.
pub(crate) fn multiply_packed(precision: Precision, c: &mut [f32], a: Mat, weights: &[f32], bias: &[f32]) {
    let (inner, cols) = (a.cols, bias.len());
    assert_eq!((c.len(), weights.len()), (a.rows * cols, inner * cols), "output and weights of {cols} columns");
    assert!(can_pack(precision, [cols, inner]), "{cols} outputs do not make whole strips");
    let b = Right::Packed(Packed { strips: bytemuck::cast_slice(weights), inner, cols });
    let product = Product { start: Start::Row(bias), a, b };
    with_lanes!(precision.way(), L => product.run::<L>(c));
}
