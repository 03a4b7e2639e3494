//! Matrix products, cut into tasks over all threads; [`strips`] has the parts for kernels that fuse products themselves.
//!
//! Ours are made of tiles, in f32 for AVX2 and AVX-512 and in bf16 for AVX-512 and AMX: [`tile`] is the innermost part,
//! [`pack`], [`pairs`] and [`blocked`] bring it its operands, and weights may lie [`packed`]. On other processors, and for
//! products too small to be worth packing, the `gemm` crate's stand in, which has kernels for all of them.

mod amx;
mod avx2;
mod avx512;
mod avx512_bf16;
mod blocked;
mod buffers;
mod emulated;
mod library;
mod mat;
mod pack;
mod packed;
mod pairs;
mod precision;
mod right;
pub(crate) mod strips;
#[cfg(test)]
mod tests;
mod tile;
mod transpose;

pub use mat::Mat;
pub(crate) use packed::{can_pack, multiply_packed, pack};
pub use precision::Precision;

use crate::Write;
pub(crate) use amx::Amx;
pub(crate) use avx2::Avx2;
pub(crate) use avx512::Avx512;
pub(crate) use avx512_bf16::Avx512Bf16;
use blocked::{Product, is_worth_packing};
pub(crate) use emulated::Emulated;
pub(crate) use precision::Way;
use precision::with_lanes;
use right::Right;

/// What stands in the output before the product is added to it.
#[derive(Clone, Copy, Debug)]
enum Start<'a> {
    /// Nothing.
    Zero,
    /// What is there already.
    Old,
    /// This row in every row.
    Row(&'a [f32]),
}

impl From<Write> for Start<'_> {
    fn from(write: Write) -> Self {
        if write == Write::Add { Self::Old } else { Self::Zero }
    }
}

/// `c (+)= a b` on all threads. With `bias`, every row of `c` starts from it instead: `c = bias + a b`.
pub fn multiply_parallel(precision: Precision, c: &mut [f32], write: Write, a: Mat, b: Mat, bias: Option<&[f32]>) {
    check(c, a, b);
    assert!(bias.is_none_or(|bias| bias.len() == b.cols), "bias of {} columns", b.cols);
    let start = bias.map_or(write.into(), Start::Row);
    let product = Product { start, a, b: b.into() };
    let way = precision.way();
    let way = if way.is_f32() && !is_worth_packing(a, b) { Way::Library } else { way };
    with_lanes!(way, L => product.run::<L>(c), else library::parallel(c, start, a, b));
}

fn check(c: &[f32], a: Mat, b: Mat) {
    assert_eq!(a.cols, b.rows, "inner sizes of a product");
    assert_eq!(c.len(), a.rows * b.cols, "output of {} x {}", a.rows, b.cols);
}
