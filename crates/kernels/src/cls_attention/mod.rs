//! The scores that the CLS token gives the patches, `logits[b, h, n] = q_cls . k_n / sqrt(d)`, for losses that tell it
//! where to look. Attention itself never stores its scores, so these few are computed beside it.

use rayon::prelude::*;

use crate::attention::Shape;
use crate::math::dot;

/// `logits [B, heads, N] ` from `qkv` as in [`crate::attention`]; CLS is vision token 0, N = V - 1.
pub fn forward(logits: &mut [f32], qkv: &[f32], shape: Shape) {
    let (width, d, patches) = (shape.width(), shape.head_dim, shape.vision - 1);
    assert_eq!(logits.len(), shape.samples * shape.heads * patches, "CLS scores");
    for (task, logits) in logits.chunks_exact_mut(patches.max(1)).enumerate() {
        let (sample, head) = (task / shape.heads, task % shape.heads);
        let at =
            |token: usize, part: usize| &qkv[shape.row(sample, token) * 3 * width + part * width + head * d..][..d];
        for (n, logit) in logits.iter_mut().enumerate() {
            *logit = shape.scale() * dot(at(0, 0), at(n + 1, 1));
        }
    }
}

/// `dqkv +=` the gradient of the logits.
pub fn backward(dqkv: &mut [f32], dlogits: &[f32], qkv: &[f32], shape: Shape) {
    let (width, d, patches) = (shape.width(), shape.head_dim, shape.vision - 1);
    assert_eq!(dlogits.len(), shape.samples * shape.heads * patches, "gradient of CLS scores");
    let sample = shape.vision * 3 * width;
    let vision = dqkv[..shape.samples * sample].par_chunks_mut(sample).zip(qkv.par_chunks(sample));
    vision.zip(dlogits.par_chunks((shape.heads * patches).max(1))).for_each(|((dqkv, qkv), dlogits)| {
        let (dq, rest) = dqkv.split_at_mut(3 * width);
        for (i, &dlogit) in dlogits.iter().enumerate() {
            let (column, n) = (i / patches * d, i % patches);
            let g = shape.scale() * dlogit;
            add_scaled(&mut dq[column..][..d], g, &qkv[(n + 1) * 3 * width + width + column..][..d]);
            add_scaled(&mut rest[n * 3 * width + width + column..][..d], g, &qkv[column..][..d]);
        }
    });
}

fn add_scaled(sum: &mut [f32], factor: f32, x: &[f32]) {
    sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += factor * x);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{close, differences, dot, noise, wide};

    fn reference(qkv: &[f64], shape: Shape) -> Vec<f64> {
        let (width, d) = (shape.width(), shape.head_dim);
        let at = |sample: usize, token: usize, column: usize| qkv[shape.row(sample, token) * 3 * width + column];
        let mut logits = Vec::new();
        for (sample, head) in (0..shape.samples).flat_map(|s| (0..shape.heads).map(move |h| (s, h))) {
            for token in 1..shape.vision {
                let terms = (head * d..(head + 1) * d).map(|c| at(sample, 0, c) * at(sample, token, width + c));
                logits.push(terms.sum::<f64>() / (d as f64).sqrt());
            }
        }
        logits
    }

    #[test]
    fn agrees_with_plain_loops_and_differences() {
        for vision in [1, 2, 5] {
            let shape = Shape { samples: 2, heads: 3, head_dim: 5, vision, text: 2 };
            let qkv = noise(shape.rows() * shape.width() * 3, 1);
            let n = shape.samples * shape.heads * (vision - 1);
            let (mut logits, dlogits, mut dqkv) = (vec![0.0; n], noise(n, 2), vec![1.0; qkv.len()]);
            forward(&mut logits, &qkv, shape);
            close("logits", &logits, &reference(&wide(&qkv), shape), 1e-6);
            backward(&mut dqkv, &dlogits, &qkv, shape);
            let want = differences(&qkv, |qkv| dot(&reference(qkv, shape), &dlogits));
            close("dqkv", &dqkv, &want.iter().map(|x| x + 1.0).collect::<Vec<_>>(), 1e-5);
        }
    }
}
