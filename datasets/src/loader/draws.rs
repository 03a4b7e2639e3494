//! Random numbers as functions of (seed, epoch, purpose, record): no state, so threads cannot disturb them.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What a stream of numbers is for; each purpose has its own stream.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Order,
    Expression,
    Jitter,
}

/// The stream of numbers for one purpose in one epoch; `item` is a record id, 0 where there is none.
pub(super) fn stream(seed: u64, epoch: u64, purpose: Purpose, item: i64) -> ChaCha8Rng {
    let mut key = blake3::Hasher::new();
    let name: &[u8] = match purpose {
        Purpose::Order => b"order",
        Purpose::Expression => b"expression",
        Purpose::Jitter => b"jitter",
    };
    key.update(&seed.to_le_bytes()).update(&epoch.to_le_bytes()).update(&item.to_le_bytes()).update(name);
    ChaCha8Rng::from_seed(*key.finalize().as_bytes())
}
