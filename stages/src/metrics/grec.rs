//! GREC: one expression, no box, one or several. F1score, N-acc and T-acc.
//!
//! A sample is right if its F1 is exactly 1: every target found and nothing else kept. The procedure is that of
//! gRefCOCO's evaluator (`mdetr/datasets/refexp.py`): keep what scores enough, then match greedily, best overlap first.

use std::cmp::Ordering;

use super::{Xyxy, giou, iou, percent};

/// The overlap that decides whether a kept box has found a target. Papers write IoU, the official evaluator uses GIoU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// Intersection over union.
    Iou,
    /// Generalised intersection over union: never above the IoU, hence stricter. The published numbers are made with it.
    Giou,
}

impl Overlap {
    fn of(self, a: &Xyxy, b: &Xyxy) -> f32 {
        match self {
            Self::Iou => iou(a, b),
            Self::Giou => giou(a, b),
        }
    }
}

/// What is kept and what counts as found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GrecRule {
    /// Boxes that score less are dropped. Compared in double precision, where the f32 nearest to 0.7 is less than 0.7.
    pub least_score: f64,
    /// A box has found a target from this overlap on.
    pub least_overlap: f32,
    /// Which overlap.
    pub overlap: Overlap,
}

impl Default for GrecRule {
    /// The official rule: score 0.7, GIoU 0.5.
    fn default() -> Self {
        Self { least_score: 0.7, least_overlap: 0.5, overlap: Overlap::Giou }
    }
}

impl GrecRule {
    /// The boxes that are kept, best score first; equal scores by their boxes, descending, as official.
    fn kept<'a>(&self, predicted: &'a [ScoredBox]) -> Vec<&'a Xyxy> {
        let mut kept: Vec<_> = predicted.iter().filter(|p| f64::from(p.score) >= self.least_score).collect();
        kept.sort_by(|a, b| descending(a, b));
        kept.into_iter().map(|p| &p.bbox).collect()
    }

    /// How many targets the kept boxes find: the best pair first, then the best of the rest.
    fn found(&self, kept: &[&Xyxy], targets: &[Xyxy]) -> usize {
        let mut free_boxes: Vec<usize> = (0..kept.len()).collect();
        let mut free_targets: Vec<usize> = (0..targets.len()).collect();
        let mut found = 0;
        while let Some((b, t)) = self.best_pair(kept, targets, &free_boxes, &free_targets) {
            free_boxes.retain(|&i| i != b);
            free_targets.retain(|&i| i != t);
            found += 1;
        }
        found
    }

    /// The free box and target that overlap most, and enough; the first of equals.
    fn best_pair(
        &self,
        kept: &[&Xyxy],
        targets: &[Xyxy],
        free_boxes: &[usize],
        free_targets: &[usize],
    ) -> Option<(usize, usize)> {
        let pairs = free_boxes.iter().flat_map(|&b| free_targets.iter().map(move |&t| (b, t)));
        let mut best = None;
        let mut most = self.least_overlap;
        for (b, t) in pairs {
            let overlap = self.overlap.of(kept[b], &targets[t]);
            if overlap > most || (best.is_none() && overlap == most) {
                (best, most) = (Some((b, t)), overlap);
            }
        }
        best
    }
}

/// Order of Python's `sorted(..., reverse=True)` on (score, box).
fn descending(a: &ScoredBox, b: &ScoredBox) -> Ordering {
    let boxes = || b.bbox.iter().zip(&a.bbox).map(|(x, y)| x.total_cmp(y)).find(|o| o.is_ne());
    b.score.total_cmp(&a.score).then_with(|| boxes().unwrap_or(Ordering::Equal))
}

/// A predicted box and the probability that it is an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredBox {
    /// The box.
    pub bbox: Xyxy,
    /// Probability of class 0, in 0..=1.
    pub score: f32,
}

/// Running counts over a split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GrecTally {
    samples: u64,
    perfect: u64,
    without_target: u64,
    without_target_right: u64,
    with_target_answered: u64,
}

