//! Euclidean norm of all gradients together, and the factor that clips it.

use std::ops::Range;

use rayon::prelude::*;

use crate::simd::simd;

/// Elements whose squares are summed by one task; fixed, so that the sum does not depend on the number of threads.
const CHUNK: usize = 1 << 15;

/// The norm of these parts, the rest being zero: squares summed in f64 by chunk, chunks added in order.
pub fn norm(grads: &[f32], parts: &[Range<usize>]) -> f64 {
    let chunks: Vec<&[f32]> = parts.iter().flat_map(|part| grads[part.clone()].chunks(CHUNK)).collect();
    let partial: Vec<f64> = chunks.into_par_iter().map(squares).collect();
    partial.iter().sum::<f64>().sqrt()
}

/// What gradients are multiplied by so that their norm is at most `max_norm`: PyTorch's `max / (norm + 1e-6)`, capped
/// at 1.
pub fn clip_factor(norm: f64, max_norm: f64) -> f32 {
    (max_norm / (norm + 1e-6)).min(1.0) as f32
}

simd! {
    fn squares(x: &[f32]) -> f64 {
        let mut lanes = [0f64; 16];
        let chunks = x.chunks_exact(16);
        let rest: f64 = chunks.remainder().iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        for chunk in chunks {
            for (lane, &x) in lanes.iter_mut().zip(chunk) {
                *lane += f64::from(x) * f64::from(x);
            }
        }
        lanes.iter().sum::<f64>() + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{noise, same_for_any_threads, wide};

    #[test]
    fn agrees_with_a_plain_sum() {
        for len in [0, 1, 17, 100_003] {
            let x = noise(len, 1);
            let want = wide(&x).iter().map(|x| x * x).sum::<f64>().sqrt();
            assert!((norm(&x, &[0..len / 2, len / 2..len]) - want).abs() <= 1e-9 * want);
        }
    }

    #[test]
    fn only_the_parts_are_read() {
        assert_eq!(norm(&[3.0, f32::NAN, 0.0, 4.0], &[0..1, 2..4]), 5.0);
        assert_eq!(norm(&[f32::NAN], &[]), 0.0);
    }

    #[test]
    fn clips_only_what_is_too_long() {
        assert_eq!(clip_factor(0.1, 0.15), 1.0);
        assert!((clip_factor(1.5, 0.15) - 0.1).abs() < 1e-6);
        assert_eq!(clip_factor(0.0, 0.15), 1.0);
    }

    #[test]
    fn threads_do_not_change_the_bits() {
        let x = noise(200_000, 1);
        same_for_any_threads(|| norm(&x, &[0..9, 9..200_000]).to_bits());
    }
}
