//! How far two boxes coincide.

/// A box as `[left, top, right, bottom]`, in pixels.
pub type Xyxy = [f32; 4];

/// The least union that `iou` divides by, in square pixels, so that two empty boxes give 0 (official `accuracy.py`).
const LEAST_UNION: f32 = 1e-6;

/// Area of the rectangle, 0 where a side is negative.
fn span(left: f32, top: f32, right: f32, bottom: f32) -> f32 {
    (right - left).max(0.0) * (bottom - top).max(0.0)
}

/// (intersection, union) in square pixels.
fn intersection_union(a: &Xyxy, b: &Xyxy) -> (f32, f32) {
    let inner = span(a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3]));
    let area = |r: &Xyxy| (r[2] - r[0]) * (r[3] - r[1]);
    (inner, area(a) + area(b) - inner)
}

/// Intersection over union, in 0..=1.
pub fn iou(a: &Xyxy, b: &Xyxy) -> f32 {
    let (inner, union) = intersection_union(a, b);
    inner / union.max(LEAST_UNION)
}

/// Generalised intersection over union, in -1..=1 (Rezatofighi et al., CVPR 2019), without a guard in the
/// denominators, as in gRefCOCO's evaluator. Two empty boxes, for which it is undefined, give -1.
pub fn giou(a: &Xyxy, b: &Xyxy) -> f32 {
    let (inner, union) = intersection_union(a, b);
    let hull = span(a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3]));
    let value = inner / union - (hull - union) / hull;
    if value.is_nan() { -1.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_boxes_coincide() {
        let square = [10.0, 20.0, 30.0, 40.0];
        assert_eq!((iou(&square, &square), giou(&square, &square)), (1.0, 1.0));
    }

    #[test]
    fn giou_tells_near_from_far_where_iou_is_blind() {
        let (a, near, far) = ([0.0, 0.0, 1.0, 1.0], [2.0, 0.0, 3.0, 1.0], [8.0, 0.0, 9.0, 1.0]);
        assert_eq!((iou(&a, &near), iou(&a, &far)), (0.0, 0.0));
        assert!(giou(&a, &near) > giou(&a, &far));
    }

    #[test]
    fn empty_boxes_are_numbers() {
        let empty = [5.0, 5.0, 5.0, 5.0];
        assert_eq!((iou(&empty, &empty), giou(&empty, &empty)), (0.0, -1.0));
    }
}
