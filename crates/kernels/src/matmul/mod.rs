//! Matrix products, cut into tasks over all threads; [`strips`] has the parts for kernels that fuse products themselves.
//!
//! Ours are made of tiles, in f32 for AVX2 and AVX-512 and in bf16 for AVX-512: [`tile`] is the innermost part, [`pack`]
//! and [`blocked`] bring it its operands, and weights may lie [`packed`]. On other processors, and for products too small
//! to be worth packing, the `gemm` crate's stand in, which has kernels for all of them.

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
use avx2::Avx2;
use avx512::Avx512;
use avx512_bf16::Avx512Bf16;
use blocked::{Product, is_worth_packing};
use emulated::Emulated;
use precision::Way;
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
    match precision.way() {
        Way::Avx2 if is_worth_packing(a, b) => product.run::<Avx2>(c),
        Way::Avx512 if is_worth_packing(a, b) => product.run::<Avx512>(c),
        Way::Library | Way::Avx2 | Way::Avx512 => library::parallel(c, start, a, b),
        Way::Bf16 => product.run::<Avx512Bf16>(c),
        Way::Bf16Emulated => product.run::<Emulated>(c),
    }
}

fn check(c: &[f32], a: Mat, b: Mat) {
    assert_eq!(a.cols, b.rows, "inner sizes of a product");
    assert_eq!(c.len(), a.rows * b.cols, "output of {} x {}", a.rows, b.cols);
}
