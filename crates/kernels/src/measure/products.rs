//! Linear layers in their three forms, each for the vision rows and for the text rows.

use super::{Run, Sizes, Work, bytes, numbers};
use crate::matmul::Precision;
use crate::{Write, linear, patches};

/// Cutting pictures into patches and embedding them.
pub(super) fn patches(s: Sizes) -> Vec<Work> {
    let (rows, inputs) = (s.shape.samples * s.pictures.count(), s.pictures.len());
    let cut = Work {
        name: format!("patches cut {rows} x {inputs}"),
        operations: 0.0,
        bytes: 2.0 * bytes(rows * inputs),
        training: 1.0,
        inference: 1.0,
        prepare: Box::new(move || {
            let (pixels, mut cut) = (numbers(rows * inputs), vec![0.0; rows * inputs]);
            Box::new(move || patches::extract(&mut cut, &pixels, s.pictures))
        }),
    };
    let layer = Layer { name: "patches", rows, inputs, outputs: s.shape.width(), precision: s.precision, calls: 1.0 };
    vec![cut, layer.forward(), layer.weight()]
}

/// The linear layers of the encoder.
pub(super) fn layers(s: Sizes) -> Vec<Work> {
    let width = s.shape.width();
    let each = [("qkv", width, 3 * width), ("out", width, width), ("fc1", width, s.ffn), ("fc2", s.ffn, width)];
    let ways = [s.shape.samples * s.shape.vision, s.shape.samples * s.shape.text];
    let layer = move |(name, inputs, outputs), rows| {
        let layer = Layer { name, rows, inputs, outputs, precision: s.precision, calls: s.depth as f64 };
        [layer.forward(), layer.input(), layer.weight()]
    };
    each.into_iter().flat_map(|each| ways.into_iter().flat_map(move |rows| layer(each, rows))).collect()
}

#[derive(Clone, Copy)]
struct Layer {
    name: &'static str,
    rows: usize,
    inputs: usize,
    outputs: usize,
    precision: Precision,
    /// Calls of a pass.
    calls: f64,
}

impl Layer {
    fn forward(self) -> Work {
        let Self { rows, inputs, outputs, precision, .. } = self;
        self.work("forward", self.calls, move || {
            let (x, w, b) = (numbers(rows * inputs), numbers(outputs * inputs), numbers(outputs));
            let mut y = vec![0.0; rows * outputs];
            Box::new(move || linear::forward(precision, &mut y, &x, &w, &b))
        })
    }

    fn input(self) -> Work {
        let Self { rows, inputs, outputs, precision, .. } = self;
        self.work("input gradient", 0.0, move || {
            let (dy, w, mut dx) = (numbers(rows * outputs), numbers(outputs * inputs), vec![0.0; rows * inputs]);
            Box::new(move || linear::backward_input(precision, &mut dx, Write::Over, &dy, &w, outputs))
        })
    }

    fn weight(self) -> Work {
        let Self { rows, inputs, outputs, precision, .. } = self;
        self.work("weight gradient", 0.0, move || {
            let (dy, x) = (numbers(rows * outputs), numbers(rows * inputs));
            let (mut dw, mut db) = (vec![0.0; outputs * inputs], vec![0.0; outputs]);
            Box::new(move || linear::backward_params(precision, &mut dw, Write::Over, &mut db, &dy, &x))
        })
    }

    fn work(self, form: &str, inference: f64, prepare: impl Fn() -> Run + 'static) -> Work {
        let Self { name, rows, inputs, outputs, calls, .. } = self;
        Work {
            name: format!("{name} {form} {rows} x {outputs} x {inputs}"),
            operations: 2.0 * (rows * inputs * outputs) as f64,
            bytes: bytes(rows * inputs + inputs * outputs + rows * outputs),
            training: calls,
            inference,
            prepare: Box::new(prepare),
        }
    }
}
