//! REC: one expression, one box. Acc@0.5 and mean IoU.

use super::{Xyxy, iou, percent};

/// A box is right from this IoU on.
const RIGHT_FROM: f32 = 0.5;

/// Running counts over a split.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RecTally {
    samples: u64,
    right: u64,
    iou_sum: f64,
}

impl RecTally {
    /// Counts one sample. No prediction is a wrong one (IoU 0). Returns the IoU.
    pub fn add(&mut self, predicted: Option<&Xyxy>, truth: &Xyxy) -> f32 {
        let iou = predicted.map_or(0.0, |p| iou(p, truth));
        self.samples += 1;
        self.right += u64::from(iou >= RIGHT_FROM);
        self.iou_sum += f64::from(iou);
        iou
    }

    /// Samples counted so far.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Acc@0.5 in percent; `None` without samples.
    pub fn accuracy(&self) -> Option<f64> {
        percent(self.right as f64, self.samples)
    }

    /// Mean IoU in percent; `None` without samples.
    pub fn mean_iou(&self) -> Option<f64> {
        percent(self.iou_sum, self.samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_is_right() {
        let mut tally = RecTally::default();
        tally.add(Some(&[0.0, 0.0, 1.0, 2.0]), &[0.0, 0.0, 1.0, 1.0]);
        tally.add(Some(&[0.0, 0.0, 1.0, 2.1]), &[0.0, 0.0, 1.0, 1.0]);
        tally.add(None, &[0.0, 0.0, 1.0, 1.0]);
        assert_eq!(tally.samples(), 3);
        assert_eq!(tally.accuracy(), Some(100.0 / 3.0));
    }

    #[test]
    fn nothing_has_no_accuracy() {
        assert_eq!(RecTally::default().accuracy(), None);
        assert_eq!(RecTally::default().mean_iou(), None);
    }
}
