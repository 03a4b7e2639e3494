//! Carries parameters from the flat buffer into dfdx tensors, and their gradients back.

use std::ops::Range;

use dfdx::prelude::*;

use super::tape::{device, take_gradient};
use crate::params::Layout;

/// Reads the tensors of the head and remembers where each came from.
pub struct Reader<'a> {
    layout: &'a Layout,
    params: &'a [f32],
    device: Cpu,
    leaves: Vec<Leaf>,
}

/// A tensor of the network and the part of the flat buffer that it was read from.
pub struct Leaf {
    place: Range<usize>,
    gradient: Box<TakeGradient>,
}

type TakeGradient = dyn Fn(&mut Gradients<f32, Cpu>) -> Vec<f32> + Send + Sync;

impl Leaf {
    /// Place in the flat buffer and gradient.
    pub fn gradient(&self, gradients: &mut Gradients<f32, Cpu>) -> (Range<usize>, Vec<f32>) {
        (self.place.clone(), (self.gradient)(gradients))
    }
}

impl<'a> Reader<'a> {
    /// Reads from `params`, which is laid out as `layout`.
    pub fn new(layout: &'a Layout, params: &'a [f32]) -> Self {
        Self { layout, params, device: device(), leaves: Vec::new() }
    }

    /// The parameter of this name, in any shape of as many elements.
    pub fn tensor<S: Shape>(&mut self, name: &str, shape: S) -> Tensor<S, f32, Cpu> {
        self.part(name, 0, shape)
    }

    /// A part of the parameter of this name, from element `skip` on. The keys of an attention are read without the
    /// queries and values that are stored with them.
    pub fn part<S: Shape>(&mut self, name: &str, skip: usize, shape: S) -> Tensor<S, f32, Cpu> {
        let start = self.layout.range(name).start + skip;
        let place = start..start + shape.num_elements();
        let tensor = self.device.tensor_from_vec(self.params[place.clone()].to_vec(), shape);
        let leaf = tensor.clone();
        self.leaves.push(Leaf { place, gradient: Box::new(move |g| take_gradient(g, &leaf)) });
        tensor
    }

    /// True if there is a parameter of this name.
    pub fn has(&self, name: &str) -> bool {
        self.layout.get(name).is_some()
    }

    /// Everything read so far.
    pub fn into_leaves(self) -> Vec<Leaf> {
        self.leaves
    }
}
