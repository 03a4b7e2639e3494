//! Generalised intersection over union on the tape (Rezatofighi et al. 2019).

use crate::boxes::HEAD_EPS;
use crate::head::tape::{Matrix, SharedTape, Vector, column};

type Column = Vector<SharedTape>;

/// Boxes by their corners, a column for each coordinate.
#[derive(Clone)]
pub struct Corners {
    x0: Column,
    y0: Column,
    x1: Column,
    y1: Column,
}

impl Corners {
    /// From centre and size `[rows, 4]`.
    pub fn of_centers(boxes: &Matrix<SharedTape>) -> Self {
        let [cx, cy] = [0, 1].map(|i| column(boxes, i));
        let [w, h] = [2, 3].map(|i| column(boxes, i) * 0.5);
        Self { x0: cx.clone() - w.clone(), y0: cy.clone() - h.clone(), x1: cx + w, y1: cy + h }
    }

    /// Scaled by a factor for x and one for y, given for every row.
    pub fn scaled(self, x: &Column, y: &Column) -> Self {
        Self { x0: self.x0 * x.clone(), y0: self.y0 * y.clone(), x1: self.x1 * x.clone(), y1: self.y1 * y.clone() }
    }

    fn area(&self) -> Column {
        (self.x1.clone() - self.x0.clone()) * (self.y1.clone() - self.y0.clone())
    }
}

/// How denominators are kept from zero.
#[derive(Clone, Copy)]
pub enum Guard {
    /// `x + eps` (detrex).
    Add(f32),
    /// `max(x, eps)` (mmdet).
    Floor(f32),
}

impl Guard {
    fn apply(self, x: Column) -> Column {
        match self {
            Self::Add(eps) => x + eps,
            Self::Floor(eps) => x.clamp(eps, f32::INFINITY),
        }
    }
}

/// GIoU row by row.
pub fn giou(a: Corners, b: Corners, guard: Guard) -> Column {
    let side = |low: Column, high: Column| (high - low).clamp(0.0, f32::INFINITY);
    let inter = side(a.x0.clone().maximum(b.x0.clone()), a.x1.clone().minimum(b.x1.clone()))
        * side(a.y0.clone().maximum(b.y0.clone()), a.y1.clone().minimum(b.y1.clone()));
    let union = a.area() + b.area() - inter.clone();
    let hull = side(a.x0.minimum(b.x0), a.x1.maximum(b.x1)) * side(a.y0.minimum(b.y0), a.y1.maximum(b.y1));
    // mmdet guards union and hull before their difference, detrex only the denominators.
    let (union, hull) = match guard {
        Guard::Floor(_) => (guard.apply(union), guard.apply(hull)),
        Guard::Add(_) => (union, hull),
    };
    let (below_union, below_hull) = match guard {
        Guard::Floor(_) => (union.clone(), hull.clone()),
        Guard::Add(_) => (guard.apply(union.clone()), guard.apply(hull.clone())),
    };
    inter / below_union - (hull - union) / below_hull
}

/// GIoU of boxes given by centre and size, as the head computes it.
pub fn giou_of_centers(a: Matrix<SharedTape>, b: Matrix<SharedTape>) -> Column {
    giou(Corners::of_centers(&a), Corners::of_centers(&b), Guard::Add(HEAD_EPS))
}
