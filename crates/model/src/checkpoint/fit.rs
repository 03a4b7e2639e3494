//! How well a checkpoint fits a model, tensor by tensor.

use serde::Serialize;

use super::{BACKBONE, Checkpoint, EMA, Which};
use crate::aliases;
use crate::interpolate::Resize;
use crate::params::{Entry, Layout};
use crate::tensor::Tensor;

/// The tensors of a checkpoint against those of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fit {
    /// Number of the model's tensors that the file has in the same shape.
    pub same: usize,
    /// Those that are interpolated from another geometry.
    pub resized: Vec<Change>,
    /// Those whose shape in the file is of no use.
    pub misshapen: Vec<Change>,
    /// Those that the file lacks.
    pub missing: Vec<String>,
    /// Tensors of the file that the model has no use for.
    pub unexpected: Vec<String>,
}

/// A tensor whose shapes differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its name in the model.
    pub name: String,
    /// Shape in the file.
    pub file: Vec<usize>,
    /// Shape in the model.
    pub model: Vec<usize>,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} is {:?}, the model wants {:?}", self.name, self.file, self.model)
    }
}

/// What a checkpoint has for one tensor of a model.
pub(super) enum Match<'a> {
    Missing,
    Same(&'a Tensor),
    Resized(&'a Tensor, Resize),
    Misshapen(&'a Tensor),
}

impl Checkpoint {
    /// Compares its trained parameters with a model that has this layout. Moving averages have the same names and
    /// shapes; the buffers of the official criterion are constants, and no model here has tensors for them.
    pub fn fit(&self, layout: &Layout) -> Fit {
        let mut fit = Fit { unexpected: self.unexpected(layout), ..Fit::default() };
        for e in layout.entries() {
            let change = |t: &Tensor| Change { name: e.name.clone(), file: t.shape.clone(), model: e.shape.clone() };
            match self.matching(layout, e, Which::Live) {
                Match::Same(_) => fit.same += 1,
                Match::Resized(t, _) => fit.resized.push(change(t)),
                Match::Misshapen(t) => fit.misshapen.push(change(t)),
                Match::Missing => fit.missing.push(e.name.clone()),
            }
        }
        fit
    }

    pub(super) fn matching(&self, layout: &Layout, entry: &Entry, which: Which) -> Match<'_> {
        let second = || self.find(&aliases::second_name(layout, &entry.name)?, which);
        match self.find(&entry.name, which).or_else(second) {
            None => Match::Missing,
            Some(t) if t.shape == entry.shape => Match::Same(t),
            Some(t) => match Resize::between(&entry.name, &t.shape, &entry.shape) {
                Some(resize) => Match::Resized(t, resize),
                None => Match::Misshapen(t),
            },
        }
    }

    fn find(&self, name: &str, which: Which) -> Option<&Tensor> {
        let average = (which == Which::Ema).then(|| self.tensors.get(&format!("{EMA}{name}"))).flatten();
        average.or_else(|| self.tensors.get(name)).or_else(|| self.tensors.get(name.strip_prefix(BACKBONE)?))
    }

    fn unexpected(&self, layout: &Layout) -> Vec<String> {
        let is_known = |name: &str| {
            layout.get(name).is_some()
                || aliases::all(layout).any(|(second, _)| second == name)
                || layout.get(&format!("{BACKBONE}{name}")).is_some()
                || name.ends_with(".empty_weight")
        };
        let names = self.tensors.keys().filter(|name| !name.starts_with(EMA) && !is_known(name));
        names.cloned().collect()
    }
}
