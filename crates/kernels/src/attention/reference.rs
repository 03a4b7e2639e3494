//! Attention in plain loops: all scores of a head at once.

use super::Shape;

/// The output `[R, C]` from `qkv [R, 3 C]`.
pub(crate) fn forward(qkv: &[f64], padding: &[u8], shape: Shape) -> Vec<f64> {
    let (width, d) = (shape.width(), shape.head_dim);
    let mut out = vec![0.0; shape.rows() * width];
    for sample in 0..shape.samples {
        let keys: Vec<usize> = (0..shape.tokens())
            .filter(|&t| t < shape.vision || padding[sample * shape.text + t - shape.vision] == 0)
            .map(|t| shape.row(sample, t))
            .collect();
        for (token, head) in (0..shape.tokens()).flat_map(|t| (0..shape.heads).map(move |h| (t, h))) {
            let row = shape.row(sample, token);
            let at = |row: usize, part: usize, i: usize| qkv[row * 3 * width + part * width + head * d + i];
            let score = |&key: &usize| (0..d).map(|i| at(row, 0, i) * at(key, 1, i)).sum::<f64>() / (d as f64).sqrt();
            let weights: Vec<f64> = keys.iter().map(|key| score(key).exp()).collect();
            let sum: f64 = weights.iter().sum();
            for i in 0..d {
                let mixed: f64 = keys.iter().zip(&weights).map(|(&key, w)| w * at(key, 2, i)).sum();
                out[row * width + head * d + i] = if sum > 0.0 { mixed / sum } else { 0.0 };
            }
        }
    }
    out
}
