//! Guidance losses of earlier encoder layers: what is on each patch, whatever the text says, and, a layer before the last,
//! where the target is.

use dfdx::prelude::*;

use super::Sum;
use super::coverage::Coverage;
use super::guidance::{box_loss, patch_boxes, patch_coverage};
use crate::batch::{Batch, Object};
use crate::config::Guidance;
use crate::head::probes::Probes;
use crate::head::tape::{Matrix, Scalar, SharedTape, matrix};

/// Adds the terms whose weights are not zero. `hidden` are the patches `[B*N, C]` of the layers that
/// [`Guidance::hidden_layers`] names, in its order.
pub fn add(g: &Guidance, probes: &Probes, hidden: &[Matrix<SharedTape>], batch: &Batch, sum: &mut Sum) {
    let (Some(first), Some(last)) = (hidden.first(), hidden.last()) else { return };
    if let Some(layer) = &probes.object_box {
        let term = object_boxes(&layer.forward(first.clone()).sigmoid(), batch, sum) * g.object_box;
        sum.add("guidance_object_box", term);
    }
    if let Some(layer) = &probes.object_class {
        let term = object_classes(layer.forward(first.clone()), batch, sum) * g.object_class;
        sum.add("guidance_object_class", term);
    }
    if let Some(layer) = &probes.inner_coverage {
        let logits = layer.forward(last.clone());
        let rows = logits.shape().0;
        let logits = logits.reshape_like(&(batch.len(), rows / batch.len()));
        let term = patch_coverage(&logits, batch, sum) * (g.inner * g.patch_coverage);
        sum.add("guidance_inner_coverage", term);
    }
    if let Some(layer) = &probes.inner_box {
        let term = patch_boxes(&layer.forward(last.clone()).sigmoid(), batch, sum) * (g.inner * g.patch_box);
        sum.add("guidance_inner_box", term);
    }
}

/// `5 L1 + 2 (1 - GIoU)` of every patch's box `[B*N, 4]` against the object that covers the patch most.
fn object_boxes(boxes: &Matrix<SharedTape>, batch: &Batch, sum: &Sum) -> Scalar<SharedTape> {
    let coverage = coverage(batch, boxes.shape().0);
    let side = batch.side() as f64;
    let target = |row: usize| object(&coverage, batch, row).map(|o| centered(o, side));
    box_loss(boxes, &coverage, target, sum)
}

/// Cross-entropy of every patch's category `[B*N, classes]`, weighted by how much of the patch its object covers.
fn object_classes(logits: Matrix<SharedTape>, batch: &Batch, sum: &Sum) -> Scalar<SharedTape> {
    let (rows, classes) = *logits.shape();
    let coverage = coverage(batch, rows);
    let total = coverage.total();
    let mut wanted = vec![0.0; rows * classes];
    for row in 0..rows {
        if let Some(object) = object(&coverage, batch, row).filter(|o| o.category < classes) {
            wanted[row * classes + object.category] = coverage.share[row] / total;
        }
    }
    -(logits.log_softmax::<Axis<1>>() * matrix(&sum.tape, wanted, rows, classes)).sum::<(), _>()
}

fn coverage(batch: &Batch, rows: usize) -> Coverage {
    let boxes = batch.objects.iter().map(|objects| objects.iter().map(|o| o.bbox).collect());
    Coverage::of_boxes(boxes, batch.side(), rows / batch.len())
}

/// The object that covers a row's patch most.
fn object<'a>(coverage: &Coverage, batch: &'a Batch, row: usize) -> Option<&'a Object> {
    batch.objects[row / coverage.patches].get(coverage.target[row])
}

fn centered(object: &Object, side: f64) -> [f32; 4] {
    crate::boxes::to_center(object.bbox.map(|v| (v / side) as f32))
}
