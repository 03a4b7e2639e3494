//! Learning-rate factors over a run (`simvg/core/scheduler.py` of the official code; quirk T6).

use serde::{Deserialize, Serialize};

/// How the learning rate falls after warm-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Decay {
    /// Times `ratio` once `epoch + 1` reaches each of the steps: the official recipes.
    Steps {
        /// Epochs, counted from one, at which the rate falls.
        at: Vec<usize>,
        /// Factor at each of them.
        ratio: f64,
    },
    /// In a straight line to zero, epoch by epoch.
    LinearEpochs,
    /// In a straight line to zero, step by step; warm-up too is counted in steps. For short runs.
    LinearSteps,
}

/// The schedule of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Epochs of warm-up; fractions are allowed with [`Decay::LinearSteps`].
    pub warmup_epochs: f64,
    /// Epochs of the run.
    pub epochs: usize,
    /// What follows the warm-up.
    pub decay: Decay,
}

impl Schedule {
    /// Factor of the learning rate in a step; `epoch` counts from zero, `progress` is the share of its steps already done.
    pub fn factor(&self, epoch: usize, progress: f64) -> f64 {
        if self.decay == Decay::LinearSteps {
            return self.per_step(epoch as f64 + progress);
        }
        if (epoch as f64) <= self.warmup_epochs - 1.0 {
            return (epoch + 1) as f64 / (self.warmup_epochs + 1.0);
        }
        match &self.decay {
            Decay::Steps { at, ratio } => at.iter().take_while(|&&step| epoch + 1 >= step).map(|_| ratio).product(),
            _ => {
                let rest = self.epochs as f64 - self.warmup_epochs;
                (rest - (epoch as f64 - self.warmup_epochs)) / rest
            }
        }
    }

    fn per_step(&self, at: f64) -> f64 {
        let warm = if self.warmup_epochs > 0.0 { (at / self.warmup_epochs).clamp(0.02, 1.0) } else { 1.0 };
        warm * (1.0 - at / self.epochs.max(1) as f64).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn official_warm_up_and_steps() {
        let s = Schedule { warmup_epochs: 3.0, epochs: 30, decay: Decay::Steps { at: vec![25], ratio: 0.1 } };
        let factors: Vec<f64> = [0, 1, 2, 3, 23, 24, 29].iter().map(|&e| s.factor(e, 0.0)).collect();
        assert_eq!(factors, [0.25, 0.5, 0.75, 1.0, 1.0, 0.1, 0.1]);
    }

    /// The recorded rates of backbone and head, epoch by epoch (`tests/golden/eval`).
    #[test]
    fn recorded_schedules_are_reproduced() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/eval/expected.json");
        let recorded: Value = serde_json::from_str(&fs_err::read_to_string(file).unwrap()).unwrap();
        for case in recorded["lr_schedules"].as_array().unwrap() {
            let config = &case["config"];
            let decay = match config["decay_steps"].as_array() {
                Some(at) => Decay::Steps {
                    at: at.iter().map(|epoch| epoch.as_u64().unwrap() as usize).collect(),
                    ratio: config["decay_ratio"].as_f64().unwrap(),
                },
                None => Decay::LinearEpochs,
            };
            let rates = case["lr_per_epoch"].as_array().unwrap();
            let warmup_epochs = config["warmup_epochs"].as_f64().unwrap();
            let schedule = Schedule { warmup_epochs, epochs: rates.len(), decay };
            for (epoch, rate) in rates.iter().enumerate() {
                let factor = schedule.factor(epoch, 0.0);
                let [backbone, head] = [0, 1].map(|i| rate[i].as_f64().unwrap());
                assert!((head - 5e-4 * factor).abs() < 1e-15, "{config}, epoch {epoch}: {factor}, not {head}");
                assert!((backbone - 5e-5 * factor).abs() < 1e-15, "{config}, epoch {epoch}: {factor}, not {backbone}");
            }
        }
    }

    #[test]
    fn linear_steps_end_at_zero() {
        let s = Schedule { warmup_epochs: 0.5, epochs: 4, decay: Decay::LinearSteps };
        assert!((s.factor(0, 0.25) - 0.5 * (1.0 - 0.0625)).abs() < 1e-12);
        assert!((s.factor(3, 0.5) - 0.125).abs() < 1e-12);
    }
}
