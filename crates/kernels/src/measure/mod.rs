//! Every kernel at the sizes of a training step, with its operations and bytes, to be timed and compared with the peaks
//! of the processor. `simvg-pipe bench kernels` and `cargo bench -p simvg-kernels` print it; PERFORMANCE.md explains it.

mod heads;
mod peaks;
mod products;
mod rows;
mod update;

pub use peaks::{Peaks, fastest, peaks};

use std::time::{Duration, Instant};

use crate::attention::Shape;
use crate::matmul::Precision;
use crate::patches;

/// Fewest timed calls of a kernel.
const CALLS: usize = 5;

/// Sizes of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Samples, tokens and heads.
    pub shape: Shape,
    /// Hidden width of the feed-forward networks.
    pub ffn: usize,
    /// Layers.
    pub depth: usize,
    /// The pictures of a sample.
    pub pictures: patches::Sizes,
    /// Parameters of the model.
    pub parameters: usize,
    /// Number format of the matrix products.
    pub precision: Precision,
}

/// A kernel at one size.
pub struct Work {
    /// Kernel, direction and size.
    pub name: String,
    /// Operations of a call; a multiply and an add count as two.
    pub operations: f64,
    /// Bytes that a call must move at least: what it reads and what it writes, each once.
    pub bytes: f64,
    /// Calls of a training step.
    pub training: f64,
    /// Calls of an inference.
    pub inference: f64,
    /// Takes memory and fills it; the result does the work once.
    prepare: Box<dyn Fn() -> Run>,
}

/// Work with its memory, ready to be done again and again.
type Run = Box<dyn FnMut()>;

/// Seconds of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seconds {
    /// The middle one of all timed calls.
    pub median: f64,
    /// The fastest.
    pub min: f64,
    /// The slowest.
    pub max: f64,
}

impl Work {
    /// Seconds that the processor needs at least: for the operations or for the bytes, whichever take longer.
    pub fn floor(&self, gflops: f64, gbytes: f64) -> f64 {
        (self.operations / gflops).max(self.bytes / gbytes) / 1e9
    }

    /// Times calls for about this long, after one to warm up.
    pub fn time(&self, span: Duration) -> Seconds {
        let mut call = (self.prepare)();
        call();
        let begin = Instant::now();
        let mut seconds = Vec::new();
        while seconds.len() < CALLS || begin.elapsed() < span {
            let start = Instant::now();
            call();
            seconds.push(start.elapsed().as_secs_f64());
        }
        seconds.sort_by(f64::total_cmp);
        Seconds { median: seconds[seconds.len() / 2], min: seconds[0], max: seconds[seconds.len() - 1] }
    }
}

/// All kernels of a step, in the order in which they come.
pub fn kernels(sizes: Sizes) -> Vec<Work> {
    let mut all = products::patches(sizes);
    all.extend(rows::norms(sizes));
    all.extend(products::layers(sizes));
    all.extend(heads::attention(sizes));
    all.extend(rows::residuals(sizes));
    all.extend(update::update(sizes));
    all
}

/// Numbers between -1 and 1.
fn numbers(len: usize) -> Vec<f32> {
    (0..len).map(|i| (i * 7919 % 2003) as f32 / 1001.5 - 1.0).collect()
}

/// Bytes of so many f32.
fn bytes(numbers: usize) -> f64 {
    numbers as f64 * size_of::<f32>() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Sizes = Sizes {
        shape: Shape { samples: 2, heads: 2, head_dim: 4, vision: 5, text: 3 },
        ffn: 16,
        depth: 2,
        pictures: patches::Sizes { channels: 3, side: 4, patch: 2 },
        parameters: 1000,
        precision: Precision::F32,
    };

    #[test]
    fn every_kernel_runs_and_has_a_floor() {
        for work in kernels(SMALL) {
            let seconds = work.time(Duration::ZERO);
            assert!(seconds.min <= seconds.median && seconds.median <= seconds.max, "{}", work.name);
            assert!(work.floor(100.0, 10.0) > 0.0 && work.training > 0.0, "{}", work.name);
        }
    }

    /// Twice as many operations in the backward pass of a linear layer as in the forward pass.
    #[test]
    fn operations_of_products() {
        let sum = |part: &str| -> f64 {
            let chosen = kernels(SMALL).into_iter().filter(|w| w.name.contains(part));
            chosen.map(|w| w.operations * w.training).sum()
        };
        let rows = 2.0 * 8.0;
        assert_eq!(sum("fc1 forward"), 2.0 * 2.0 * rows * 8.0 * 16.0);
        assert_eq!(sum("fc1 input") + sum("fc1 weight"), 2.0 * sum("fc1 forward"));
    }
}
