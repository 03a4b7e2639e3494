//! The top of the encoder: rows of its buffers to features by sample, and gradients of features back to rows.

use simvg_kernels::attention::Shape;

use crate::features::Features;

/// Takes the features out of the normalised rows `[R, C]`.
pub(super) fn split(features: &mut Features, rows: &[f32], shape: Shape) {
    let width = shape.width();
    let (vision, text) = rows.split_at(shape.samples * shape.vision * width);
    features.cls.clear();
    features.img.clear();
    for sample in vision.chunks_exact(shape.vision * width) {
        features.cls.extend_from_slice(&sample[..width]);
        features.img.extend_from_slice(&sample[width..]);
    }
    features.text.clear();
    features.text.extend_from_slice(text);
}

/// Takes only the patches out of the normalised rows `[R, C]`, as `[B, N, C]`.
pub(super) fn patches(img: &mut Vec<f32>, rows: &[f32], shape: Shape) {
    img.clear();
    let per_sample = shape.vision * shape.width();
    for sample in rows[..shape.samples * per_sample].chunks_exact(per_sample) {
        img.extend_from_slice(&sample[shape.width()..]);
    }
}

/// Puts gradients of patches into rows `[R, C]`; those of all other rows are zero.
pub(super) fn join_patches(rows: &mut [f32], img: &[f32], shape: Shape) {
    rows.fill(0.0);
    let (width, per_sample) = (shape.width(), shape.vision * shape.width());
    for (sample, img) in rows.chunks_exact_mut(per_sample).zip(img.chunks_exact(per_sample - width)) {
        sample[width..].copy_from_slice(img);
    }
}

/// Puts gradients of the features into rows `[R, C]`.
pub(super) fn join(rows: &mut [f32], d: &Features, shape: Shape) {
    let width = shape.width();
    let (vision, text) = rows.split_at_mut(shape.samples * shape.vision * width);
    let sources = d.cls.chunks_exact(width).zip(d.img.chunks_exact((shape.vision - 1) * width));
    for (sample, (cls, img)) in vision.chunks_exact_mut(shape.vision * width).zip(sources) {
        sample[..width].copy_from_slice(cls);
        sample[width..].copy_from_slice(img);
    }
    text.copy_from_slice(&d.text);
}

/// Rows `[R, C]` in the order of samples, `[B, V + L, C]`.
pub(super) fn by_sample(rows: &[f32], shape: Shape) -> Vec<f32> {
    let width = shape.width();
    let tokens = (0..shape.samples).flat_map(|s| (0..shape.tokens()).map(move |t| (s, t)));
    tokens.flat_map(|(s, t)| &rows[shape.row(s, t) * width..][..width]).copied().collect()
}
