//! Where the time of a step goes.

use std::time::Instant;

/// Seconds of each part; a part that did not run took none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Phases {
    /// Forward pass of the backbone.
    pub backbone_forward: f64,
    /// Head and losses, forward and backward; in inference only the head's forward pass.
    pub head: f64,
    /// Backward pass of the backbone.
    pub backbone_backward: f64,
    /// Clipping, Adam and moving average.
    pub update: f64,
}

impl Phases {
    /// Runs `work` and adds its time to a part.
    pub fn time<T>(&mut self, part: impl FnOnce(&mut Self) -> &mut f64, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        *part(self) += start.elapsed().as_secs_f64();
        result
    }

    /// The parts that ran, by name.
    pub fn named(&self) -> Vec<(&'static str, f64)> {
        let all = [
            ("backbone forward", self.backbone_forward),
            ("head", self.head),
            ("backbone backward", self.backbone_backward),
            ("update", self.update),
        ];
        all.into_iter().filter(|(_, seconds)| *seconds > 0.0).collect()
    }
}
