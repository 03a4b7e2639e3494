//! Linear layer `y = x W^T + b`, with weights `[outputs, inputs]` as PyTorch stores them.
//!
//! Shapes: x `[R, inputs]`, y `[R, outputs]`, b `[outputs]`. The number of rows follows from the lengths.

use rayon::prelude::*;

use crate::Write;
use crate::matmul::{self, Mat, Precision, multiply_parallel};
use crate::parallel::min_chunks;
use crate::simd::simd;

#[cfg(test)]
pub(crate) mod reference;

/// Columns that one task sums for the bias gradient.
const STRIPE: usize = 64;

/// `y = x W^T + b`.
pub fn forward(precision: Precision, y: &mut [f32], x: &[f32], w: &[f32], b: &[f32]) {
    let outputs = b.len();
    let (rows, inputs) = (count(y.len(), outputs), count(w.len(), outputs));
    let (x, w) = (Mat::new(x, rows, inputs), Mat::new(w, outputs, inputs));
    multiply_parallel(precision, y, Write::Over, x, w.t(), Some(b));
}

/// Whether weights of so many outputs and inputs can lie in the order of [`forward_packed`]: outputs are a multiple of 16, 32
/// or 48, as the processor wants it. A part of the outputs that begins and ends with such a multiple lies so, too.
pub fn can_pack(precision: Precision, outputs: usize, inputs: usize) -> bool {
    matmul::can_pack(precision, [outputs, inputs])
}

/// Puts the weights W into the order of [`forward_packed`], in place: 16, 32 or 48 outputs after the other, and of those,
/// input after input; rounded, if the precision says so. Panics where [`can_pack`] denies it.
pub fn pack(precision: Precision, w: &mut [f32], outputs: usize) {
    matmul::pack(precision, w, outputs);
}

/// `y = x W^T + b` for weights that [`pack`] has put in order for the same precision, which spares every call to do so. Panics
/// where [`can_pack`] denies it.
pub fn forward_packed(precision: Precision, y: &mut [f32], x: &[f32], w: &[f32], b: &[f32]) {
    let (rows, inputs) = (count(y.len(), b.len()), count(w.len(), b.len()));
    matmul::multiply_packed(precision, y, Mat::new(x, rows, inputs), w, b);
}

/// `dx (+)= dy W`.
pub fn backward_input(precision: Precision, dx: &mut [f32], write: Write, dy: &[f32], w: &[f32], outputs: usize) {
    let (rows, inputs) = (count(dy.len(), outputs), count(w.len(), outputs));
    let (dy, w) = (Mat::new(dy, rows, outputs), Mat::new(w, outputs, inputs));
    multiply_parallel(precision, dx, write, dy, w, None);
}

/// `dW (+)= dy^T x` and `db += column sums of dy`.
pub fn backward_params(precision: Precision, dw: &mut [f32], write: Write, db: &mut [f32], dy: &[f32], x: &[f32]) {
    let outputs = db.len();
    let (rows, inputs) = (count(dy.len(), outputs), count(dw.len(), outputs));
    multiply_parallel(precision, dw, write, Mat::new(dy, rows, outputs).t(), Mat::new(x, rows, inputs), None);
    add_column_sums(db, dy);
}

/// `sums += column sums` of a matrix with `sums.len()` columns, rows in order.
pub fn add_column_sums(sums: &mut [f32], matrix: &[f32]) {
    let width = sums.len();
    if width == 0 {
        return;
    }
    let min = min_chunks(matrix.len());
    sums.par_chunks_mut(STRIPE).with_min_len(min).enumerate().for_each(|(i, sums)| {
        add_stripe(sums, matrix, width, i * STRIPE);
    });
}

simd! {
    fn add_stripe(sums: &mut [f32], matrix: &[f32], width: usize, start: usize) {
        let n = sums.len();
        for row in matrix.chunks_exact(width) {
            for (sum, x) in sums.iter_mut().zip(&row[start..start + n]) {
                *sum += x;
            }
        }
    }
}

