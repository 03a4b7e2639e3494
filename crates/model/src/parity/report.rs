//! What a comparison found, group by group.

use serde::Serialize;

/// Tensors that are compared with one tolerance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// The residual stream before the first and after every encoder layer.
    HiddenStates,
    /// What the encoder hands to the head.
    Features,
    /// Projections, queries, states, logits, boxes, scores and targets of the head.
    HeadOutputs,
    /// Boxes in pixels.
    PredictedBoxes,
    /// Terms of the loss, and the total of every step.
    Losses,
    /// Gradients of all parameters before clipping.
    Gradients,
    /// Global gradient norms of every step.
    GradientNorms,
    /// Parameters after the steps.
    SteppedParameters,
    /// Moving averages after the steps, buffers and second names included.
    Averages,
}

impl Group {
    /// Every group, in the order of a training step.
    pub const ALL: [Self; 9] = [
        Self::HiddenStates,
        Self::Features,
        Self::HeadOutputs,
        Self::PredictedBoxes,
        Self::Losses,
        Self::Gradients,
        Self::GradientNorms,
        Self::SteppedParameters,
        Self::Averages,
    ];

    /// Its name in plain words.
    pub fn name(self) -> &'static str {
        match self {
            Self::HiddenStates => "hidden states",
            Self::Features => "features",
            Self::HeadOutputs => "head outputs",
            Self::PredictedBoxes => "predicted boxes",
            Self::Losses => "losses",
            Self::Gradients => "gradients",
            Self::GradientNorms => "gradient norms",
            Self::SteppedParameters => "stepped parameters",
            Self::Averages => "averages (EMA)",
        }
    }

    /// Allowed absolute difference where the largest expected magnitude of the group is `largest`. The bounds are a few
    /// times what f32 and f64 runs of the official code differ by.
    pub fn allowed(self, largest: f32) -> f32 {
        match self {
            // Official f32 and f64 runs differ by up to 1.3e-5 here, and by 8e-6 in the losses.
            Self::HiddenStates | Self::Features | Self::HeadOutputs | Self::Losses => 5e-5,
            // A coordinate of 640 pixels is exact to 6e-5 in f32; larger pictures are allowed in proportion.
            Self::PredictedBoxes => 2e-3 * (largest / 640.0).max(1.0),
            // Gradients of one backward pass share their rounding noise: official runs differ by 1.9e-6 of the largest.
            Self::Gradients | Self::GradientNorms => 1e-5 * largest,
            // Official runs differ by 4.7e-7; this is far below one step of the learning rate.
            Self::SteppedParameters | Self::Averages => 3e-6,
        }
    }
}

/// Largest differences within a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The group.
    pub group: Group,
    /// Tensors compared.
    pub tensors: usize,
    /// Numbers compared.
    pub values: usize,
    /// Largest absolute difference.
    pub absolute: f32,
    /// Absolute difference that is tolerated.
    pub allowed: f32,
    /// Tensor with the largest absolute difference.
    pub worst: String,
    /// Largest difference and largest expected magnitude of every tensor.
    all: Vec<(f32, f32)>,
}

impl Difference {
    fn new(group: Group) -> Self {
        let (worst, allowed) = (String::new(), group.allowed(0.0));
        Self { group, tensors: 0, values: 0, absolute: 0.0, allowed, worst, all: Vec::new() }
    }

    /// Largest difference relative to the largest magnitude of the tensor it lies in. Tensors that are zero within the
    /// tolerance have nothing to be relative to.
    pub fn relative(&self) -> f32 {
        let some = self.all.iter().filter(|(_, magnitude)| *magnitude > self.allowed);
        some.map(|(worst, magnitude)| worst / magnitude).fold(0.0, f32::max)
    }

    /// True if no difference is larger than allowed.
    pub fn holds(&self) -> bool {
        self.absolute <= self.allowed
    }

    fn add(&mut self, name: &str, got: &[f32], want: &[f32]) {
        let worst = got.iter().zip(want).map(|(g, w)| distance(*g, *w)).fold(0.0, f32::max);
        let magnitude = want.iter().fold(0.0f32, |m, w| m.max(w.abs()));
        self.tensors += 1;
        self.values += want.len();
        self.all.push((worst, magnitude));
        self.allowed = self.allowed.max(self.group.allowed(magnitude));
        if worst >= self.absolute {
            self.absolute = worst;
            self.worst = name.to_owned();
        }
    }
}

/// How far two numbers are apart; whatever is not a number is infinitely far from everything.
fn distance(got: f32, want: f32) -> f32 {
    let distance = (got - want).abs();
    if distance.is_nan() { f32::INFINITY } else { distance }
}

/// The result of one case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Groups that were compared, in the order of [`Group::ALL`].
    pub groups: Vec<Difference>,
    /// What differs in kind: a tensor that only one side knows, another number of elements.
    pub mismatches: Vec<String>,
}

impl Report {
    /// True if every difference is tolerated and nothing differs in kind.
    pub fn holds(&self) -> bool {
        self.mismatches.is_empty() && self.groups.iter().all(Difference::holds)
    }

    /// Compares one tensor.
    pub fn add(&mut self, group: Group, name: &str, got: &[f32], want: &[f32]) {
        if got.len() != want.len() {
            self.mismatch(format!("{name} has {} elements instead of {}", got.len(), want.len()));
            return;
        }
        let at = self.groups.partition_point(|d| d.group < group);
        if self.groups.get(at).is_none_or(|d| d.group != group) {
            self.groups.insert(at, Difference::new(group));
        }
        self.groups[at].add(name, got, want);
    }

    /// Notes a difference in kind.
    pub fn mismatch(&mut self, what: String) {
        self.mismatches.push(what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_holds_only_what_is_close_and_complete() {
        let mut report = Report::default();
        report.add(Group::Gradients, "a", &[100.0, 0.0], &[100.0009, 0.0]);
        report.add(Group::Losses, "loss", &[1.0], &[1.0]);
        report.add(Group::Gradients, "b", &[2.0], &[2.0005]);
        assert_eq!(report.groups.iter().map(|d| d.group).collect::<Vec<_>>(), [Group::Losses, Group::Gradients]);
        assert_eq!((report.groups[1].tensors, report.groups[1].values), (2, 3));
        assert_eq!(report.groups[1].worst, "a");
        assert!((report.groups[1].relative() - 2.5e-4).abs() < 1e-6, "relative to the tensor's own magnitude");
        assert!(report.holds());
        report.add(Group::Losses, "not a number", &[f32::NAN], &[1.0]);
        assert!(!report.holds());
        let mut report = Report::default();
        report.add(Group::Features, "short", &[], &[1.0]);
        assert!(!report.holds());
    }
}
