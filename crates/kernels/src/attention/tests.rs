//! Attention against its slow twin and against finite differences, with and without padding.

use super::*;
use crate::testing::{close, differences, dot, noise, same_for_any_threads, wide};

fn shape([samples, heads, head_dim, vision, text]: [usize; 5]) -> Shape {
    Shape { samples, heads, head_dim, vision, text }
}

/// Every third token is padding.
fn padding(shape: Shape) -> Vec<u8> {
    (0..shape.samples * shape.text).map(|i| u8::from(i % 3 == 2)).collect()
}

fn run(qkv: &[f32], shape: Shape) -> (Vec<f32>, Vec<f32>) {
    run_in(Precision::F32, qkv, shape)
}

fn run_in(precision: Precision, qkv: &[f32], shape: Shape) -> (Vec<f32>, Vec<f32>) {
    let mut out = vec![f32::NAN; shape.rows() * shape.width()];
    let mut log_sums = vec![f32::NAN; shape.samples * shape.heads * shape.tokens()];
    forward(precision, &mut out, &mut log_sums, qkv, &padding(shape), shape);
    (out, log_sums)
}

fn run_backward(qkv: &[f32], dout: &[f32], shape: Shape) -> Vec<f32> {
    run_backward_in(Precision::F32, qkv, dout, shape)
}

fn run_backward_in(precision: Precision, qkv: &[f32], dout: &[f32], shape: Shape) -> Vec<f32> {
    let (out, log_sums) = run_in(precision, qkv, shape);
    let mut dqkv = vec![f32::NAN; qkv.len()];
    let saved = Saved { qkv, out: &out, log_sums: &log_sums, padding: &padding(shape) };
    backward(precision, &mut dqkv, dout, saved, shape);
    dqkv
}

#[test]
fn agrees_with_plain_loops() {
    let sizes =
        [[0, 2, 4, 3, 2], [1, 1, 1, 1, 0], [2, 3, 5, 4, 3], [1, 2, 8, 70, 9], [2, 1, 16, 129, 0], [1, 1, 4, 0, 3]];
    for size in sizes {
        let shape = shape(size);
        let qkv: Vec<f32> = noise(shape.rows() * shape.width() * 3, 1).iter().map(|x| 3.0 * x).collect();
        let want = reference::forward(&wide(&qkv), &padding(shape), shape);
        close("out", &run(&qkv, shape).0, &want, 5e-6);
    }
}

/// The columns `from..to` of `qkv`, in units of C, of these rows.
fn columns(qkv: &[f32], width: usize, rows: &[usize], from: usize, to: usize) -> Vec<f32> {
    rows.iter().flat_map(|row| &qkv[row * 3 * width..][from * width..to * width]).copied().collect()
}

/// Token 0 of the picture and all words, as the token branch needs them.
#[test]
fn few_queries_get_what_they_get_among_all() {
    let sizes = [[0, 2, 4, 3, 2], [2, 3, 5, 4, 3], [3, 2, 8, 70, 9], [1, 1, 4, 5, 0]];
    let both = [Precision::F32, Precision::Bf16].into_iter();
    for (precision, size) in both.flat_map(|precision| sizes.map(|size| (precision, size))) {
        let all = shape(size);
        let few = Shape { vision: 1, ..all };
        let (width, qkv) = (all.width(), noise(all.rows() * all.width() * 3, 1));
        let vision = (0..all.samples).map(|s| all.row(s, 0));
        let rows: Vec<usize> = vision.chain(all.samples * all.vision..all.rows()).collect();
        let every: Vec<usize> = (0..all.rows()).collect();
        let (q, kv) = (columns(&qkv, width, &rows, 0, 1), columns(&qkv, width, &every, 1, 3));
        let mut out = vec![f32::NAN; rows.len() * width];
        forward_few(precision, &mut out, &q, &kv, &padding(all), few, all);
        let whole = run_in(precision, &qkv, all).0;
        let want: Vec<f32> = rows.iter().flat_map(|row| &whole[row * width..][..width]).copied().collect();
        close("out", &out, &wide(&want), 1e-6);
    }
}

#[test]
fn a_sample_without_keys_gives_zero() {
    let shape = shape([1, 1, 2, 0, 1]);
    let (mut out, mut log_sums) = (vec![f32::NAN; 2], vec![0.0]);
    forward(Precision::F32, &mut out, &mut log_sums, &[1.0; 6], &[1], shape);
    assert_eq!(out, [0.0, 0.0]);
}

#[test]
fn gradients_agree_with_differences() {
    for size in [[2, 2, 3, 4, 3], [1, 1, 2, 66, 0]] {
        let shape = shape(size);
        let (qkv, dout) = (noise(shape.rows() * shape.width() * 3, 1), noise(shape.rows() * shape.width(), 2));
        let loss = |qkv: &[f64]| dot(&reference::forward(qkv, &padding(shape), shape), &dout);
        close("dqkv", &run_backward(&qkv, &dout, shape), &differences(&qkv, loss), 2e-5);
    }
}

/// Rounding to bf16 changes a number by 2^-9 of it at most. Scores, which are below 3, carry that into their exponentials;
/// sums of a random sign lose most of it.
#[test]
fn bf16_stays_close_to_f32() {
    for size in [[2, 3, 5, 4, 3], [1, 2, 8, 70, 9], [2, 1, 64, 129, 20]] {
        let shape = shape(size);
        let (qkv, dout) = (noise(shape.rows() * shape.width() * 3, 1), noise(shape.rows() * shape.width(), 2));
        let (out, dqkv) = (run(&qkv, shape).0, run_backward(&qkv, &dout, shape));
        close("out", &run_in(Precision::Bf16, &qkv, shape).0, &wide(&out), 0.01);
        close("dqkv", &run_backward_in(Precision::Bf16, &qkv, &dout, shape), &wide(&dqkv), 0.02);
    }
}

#[test]
fn threads_do_not_change_the_bits() {
    let shape = shape([3, 4, 8, 70, 9]);
    let (qkv, dout) = (noise(shape.rows() * shape.width() * 3, 1), noise(shape.rows() * shape.width(), 2));
    same_for_any_threads(|| run_backward(&qkv, &dout, shape));
}
