//! Matrix products: one on the calling thread, or a whole one cut into tasks over all threads.
//!
//! Ours are made of tiles, in f32 for AVX2 and in bf16 for AVX-512: [`tile`] is the innermost part, [`pack`] and
//! [`blocked`] bring it its operands. Where the processor has AVX-512 but f32 is asked for, or is no x86, and for products
//! too small to be worth packing, the `gemm` crate's stand in, which has kernels for all of them.

mod avx2;
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
use avx2::Avx2;
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
        Way::F32 => in_f32(c, product),
        Way::Bf16 => product.run::<Avx512>(c),
        Way::Bf16Emulated => product.run::<Emulated>(c),
    }
}

fn in_f32(c: &mut [f32], product: Product) {
    if Avx2::is_best() && product.is_worth_packing() {
        product.run::<Avx2>(c);
    } else {
        library::parallel(c, product.start, product.a, product.b);
    }
}

fn check(c: &[f32], a: Mat, b: Mat) {
    assert_eq!(a.cols, b.rows, "inner sizes of a product");
    assert_eq!(c.len(), a.rows * b.cols, "output of {} x {}", a.rows, b.cols);
}
