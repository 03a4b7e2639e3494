//! Dropout whose masks depend on the seed, the step, the place in the network and the sample, and on nothing else: not
//! on how a batch is cut into shards.

use std::cell::Cell;

use dfdx::prelude::*;
use rand::Rng;

use super::tape::{Recorder, device};
use crate::random::stream;

/// Draws the masks of one shard; each call is another place in the network.
pub struct Dropout {
    rate: f32,
    /// Seed and step; none in evaluation.
    random: Option<(u64, u64)>,
    /// Position in the batch of the shard's first sample.
    first_sample: usize,
    samples: usize,
    places: Cell<u64>,
}

impl Dropout {
    /// Drops with probability `rate` if `random` gives a seed and a step, for samples `first_sample..+samples`.
    pub fn new(rate: f32, random: Option<(u64, u64)>, first_sample: usize, samples: usize) -> Self {
        Self { rate, random: random.filter(|_| rate > 0.0), first_sample, samples, places: Cell::new(0) }
    }

    /// True if anything is dropped.
    pub fn drops(&self) -> bool {
        self.random.is_some()
    }

    /// Zeroes elements and scales the others by 1 / (1 - rate). The first axis runs over samples, then anything.
    pub fn apply<S: Shape, T: Recorder>(&self, x: Tensor<S, f32, Cpu, T>) -> Tensor<S, f32, Cpu, T> {
        let Some((seed, step)) = self.random else { return x };
        let place = self.places.replace(self.places.get() + 1);
        let per_sample = x.shape().num_elements() / self.samples;
        let mask: Vec<f32> = (0..self.samples)
            .flat_map(|i| self.mask(seed, &[step, place, (self.first_sample + i) as u64], per_sample))
            .collect();
        let mask = device().tensor_from_vec(mask, *x.shape());
        x * mask
    }

    fn mask(&self, seed: u64, counters: &[u64], len: usize) -> Vec<f32> {
        let mut rng = stream(seed, "head dropout", counters);
        let kept = 1.0 / (1.0 - self.rate);
        (0..len).map(|_| if rng.random::<f32>() < self.rate { 0.0 } else { kept }).collect()
    }
}
