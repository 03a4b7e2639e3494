//! Worker threads that prepare batches ahead of the consumer, in order.
//!
//! Worker k of n prepares batches k, k + n, k + 2n, ... into a bounded channel of its own, and the consumer
//! takes from the channels in turn: the order is fixed without any sorting, and memory is bounded.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use anyhow::{Result, anyhow};

use super::sample::load_batch;
use super::{LoadedBatch, Source, order};

/// Finished batches that wait in each worker's channel, besides the one that it holds out: a batch of 32 pictures at 640
/// pixels has 150 MB, and a worker that is one batch ahead is never waited for.
const AHEAD: usize = 0;

/// The batches of one epoch; after an error there are no more.
#[derive(Debug)]
pub struct Batches {
    channels: Vec<Receiver<Result<LoadedBatch>>>,
    workers: Vec<JoinHandle<()>>,
    next: usize,
    total: usize,
}

impl Batches {
    /// The batches of `epoch` from the `first` on, counted from zero.
    pub(super) fn start(source: &Arc<Source>, epoch: u64, first: usize) -> Self {
        let mut plan = order::epoch_batches(source, epoch);
        let plan = Arc::new(plan.split_off(first.min(plan.len())));
        let (mut channels, mut workers) = (Vec::new(), Vec::new());
        for worker in 0..source.options.threads {
            let (sender, receiver) = sync_channel(AHEAD);
            let (source, plan, stride) = (Arc::clone(source), Arc::clone(&plan), source.options.threads);
            workers
                .push(thread::spawn(move || work(&source, epoch, plan.iter().skip(worker).step_by(stride), &sender)));
            channels.push(receiver);
        }
        Self { channels, workers, next: 0, total: plan.len() }
    }
}

/// Prepares batches until the consumer is gone.
fn work<'a>(
    source: &Source,
    epoch: u64,
    batches: impl Iterator<Item = &'a Vec<usize>>,
    sender: &SyncSender<Result<LoadedBatch>>,
) {
    for indices in batches {
        if sender.send(load_batch(source, epoch, indices)).is_err() {
            return;
        }
    }
}

impl Iterator for Batches {
    type Item = Result<LoadedBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.total {
            return None;
        }
        let channel = &self.channels[self.next % self.channels.len()];
        let batch = channel.recv().unwrap_or_else(|_| Err(anyhow!("a loader thread stopped without a reason")));
        self.next = if batch.is_ok() { self.next + 1 } else { self.total };
        Some(batch)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.total - self.next))
    }
}

impl Drop for Batches {
    /// Closes the channels, so that the workers stop, and waits for them.
    fn drop(&mut self) {
        self.channels.clear();
        for worker in self.workers.drain(..) {
            // A worker that panicked has already shown itself as a missing batch.
            let _ = worker.join();
        }
    }
}
