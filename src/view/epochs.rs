//! A training at a glance: one line a measure, with a curve of small bars.

use simvg_stages::EpochMetrics;

use super::number;

/// From low to high.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Longer curves are thinned out.
const MOST_BARS: usize = 40;

/// The total loss, the accuracies and the learning rate: first value, curve, last value.
pub fn epochs_text(epochs: &[EpochMetrics]) -> String {
    let mut curves = vec![("loss".to_owned(), values(epochs, |epoch| epoch.losses.get("loss_total").copied()))];
    let mut branches: Vec<&String> = epochs.iter().flat_map(|epoch| epoch.validation.accuracy.keys()).collect();
    branches.sort_unstable();
    branches.dedup();
    for branch in branches {
        curves.push((format!("{branch} %"), values(epochs, |epoch| epoch.validation.accuracy.get(branch).copied())));
    }
    curves.push(("lr".to_owned(), values(epochs, |epoch| Some(epoch.lr))));
    let width = curves.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    curves.iter().filter_map(|(name, values)| Some(format!("  {name:<width$}  {}\n", curve(values)?))).collect()
}

fn values(epochs: &[EpochMetrics], of: impl Fn(&EpochMetrics) -> Option<f64>) -> Vec<f64> {
    epochs.iter().filter_map(of).collect()
}

fn curve(values: &[f64]) -> Option<String> {
    let (first, last) = (values.first()?, values.last()?);
    let bars = spark(values);
    Some(if values.len() == 1 { number(*last) } else { format!("{:>8} {bars} {}", number(*first), number(*last)) })
}

/// Every value as a bar between the lowest and the highest.
fn spark(values: &[f64]) -> String {
    let thin = values.len().div_ceil(MOST_BARS).max(1);
    let shown: Vec<f64> = values.iter().step_by(thin).copied().collect();
    let low = shown.iter().copied().fold(f64::INFINITY, f64::min);
    let high = shown.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let height = |value: f64| if high > low { (value - low) / (high - low) } else { 0.5 };
    shown.iter().map(|&value| BARS[(height(value) * (BARS.len() - 1) as f64).round() as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::spark;

    #[test]
    fn bars_go_from_the_lowest_to_the_highest() {
        assert_eq!(spark(&[4.0, 0.0, 2.0, 1.0]), "█▁▅▃");
        assert_eq!(spark(&[1.0, 1.0]).chars().count(), 2);
        assert_eq!(spark(&vec![1.0; 400]).chars().count(), 40);
    }
}
