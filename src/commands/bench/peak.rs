//! The measured limits: what matrix products alone, or passes over memory alone, reach on the same threads.

use rayon::prelude::*;
use simvg_kernels::linear;
use simvg_kernels::measure::fastest;
use simvg_model::Precision;

/// Rows, outputs and inputs of the product: the first feed-forward layer of ViT-B/32 on four pictures.
const SHAPE: [usize; 3] = [1684, 3072, 768];

/// Operations a second of the fastest of a few products.
pub fn products(precision: Precision) -> f64 {
    let [rows, outputs, inputs] = SHAPE;
    let (x, w, b) = (vec![0.5f32; rows * inputs], vec![0.25f32; outputs * inputs], vec![0f32; outputs]);
    let mut y = vec![0f32; rows * outputs];
    let seconds = fastest(|| linear::forward(precision, &mut y, &x, &w, &b));
    2.0 * (rows * outputs * inputs) as f64 / seconds
}

/// Elements of the buffer that passes run over: far more than caches hold.
const ELEMENTS: usize = 1 << 26;
/// Elements of one task.
const CHUNK: usize = 1 << 14;

/// Bytes a second of the fastest of a few passes that read and write every element of a buffer.
pub fn memory() -> f64 {
    let mut buffer = vec![1f32; ELEMENTS];
    let seconds = fastest(|| {
        buffer.par_chunks_mut(CHUNK).for_each(|chunk| chunk.iter_mut().for_each(|x| *x *= 0.5));
    });
    (2 * ELEMENTS * size_of::<f32>()) as f64 / seconds
}
