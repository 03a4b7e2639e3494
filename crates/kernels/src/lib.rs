//! Numeric kernels over f32 slices, forward and backward: everything the backbone and the optimizer compute.
//!
//! One folder an op. `mod.rs` holds the fast version and says what it computes, with shapes; `reference.rs` is its slow
//! twin, plain loops in f64, which the tests compare it with. Kernels know nothing of models, files or configuration.
//!
//! Conventions: matrices are row-major; activations and gradients of activations are written over (`=`) unless a
//! [`Write`] argument says otherwise; gradients of parameters are added (`+=`). Sizes come from the lengths of the
//! slices where they can, and slices that do not fit panic.
//!
//! Threads: work is cut by the shape alone, never by the number of threads, and every sum has a fixed order. So the
//! results are the same bits for any number of threads.

#![allow(
    unsafe_code,
    reason = "the one crate where it is allowed: tiles of a matrix written by several threads, code for AVX and AMX, and numbers mapped from files"
)]

pub mod adam;
pub mod attention;
pub mod cls_attention;
pub mod embedding;
pub mod gelu;
pub mod gelu_norm;
pub mod grad_norm;
pub mod layer_norm;
pub mod linear;
pub mod mapped;
pub mod math;
pub mod matmul;
pub mod measure;
pub mod patches;
pub mod residual;
mod softmax;

mod parallel;
mod prefetch;
mod shared;
mod simd;
#[cfg(test)]
mod testing;

/// What happens to the old content of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// It is written over.
    Over,
    /// The result is added to it.
    Add,
}