impl GrecTally {
    /// Counts one sample; no `targets` means that the expression speaks of nothing in the picture.
    /// Returns the F1 of the sample, in 0..=1.
    pub fn add(&mut self, rule: &GrecRule, predicted: &[ScoredBox], targets: &[Xyxy]) -> f64 {
        let kept = rule.kept(predicted);
        let f1 = match targets.is_empty() {
            true => f64::from(kept.is_empty()),
            // 2 TP / (2 TP + FP + FN), where TP + FP is what was kept and TP + FN what there was to find.
            false => 2.0 * rule.found(&kept, targets) as f64 / (kept.len() + targets.len()) as f64,
        };
        self.samples += 1;
        self.perfect += u64::from(f1 >= 1.0);
        self.without_target += u64::from(targets.is_empty());
        self.without_target_right += u64::from(targets.is_empty() && kept.is_empty());
        self.with_target_answered += u64::from(!targets.is_empty() && !kept.is_empty());
        f1
    }

    /// Samples counted so far.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Samples without a target.
    pub fn samples_without_target(&self) -> u64 {
        self.without_target
    }

    /// Share of samples with F1 = 1, in percent; `None` without samples. Published as "Pr@(F1=1, IoU>=0.5)".
    pub fn f1_score(&self) -> Option<f64> {
        percent(self.perfect as f64, self.samples)
    }

    /// Share of the no-target samples for which nothing was kept, in percent; `None` without such samples
    /// (where the official code says 0).
    pub fn n_acc(&self) -> Option<f64> {
        percent(self.without_target_right as f64, self.without_target)
    }

    /// Share of the samples with targets for which anything was kept, in percent; `None` without such samples.
    pub fn t_acc(&self) -> Option<f64> {
        percent(self.with_target_answered as f64, self.samples - self.without_target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Xyxy = [0.0, 0.0, 10.0, 10.0];
    const THERE: Xyxy = [50.0, 50.0, 60.0, 60.0];

    fn sure(bbox: Xyxy) -> ScoredBox {
        ScoredBox { bbox, score: 0.9 }
    }

    #[test]
    fn every_target_and_nothing_else() {
        let (rule, mut tally) = (GrecRule::default(), GrecTally::default());
        assert_eq!(tally.add(&rule, &[sure(HERE), sure(THERE)], &[THERE, HERE]), 1.0);
        assert_eq!(tally.add(&rule, &[sure(HERE)], &[THERE, HERE]), 2.0 / 3.0);
        assert_eq!(tally.add(&rule, &[sure(HERE), sure(THERE)], &[HERE]), 2.0 / 3.0);
        assert_eq!(tally.add(&rule, &[sure(HERE), sure(HERE)], &[HERE, HERE]), 1.0);
        assert_eq!(tally.f1_score(), Some(50.0));
        assert_eq!((tally.n_acc(), tally.t_acc()), (None, Some(100.0)));
    }

    #[test]
    fn nothing_there_and_nothing_said() {
        let (rule, mut tally) = (GrecRule::default(), GrecTally::default());
        assert_eq!(tally.add(&rule, &[ScoredBox { bbox: HERE, score: 0.69 }], &[]), 1.0);
        assert_eq!(tally.add(&rule, &[sure(HERE)], &[]), 0.0);
        assert_eq!(tally.add(&rule, &[], &[HERE]), 0.0);
        assert_eq!((tally.n_acc(), tally.t_acc()), (Some(50.0), Some(0.0)));
    }

    #[test]
    fn giou_is_stricter_than_iou() {
        // IoU 0.498; the corners of the hull that neither covers take the GIoU down to 0.476.
        let shifted = [0.5, 3.0, 10.5, 13.0];
        let by = |overlap| GrecRule { overlap, least_overlap: 0.49, ..GrecRule::default() };
        let mut tally = GrecTally::default();
        assert_eq!(tally.add(&by(Overlap::Iou), &[sure(shifted)], &[HERE]), 1.0);
        assert_eq!(tally.add(&by(Overlap::Giou), &[sure(shifted)], &[HERE]), 0.0);
    }
}
