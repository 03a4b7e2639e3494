//! Runs the network over parts of a batch, on several threads, with the same numbers whatever their count.
//!
//! A batch is always cut into the same shards. A dfdx tape cannot leave its thread, so each worker keeps the tapes of its
//! shards: it hands plain outputs to the caller, who takes all losses at once and answers with the gradient of each
//! output; the worker then runs its tapes backwards. Results are combined in the order of the shards.

use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};

use dfdx::prelude::{HasShape, NoneTape, PutTape, SumTo};
use rayon::prelude::*;

use super::dropout::Dropout;
use super::network::{Forward, Mode, Network};
use super::outputs::{HeadOutput, Outputs, Rows};
use super::tape::{Matrix, Recorder, SharedTape, backward, matrix, take_gradient};
use crate::batch::{Batch, ImageMeta};
use crate::features::Features;

/// Shards of a full batch. More would spread over more threads, but make the matrix products smaller.
const SHARDS: usize = 4;
/// Samples of a shard at least: each shard has a gradient of every parameter, which few samples do not pay for.
const SAMPLES: usize = 4;

/// Some consecutive samples of a batch.
pub struct Shard<'a> {
    /// Position of the first one in the batch.
    pub first: usize,
    /// How many.
    pub samples: usize,
    /// Width C of the features.
    width: usize,
    img: &'a [f32],
    text: &'a [f32],
    cls: &'a [f32],
    /// 1 where a word is padding `[B, L]`.
    pub padding: &'a [u8],
    /// One entry a sample.
    pub metas: &'a [ImageMeta],
    /// Side of the input square in pixels.
    pub side: usize,
}

impl<'a> Shard<'a> {
    /// Cuts a batch.
    pub fn split(features: &'a Features, batch: &'a Batch) -> Vec<Self> {
        let total = batch.len();
        let size = total.div_ceil(SHARDS).max(SAMPLES);
        (0..total).step_by(size).map(|first| Self::new(features, batch, first..(first + size).min(total))).collect()
    }

    fn new(features: &'a Features, batch: &'a Batch, samples: Range<usize>) -> Self {
        let total = batch.len();
        let part = |data: &'a [f32]| {
            let per_sample = data.len() / total;
            &data[samples.start * per_sample..samples.end * per_sample]
        };
        let words = batch.text_len();
        Self {
            first: samples.start,
            samples: samples.len(),
            width: features.cls.len() / total,
            img: part(&features.img),
            text: part(&features.text),
            cls: part(&features.cls),
            padding: &batch.padding[samples.start * words..samples.end * words],
            metas: &batch.metas[samples],
            side: batch.side(),
        }
    }

    /// Words L.
    pub fn words(&self) -> usize {
        self.padding.len() / self.samples
    }

    /// Patches, words and CLS tokens.
    fn features(&self) -> [Matrix; 3] {
        [self.img, self.text, self.cls].map(|x| matrix(&NoneTape, x.to_vec(), x.len() / self.width, self.width))
    }
}

/// Gradients of one shard.
pub struct ShardGrads {
    /// With respect to its patches, words and CLS tokens.
    pub features: [Vec<f32>; 3],
    /// With respect to the parameters, by place in the flat buffer.
    pub params: Vec<(Range<usize>, Vec<f32>)>,
}

/// Forward pass only, nothing recorded.
pub fn infer(network: &Network, shards: &[Shard], mode: Mode) -> HeadOutput {
    let run = |shard: &Shard| {
        let dropout = Dropout::new(0.0, None, shard.first, shard.samples);
        let forward = network.forward(&NoneTape, shard, shard.features(), mode, &dropout);
        HeadOutput { outputs: forward.outputs.map(|m| rows(&m)), trace: forward.trace }
    };
    let parts: Vec<HeadOutput> = shards.par_iter().map(run).collect();
    parts.into_iter().reduce(join).unwrap_or_default()
}

fn join(mut all: HeadOutput, next: HeadOutput) -> HeadOutput {
    all.outputs.append(next.outputs);
    for (name, values) in next.trace {
        all.trace.entry(name).or_default().extend(values);
    }
    all
}

fn rows<T: Recorder>(matrix: &Matrix<T>) -> Rows {
    Rows { cols: matrix.shape().1, data: matrix.as_vec() }
}

/// What a training step does beside the network itself.
#[derive(Clone, Copy)]
pub struct Step {
    /// Switches of the network.
    pub mode: Mode,
    /// Dropout rate.
    pub rate: f32,
    /// Seed and step of the dropout masks; none for no dropout.
    pub random: Option<(u64, u64)>,
}

