//! Linear layers, layer norm and the small perceptrons of the head. Rows are tokens or queries of all samples.

use dfdx::prelude::*;

use super::parameters::Reader;
use super::tape::{Matrix, Recorder, Vector};

/// Epsilon of every layer norm of the head (PyTorch's default).
const LAYER_NORM_EPS: f64 = 1e-5;

/// `y = x W^T + b`.
#[derive(Clone)]
pub struct Linear {
    /// `[out, in]`.
    weight: Matrix,
    bias: Vector,
}

impl Linear {
    /// Reads `<name>.weight` and `<name>.bias`.
    pub fn read(reader: &mut Reader, name: &str, inputs: usize, outputs: usize) -> Self {
        let weight = reader.tensor(&format!("{name}.weight"), (outputs, inputs));
        Self { weight, bias: reader.tensor(&format!("{name}.bias"), (outputs,)) }
    }

    /// From a weight `[out, in]` and a bias `[out]`.
    pub fn new(weight: Matrix, bias: Vector) -> Self {
        Self { weight, bias }
    }

    /// `[rows, in]` to `[rows, out]`.
    pub fn forward<T: Recorder>(&self, x: Matrix<T>) -> Matrix<T> {
        let y = x.matmul(self.weight.clone().permute::<(usize, usize), Axes2<1, 0>>());
        let bias = self.bias.clone().broadcast_like::<_, Axis<0>>(y.shape());
        y + bias
    }
}

/// Layer norm over the columns.
pub struct LayerNorm {
    gain: Vector,
    bias: Vector,
}

impl LayerNorm {
    /// Reads `<name>.weight` and `<name>.bias`.
    pub fn read(reader: &mut Reader, name: &str, dim: usize) -> Self {
        let gain = reader.tensor(&format!("{name}.weight"), (dim,));
        Self { gain, bias: reader.tensor(&format!("{name}.bias"), (dim,)) }
    }

    /// `[rows, dim]` to the same.
    pub fn forward<T: Recorder>(&self, x: Matrix<T>) -> Matrix<T> {
        let shape = *x.shape();
        let gain = self.gain.clone().broadcast_like::<_, Axis<0>>(&shape);
        let bias = self.bias.clone().broadcast_like::<_, Axis<0>>(&shape);
        x.normalize::<Axis<1>>(LAYER_NORM_EPS) * gain + bias
    }
}

/// Linear layers with a ReLU between them, none after the last.
#[derive(Clone)]
pub struct Perceptron(Vec<Linear>);

impl Perceptron {
    /// Reads `<name>.layers.<i>`; `dims` are the widths from input to output.
    pub fn read(reader: &mut Reader, name: &str, dims: &[usize]) -> Self {
        let layer = |(i, d): (usize, &[usize])| Linear::read(reader, &format!("{name}.layers.{i}"), d[0], d[1]);
        Self(dims.windows(2).enumerate().map(layer).collect())
    }

    /// The output of every layer; of no layers, the input.
    pub fn states<T: Recorder>(&self, x: Matrix<T>) -> Vec<Matrix<T>> {
        let mut states: Vec<Matrix<T>> = Vec::new();
        for (i, layer) in self.0.iter().enumerate() {
            let y = layer.forward(states.last().unwrap_or(&x).clone());
            states.push(if i + 1 < self.0.len() { y.relu() } else { y });
        }
        if states.is_empty() { vec![x] } else { states }
    }

    /// The output of the last layer.
    pub fn forward<T: Recorder>(&self, x: Matrix<T>) -> Matrix<T> {
        let mut states = self.states(x);
        states.swap_remove(states.len() - 1)
    }
}
