//! Matrix products: one on the calling thread, or a whole one cut into tasks over all threads.
//!
//! In f32 they are the `gemm` crate's, which has kernels for AVX2, AVX-512 and NEON. In bf16 they are our own, since that
//! crate has none: [`tile`] is the innermost part, [`pack`] and [`blocked`] bring it its operands.

mod avx512;
mod blocked;
mod buffers;
mod emulated;
mod library;
mod mat;
mod pack;
mod precision;
#[cfg(test)]
mod tests;
mod tile;
mod transpose;

pub use mat::Mat;
pub use precision::Precision;

use crate::Write;
use crate::shared::Shared;
use avx512::Avx512;
use blocked::Product;
use emulated::Emulated;
use precision::Way;

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

/// `c (+)= alpha a b` in f32 on the calling thread; `c` is row-major without gaps.
pub fn multiply(c: &mut [f32], write: Write, alpha: f32, a: Mat, b: Mat) {
    check(c, a, b);
    library::tile(&Shared::new(c), 0, b.cols, write, alpha, a, b);
}

/// `c (+)= a b` on all threads. With `bias`, every row of `c` starts from it instead: `c = bias + a b`.
pub fn multiply_parallel(precision: Precision, c: &mut [f32], write: Write, a: Mat, b: Mat, bias: Option<&[f32]>) {
    check(c, a, b);
    assert!(bias.is_none_or(|bias| bias.len() == b.cols), "bias of {} columns", b.cols);
    let start = bias.map_or(write.into(), Start::Row);
    let product = Product { start, a, b };
    match precision.way() {
        Way::F32 => library::parallel(c, start, a, b),
        Way::Bf16 => product.run::<Avx512>(c),
        Way::Bf16Emulated => product.run::<Emulated>(c),
    }
}

fn check(c: &[f32], a: Mat, b: Mat) {
    assert_eq!(a.cols, b.rows, "inner sizes of a product");
    assert_eq!(c.len(), a.rows * b.cols, "output of {} x {}", a.rows, b.cols);
}
