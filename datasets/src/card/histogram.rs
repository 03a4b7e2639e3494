//! Counts by bin.

use serde::Serialize;

/// Limits of the bins of a box's width over its height.
const SHAPES: [f64; 7] = [0.25, 0.5, 0.8, 1.25, 2.0, 4.0, f64::INFINITY];
/// The same in words.
const SHAPE_NAMES: [&str; 7] =
    ["below 1:4", "1:4 to 1:2", "1:2 to 4:5", "about square", "5:4 to 2:1", "2:1 to 4:1", "above 4:1"];

/// Counts by bin.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Histogram {
    /// In order.
    pub bins: Vec<Bin>,
    /// Numbers up to each are in the bin.
    #[serde(skip)]
    limits: Vec<f64>,
}

/// One bin.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// What is in it.
    pub name: String,
    /// How many.
    pub count: usize,
}

impl Histogram {
    /// A bin for each whole number from `first` to `last`, and one for all above.
    pub fn of_numbers(first: usize, last: usize) -> Self {
        let name = |n: usize| if n > last { format!("{n} or more") } else { n.to_string() };
        let limit = |n: usize| if n > last { f64::INFINITY } else { n as f64 };
        (first..=last + 1).map(|n| (name(n), limit(n))).collect()
    }

    /// Counts a number.
    pub fn add(&mut self, value: f64) {
        if let Some(at) = self.limits.iter().position(|&limit| value <= limit) {
            self.bins[at].count += 1;
        }
    }
}

impl FromIterator<(String, f64)> for Histogram {
    fn from_iter<I: IntoIterator<Item = (String, f64)>>(named: I) -> Self {
        let (bins, limits) = named.into_iter().map(|(name, limit)| (Bin { name, count: 0 }, limit)).unzip();
        Self { bins, limits }
    }
}

/// Target boxes by their relative side, a bin each ten percent.
pub(super) fn sides() -> Histogram {
    (1..=10).map(|i| (format!("{} to {} %", 10 * (i - 1), 10 * i), f64::from(10 * i))).collect()
}

/// Target boxes by width over height.
pub(super) fn shapes() -> Histogram {
    SHAPE_NAMES.map(str::to_owned).into_iter().zip(SHAPES).collect()
}