/// Forward and backward pass. `losses` sees the outputs of the whole batch and answers with the gradient of each.
pub fn train(
    network: &Network,
    shards: &[Shard],
    step: Step,
    losses: impl FnOnce(Outputs<Rows>) -> Outputs<Rows>,
) -> Vec<ShardGrads> {
    let count = rayon::current_num_threads().min(shards.len());
    std::thread::scope(|scope| {
        let spawn = |worker: usize| {
            let (outputs_in, outputs) = channel();
            let (seeds, seeds_out) = channel();
            let own = shards.iter().skip(worker).step_by(count).collect();
            let task = move || on_one_thread(|| work(network, own, step, outputs_in, seeds_out));
            Worker { outputs, seeds, handle: scope.spawn(task) }
        };
        let workers: Vec<Worker> = (0..count).map(spawn).collect();
        exchange(&workers, shards, losses);
        collect(workers, shards.len())
    })
}

struct Worker<'s> {
    outputs: Receiver<Outputs<Rows>>,
    seeds: Sender<Outputs<Rows>>,
    handle: std::thread::ScopedJoinHandle<'s, Vec<ShardGrads>>,
}

/// Passes outputs to the losses and gradients back. If a worker died, the others are left without gradients and end;
/// its panic comes up when it is joined.
fn exchange(workers: &[Worker], shards: &[Shard], losses: impl FnOnce(Outputs<Rows>) -> Outputs<Rows>) {
    let received: Result<Vec<_>, _> = (0..shards.len()).map(|i| workers[i % workers.len()].outputs.recv()).collect();
    let Some(outputs) = received.ok().and_then(|all| all.into_iter().reduce(joined_outputs)) else { return };
    let seeds = losses(outputs);
    let total = shards.iter().map(|s| s.samples).sum();
    for (i, shard) in shards.iter().enumerate() {
        if workers[i % workers.len()].seeds.send(seeds.part(shard.first, shard.samples, total)).is_err() {
            return;
        }
    }
}

fn joined_outputs(mut all: Outputs<Rows>, next: Outputs<Rows>) -> Outputs<Rows> {
    all.append(next);
    all
}

/// The gradients in the order of the shards.
fn collect(workers: Vec<Worker>, shards: usize) -> Vec<ShardGrads> {
    let join = |worker: Worker| {
        drop(worker.seeds);
        worker.handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).into_iter()
    };
    let mut results: Vec<_> = workers.into_iter().map(join).collect();
    let count = results.len();
    (0..shards).filter_map(|i| results[i % count].next()).collect()
}

/// Keeps dfdx's matrix products on the calling worker: they would ask rayon for as many threads as there are, although
/// every thread has its own shard already.
fn on_one_thread<R: Send>(task: impl FnOnce() -> R + Send) -> R {
    match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(pool) => pool.install(task),
        Err(_) => task(),
    }
}

fn work(
    network: &Network,
    shards: Vec<&Shard>,
    step: Step,
    outputs: Sender<Outputs<Rows>>,
    seeds: Receiver<Outputs<Rows>>,
) -> Vec<ShardGrads> {
    let mut pending = Vec::new();
    for shard in shards {
        let one = Pending::forward(network, shard, step);
        if outputs.send(one.outputs.clone().map(|m| rows(&m))).is_err() {
            return Vec::new();
        }
        pending.push(one);
    }
    pending.into_iter().map_while(|one| Some(one.backward(network, seeds.recv().ok()?))).collect()
}

/// A shard between its forward and its backward pass.
struct Pending {
    features: [Matrix; 3],
    outputs: Outputs<Matrix<SharedTape>>,
}

impl Pending {
    fn forward(network: &Network, shard: &Shard, step: Step) -> Self {
        let tape = SharedTape::default();
        let features = shard.features();
        let traced = features.clone().map(|x| x.put_tape(tape.clone()));
        let dropout = Dropout::new(step.rate, step.random, shard.first, shard.samples);
        let Forward { outputs, .. } = network.forward(&tape, shard, traced, step.mode, &dropout);
        Self { features, outputs }
    }

    /// Starts the tape from the given gradients of the outputs: the derivative of `sum(output * seed)` is the seed.
    fn backward(self, network: &Network, seeds: Outputs<Rows>) -> ShardGrads {
        let weigh = |(output, seed): (Matrix<SharedTape>, Rows)| {
            let shape = *output.shape();
            (output * matrix(&NoneTape, seed.data, shape.0, shape.1)).sum()
        };
        let pairs = self.outputs.into_entries().into_iter().zip(seeds.into_entries());
        let total = pairs.map(weigh).reduce(|a, b| a + b);
        let mut gradients = total.map_or_else(dfdx::prelude::Gradients::leaky, backward);
        ShardGrads {
            features: self.features.each_ref().map(|x| take_gradient(&mut gradients, x)),
            params: network.leaves.iter().map(|leaf| leaf.gradient(&mut gradients)).collect(),
        }
    }
}
