//! Weights that lie packed, for whoever multiplies with the same ones again and again.
//!
//! A strip of columns of B is a strip of rows of the weights `[outputs, inputs]`, which lie together: turning it over
//! where it lies packs it, and no second copy is needed.

use rayon::prelude::*;

use super::avx2::Avx2;
use super::avx512::Avx512;
use super::blocked::Product;
use super::mat::Mat;
use super::precision::{Precision, Way};
use super::right::Packed;
use super::tile::Lanes;
use super::{Right, Start, buffers};

/// Whether weights of so many outputs can be packed: tiles of ours read them, and no strip has fewer outputs.
pub(crate) fn can_pack(precision: Precision, outputs: usize) -> bool {
    strip(precision).is_some_and(|strip| outputs.is_multiple_of(strip))
}

/// Outputs of a strip.
fn strip(precision: Precision) -> Option<usize> {
    match precision.way() {
        Way::Avx2 => Some(Avx2::COLS),
        Way::Avx512 => Some(Avx512::COLS),
        Way::Library | Way::Bf16 | Way::Bf16Emulated => None,
    }
}

/// Packs weights `[outputs, inputs]` in place, on all threads. Panics where [`can_pack`] denies it for f32.
pub(crate) fn pack(weights: &mut [f32], outputs: usize) {
    assert!(can_pack(Precision::F32, outputs), "{outputs} outputs do not make whole strips");
    match Precision::F32.way() {
        Way::Avx512 => pack_for::<Avx512>(weights, outputs),
        _ => pack_for::<Avx2>(weights, outputs),
    }
}

fn pack_for<L: Lanes>(weights: &mut [f32], outputs: usize) {
    let inputs = weights.len().checked_div(outputs).unwrap_or(0);
    weights.par_chunks_mut((L::COLS * inputs).max(1)).for_each(|strip| {
        buffers::with(&buffers::TASK, strip.len(), |packed| {
            L::pack_cols(packed, Mat::new(strip, L::COLS, inputs).t());
            strip.copy_from_slice(bytemuck::cast_slice(packed));
        });
    });
}

/// `c = bias + a W^T` on all threads, for weights W that [`pack`] has packed.
pub(crate) fn multiply_packed(c: &mut [f32], a: Mat, weights: &[f32], bias: &[f32]) {
    let (inner, cols) = (a.cols, bias.len());
    assert_eq!((c.len(), weights.len()), (a.rows * cols, inner * cols), "output and weights of {cols} columns");
    assert!(can_pack(Precision::F32, cols), "{cols} outputs do not make whole strips");
    let b = Right::Packed(Packed { strips: bytemuck::cast_slice(weights), inner, cols });
    let product = Product { start: Start::Row(bias), a, b };
    match Precision::F32.way() {
        Way::Avx512 => product.run::<Avx512>(c),
        _ => product.run::<Avx2>(c),
    }
}
