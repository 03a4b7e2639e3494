//! Random numbers as a pure function of what they are for, so that neither threads nor a restart change them.

use rand::Rng;
use rand::SeedableRng;
use rand::distr::{Distribution, StandardUniform};
use rand_chacha::ChaCha8Rng;

/// A generator for one purpose: the same (seed, purpose, counters) always gives the same numbers.
pub fn stream(seed: u64, purpose: &str, counters: &[u64]) -> ChaCha8Rng {
    let mut hash = blake3::Hasher::new();
    hash.update(&seed.to_le_bytes());
    hash.update(&(purpose.len() as u64).to_le_bytes());
    hash.update(purpose.as_bytes());
    for counter in counters {
        hash.update(&counter.to_le_bytes());
    }
    ChaCha8Rng::from_seed(*hash.finalize().as_bytes())
}

/// Fills with draws from U(-bound, bound).
pub fn fill_uniform(out: &mut [f32], bound: f32, rng: &mut ChaCha8Rng) {
    for x in out {
        let unit: f32 = StandardUniform.sample(rng);
        *x = (2.0 * unit - 1.0) * bound;
    }
}

/// Fills with draws from N(0, std^2), by the method of Box and Muller.
pub fn fill_normal(out: &mut [f32], std: f32, rng: &mut ChaCha8Rng) {
    for x in out {
        // 1 - u lies in (0, 1], so the logarithm is finite.
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        let angle = 2.0 * std::f64::consts::PI * rng.random::<f64>();
        *x = (radius * angle.cos()) as f32 * std;
    }
}
