//! Seconds of repeated work, and what they come to.

use std::collections::BTreeMap;

/// Seconds of every timed step, as a whole and by phase.
#[derive(Debug, Default)]
pub struct Timings {
    /// One entry a step.
    pub steps: Vec<f64>,
    /// Sums over all steps, by phase.
    pub phases: BTreeMap<&'static str, f64>,
}

impl Timings {
    /// Adds a step of `seconds` that was made of these phases.
    pub fn add(&mut self, seconds: f64, phases: &[(&'static str, f64)]) {
        self.steps.push(seconds);
        for (name, seconds) in phases {
            *self.phases.entry(name).or_default() += seconds;
        }
    }

    /// The middle one of the steps.
    pub fn median(&self) -> f64 {
        let mut sorted = self.steps.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
    }

    /// The fastest step.
    pub fn min(&self) -> f64 {
        self.steps.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The slowest step.
    pub fn max(&self) -> f64 {
        self.steps.iter().copied().fold(0.0, f64::max)
    }

    /// Share of every phase, in percent of the time of all steps.
    pub fn shares(&self) -> BTreeMap<&'static str, f64> {
        let total: f64 = self.steps.iter().sum();
        self.phases.iter().map(|(name, seconds)| (*name, 100.0 * seconds / total)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_shares() {
        let mut t = Timings::default();
        t.add(4.0, &[("a", 1.0), ("b", 3.0)]);
        t.add(2.0, &[("a", 1.0), ("b", 1.0)]);
        assert_eq!((t.median(), t.min(), t.max()), (3.0, 2.0, 4.0));
        t.add(10.0, &[("a", 2.0), ("b", 8.0)]);
        assert_eq!(t.median(), 4.0);
        assert_eq!(t.shares()["a"], 25.0);
    }
}
