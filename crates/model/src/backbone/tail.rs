//! The last layer of an inference that asks for the token branch alone: patches are only keys and values there, and the
//! rows of CLS and words are all that goes on.

use simvg_kernels::attention::{self, Shape};

use super::buffers::{Kept, Scratch};
use super::layer::Layer;
use super::multiway::Pass;

/// The same pass for the rows of CLS and words alone.
pub(super) fn of_tokens<'p>(pass: &'p Pass) -> Pass<'p> {
    Pass { shape: Shape { vision: 1, ..pass.shape }, padding: pass.padding.as_ref().into(), ..*pass }
}

/// What [`Layer::forward`] gives for these rows `[B (1 + L), C]`, from all rows x of the layer before.
pub(super) fn forward(layer: &Layer, few: &Pass, x: &[f32], out: &mut Vec<f32>, kept: &mut Kept, s: &mut Scratch) {
    let Layer { places, pass, factors } = layer;
    let (rows, width) = (few.shape.rows(), few.shape.width());
    let [query, key_value] = [places.qkv.outputs(0..width), places.qkv.outputs(width..3 * width)];
    s.fit(pass.shape.rows(), width);
    places.attention_norm.forward(pass, &mut s.narrow, &mut kept.attention_norm, x);
    kept.qkv.truncate(pass.shape.rows() * 2 * width);
    key_value.forward(pass, &mut kept.qkv, &s.narrow);
    pick(&mut s.some, &s.narrow, pass);
    s.branch.truncate(rows * width);
    query.forward(few, &mut s.branch, &s.some);
    kept.attended.truncate(rows * width);
    attention::forward_few(
        pass.precision,
        &mut kept.attended,
        &s.branch,
        &kept.qkv,
        &few.padding,
        few.shape,
        pass.shape,
    );
    s.narrow.truncate(rows * width);
    kept.inner_norm.truncate(rows);
    places.inner_norm.forward(few, &mut s.narrow, &mut kept.inner_norm, &kept.attended);
    places.out.forward(few, &mut s.branch, &s.narrow);
    pick(&mut s.some, x, pass);
    kept.middle.truncate(rows * width);
    few.add_branch(&mut kept.middle, &s.some, &s.branch, &factors[0]);
    out.resize(rows * width, 0.0);
    Layer { places, pass: few, factors }.feed_forward(out, kept, s);
}

/// Copies the rows of CLS and words.
fn pick(some: &mut Vec<f32>, x: &[f32], pass: &Pass) {
    let width = pass.shape.width();
    let [vision, text] = pass.cut(x);
    some.clear();
    vision.chunks_exact(pass.shape.vision * width).for_each(|sample| some.extend_from_slice(&sample[..width]));
    some.extend_from_slice(text);
}