/// `len / size`, 0 for a layer of size 0.
fn count(len: usize, size: usize) -> usize {
    len.checked_div(size).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{close, noise, same_for_any_threads, wide};

    const SIZES: [[usize; 3]; 8] =
        [[0, 3, 2], [1, 1, 1], [3, 0, 2], [2, 5, 1], [33, 17, 9], [257, 40, 31], [70, 3, 800], [300, 129, 777]];

    #[test]
    fn agrees_with_plain_loops() {
        for [rows, inputs, outputs] in SIZES {
            let (x, w, b) = (noise(rows * inputs, 1), noise(outputs * inputs, 2), noise(outputs, 3));
            let mut y = vec![f32::NAN; rows * outputs];
            forward(Precision::F32, &mut y, &x, &w, &b);
            close("y", &y, &reference::forward(&wide(&x), &wide(&w), &wide(&b)), 1e-5);
        }
    }

    /// Packed weights against `want(rows, x, w, b)`, and the first `part` outputs apart against what they are among all.
    fn check_packed(
        precision: Precision,
        sizes: &[[usize; 3]],
        part: usize,
        want: impl Fn(usize, &[f32], &[f32], &[f32]) -> Vec<f64>,
    ) {
        for &[rows, inputs, outputs] in sizes {
            if !can_pack(precision, outputs, inputs) {
                continue;
            }
            let (x, mut w, b) = (noise(rows * inputs, 1), noise(outputs * inputs, 2), noise(outputs, 3));
            let want = want(rows, &x, &w, &b);
            pack(precision, &mut w, outputs);
            let mut y = vec![f32::NAN; rows * outputs];
            forward_packed(precision, &mut y, &x, &w, &b);
            close("y", &y, &want, 1e-4);
            let mut first = vec![f32::NAN; rows * part];
            forward_packed(precision, &mut first, &x, &w[..part * inputs], &b[..part]);
            let of_whole: Vec<f32> = y.chunks_exact(outputs).flat_map(|row| &row[..part]).copied().collect();
            assert_eq!(first, of_whole, "a part of the outputs");
        }
    }

    #[test]
    fn packed_weights_agree_with_plain_loops() {
        let sizes = [[0, 3, 48], [1, 1, 48], [3, 0, 96], [7, 17, 48], [20, 1031, 96], [300, 129, 816]];
        check_packed(Precision::F32, &sizes, 48, |_, x, w, b| reference::forward(&wide(x), &wide(w), &wide(b)));
    }

    /// In bf16 against the same weights as they are; the tests of products compare those with plain loops.
    #[test]
    fn packed_weights_in_bf16_do_what_others_do() {
        let sizes = [[0, 30, 32], [3, 0, 64], [7, 17, 32], [20, 1031, 96], [20, 3100, 64], [300, 129, 480]];
        check_packed(Precision::Bf16, &sizes, 32, |rows, x, w, b| {
            let mut y = vec![f32::NAN; rows * b.len()];
            forward(Precision::Bf16, &mut y, x, w, b);
            wide(&y)
        });
    }

    #[test]
    fn gradients_agree_with_plain_loops() {
        for [rows, inputs, outputs] in SIZES {
            let (x, w, dy) = (noise(rows * inputs, 1), noise(outputs * inputs, 2), noise(rows * outputs, 3));
            let (mut dx, mut dw, mut db) = (vec![1.0; x.len()], vec![1.0; w.len()], vec![1.0; outputs]);
            backward_input(Precision::F32, &mut dx, Write::Add, &dy, &w, outputs);
            backward_params(Precision::F32, &mut dw, Write::Add, &mut db, &dy, &x);
            let [want_dx, want_dw, want_db] = reference::backward(&wide(&x), &wide(&w), &wide(&dy), outputs);
            let plus_one = |v: Vec<f64>| v.into_iter().map(|x| x + 1.0).collect::<Vec<_>>();
            close("dx", &dx, &plus_one(want_dx), 1e-4);
            close("dw", &dw, &plus_one(want_dw), 1e-4);
            close("db", &db, &plus_one(want_db), 1e-4);
        }
    }

    #[test]
    fn weight_gradients_are_written_over_where_told_to() {
        for rows in [0, 33] {
            let (x, dy) = (noise(rows * 17, 1), noise(rows * 9, 2));
            let (mut over, mut added) = (vec![f32::NAN; 17 * 9], vec![0.0; 17 * 9]);
            backward_params(Precision::F32, &mut over, Write::Over, &mut [0.0; 9], &dy, &x);
            backward_params(Precision::F32, &mut added, Write::Add, &mut [0.0; 9], &dy, &x);
            assert_eq!(over, added, "{rows} rows");
        }
    }

    #[test]
    fn threads_do_not_change_the_bits() {
        let (x, w, b) = (noise(900 * 64, 1), noise(200 * 64, 2), noise(200, 3));
        same_for_any_threads(|| {
            let (mut y, mut dw, mut db) = (vec![0.0; 900 * 200], vec![0.0; w.len()], vec![0.0; 200]);
            forward(Precision::F32, &mut y, &x, &w, &b);
            backward_params(Precision::F32, &mut dw, Write::Add, &mut db, &y, &x);
            (y, dw, db)
        });
    }
}
