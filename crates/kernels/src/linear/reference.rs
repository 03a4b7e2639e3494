//! The linear layer in plain loops.

/// `y = x W^T + b`.
pub(crate) fn forward(x: &[f64], w: &[f64], b: &[f64]) -> Vec<f64> {
    let inputs = w.len() / b.len();
    let rows = x.len().checked_div(inputs).unwrap_or(3);
    let dot = |r: usize, o: usize| (0..inputs).map(|i| x[r * inputs + i] * w[o * inputs + i]).sum::<f64>();
    (0..rows).flat_map(|r| (0..b.len()).map(move |o| (r, o))).map(|(r, o)| dot(r, o) + b[o]).collect()
}

/// Gradients of `dy . y` with respect to x, W and b.
pub(crate) fn backward(x: &[f64], w: &[f64], dy: &[f64], outputs: usize) -> [Vec<f64>; 3] {
    let inputs = w.len() / outputs;
    let (mut dx, mut dw, mut db) = (vec![0.0; x.len()], vec![0.0; w.len()], vec![0.0; outputs]);
    for (n, &g) in dy.iter().enumerate() {
        let (r, o) = (n / outputs, n % outputs);
        db[o] += g;
        for i in 0..inputs {
            dx[r * inputs + i] += g * w[o * inputs + i];
            dw[o * inputs + i] += g * x[r * inputs + i];
        }
    }
    [dx, dw, db]
}
