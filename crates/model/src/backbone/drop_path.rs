//! Stochastic depth: in training, a sample skips a residual branch with a probability that grows with the layer.

use rand::Rng;

use crate::config::EncoderConfig;
use crate::random;

/// What the draws of a training step follow from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DropPath {
    /// Seed of the run.
    pub seed: u64,
    /// Number of the step.
    pub step: u64,
}

/// Factor of a branch for each sample: none where it is dropped, 1 / keep elsewhere; all 1 outside training.
pub(super) fn factors(
    config: &EncoderConfig,
    train: Option<DropPath>,
    layer: usize,
    branch: u64,
    samples: usize,
) -> Vec<Option<f32>> {
    let rate = config.drop_path_rate * layer as f32 / config.depth.saturating_sub(1).max(1) as f32;
    let Some(DropPath { seed, step }) = train.filter(|_| rate > 0.0) else { return vec![Some(1.0); samples] };
    let mut rng = random::stream(seed, "drop path", &[step, layer as u64, branch]);
    let keep = 1.0 - rate;
    (0..samples).map(|_| (rng.random::<f32>() < keep).then_some(keep.recip())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_grows_from_zero_and_the_mean_stays_one() {
        let config = EncoderConfig { depth: 3, drop_path_rate: 0.4, ..EncoderConfig::default() };
        let train = Some(DropPath { seed: 1, step: 2 });
        assert_eq!(factors(&config, train, 0, 0, 3), [Some(1.0); 3]);
        assert_eq!(factors(&config, None, 2, 0, 3), [Some(1.0); 3]);
        let many = factors(&config, train, 2, 1, 10_000);
        let dropped = many.iter().filter(|x| x.is_none()).count() as f32 / 10_000.0;
        assert!((dropped - 0.4).abs() < 0.02, "{dropped}");
        assert!(many.iter().flatten().all(|x| (x - 1.0 / 0.6).abs() < 1e-6));
    }

    #[test]
    fn draws_follow_from_seed_step_layer_and_branch() {
        let config = EncoderConfig { drop_path_rate: 0.5, ..EncoderConfig::default() };
        let draw = |seed, step, layer, branch| factors(&config, Some(DropPath { seed, step }), layer, branch, 64);
        assert_eq!(draw(1, 2, 11, 0), draw(1, 2, 11, 0));
        for other in [draw(2, 2, 11, 0), draw(1, 3, 11, 0), draw(1, 2, 11, 1)] {
            assert_ne!(draw(1, 2, 11, 0), other);
        }
    }
}
