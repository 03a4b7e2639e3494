//! The measured limit: what matrix products alone reach on the same threads.

use std::time::Instant;

use simvg_kernels::linear;
use simvg_model::Precision;

/// Rows, outputs and inputs of the product: the first feed-forward layer of ViT-B/32 on four pictures.
const SHAPE: [usize; 3] = [1684, 3072, 768];
/// Products of which the fastest counts.
const TRIES: usize = 8;

/// GFLOP/s of the fastest of a few products.
pub fn gflops(precision: Precision) -> f64 {
    let [rows, outputs, inputs] = SHAPE;
    let (x, w, b) = (vec![0.5f32; rows * inputs], vec![0.25f32; outputs * inputs], vec![0f32; outputs]);
    let mut y = vec![0f32; rows * outputs];
    let mut best = f64::INFINITY;
    for _ in 0..TRIES {
        let start = Instant::now();
        linear::forward(precision, &mut y, &x, &w, &b);
        best = best.min(start.elapsed().as_secs_f64());
    }
    2.0 * (rows * outputs * inputs) as f64 / best / 1e9
}
