//! A distribution in five numbers.

use serde::Serialize;

/// A distribution in five numbers; zeros of nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// The mean.
    pub mean: f64,
    /// Half are not above it.
    pub median: f64,
    /// 95 % are not above it.
    pub p95: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// Of finite numbers.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let (Some(&min), Some(&max)) = (values.first(), values.last()) else { return Self::default() };
        let at = |share: f64| values[((values.len() as f64 * share).ceil() as usize).clamp(1, values.len()) - 1];
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        Self { min, mean, median: at(0.5), p95: at(0.95), max }
    }
}
