//! Linear layers that read the patches of earlier encoder layers; guidance losses are taken of them and nothing else. They
//! are part of training alone and cost next to nothing, so they run on the tape of the losses, outside the shards.

use std::ops::Range;

use dfdx::prelude::{Cpu, Gradients};

use super::layers::Linear;
use super::parameters::{Leaf, Reader};
use crate::config::HeadConfig;
use crate::params::Layout;

/// Box and category of the object on each patch, whatever the text says.
const OBJECT_BOX: &str = "head.guidance.object_box";
const OBJECT_CLASS: &str = "head.guidance.object_class";
/// Coverage by the target and the target's box, from the last but one layer.
const INNER_COVERAGE: &str = "head.guidance.inner_coverage";
const INNER_BOX: &str = "head.guidance.inner_box";

/// The layers that the configuration asks for.
pub struct Probes {
    /// `C -> 4`.
    pub object_box: Option<Linear>,
    /// `C -> categories`.
    pub object_class: Option<Linear>,
    /// `C -> 1`.
    pub inner_coverage: Option<Linear>,
    /// `C -> 4`.
    pub inner_box: Option<Linear>,
    leaves: Vec<Leaf>,
}

/// Names and outputs of the layers that exist; the inputs are C wide.
pub fn layers(cfg: &HeadConfig) -> Vec<(&'static str, usize)> {
    let g = &cfg.guidance;
    let all = [
        (OBJECT_BOX, 4, g.object_box > 0.0),
        (OBJECT_CLASS, g.object_classes, g.object_class > 0.0),
        (INNER_COVERAGE, 1, g.inner > 0.0 && g.patch_coverage > 0.0),
        (INNER_BOX, 4, g.inner > 0.0 && g.patch_box > 0.0),
    ];
    all.into_iter().filter(|(_, _, exists)| *exists).map(|(name, outputs, _)| (name, outputs)).collect()
}

impl Probes {
    /// Reads the layers that exist.
    pub fn read(cfg: &HeadConfig, layout: &Layout, params: &[f32]) -> Self {
        let mut reader = Reader::new(layout, params);
        let mut read = |name: &str| {
            let outputs = layers(cfg).into_iter().find(|(n, _)| *n == name)?.1;
            Some(Linear::read(&mut reader, name, cfg.in_channels, outputs))
        };
        let [object_box, object_class, inner_coverage, inner_box] =
            [OBJECT_BOX, OBJECT_CLASS, INNER_COVERAGE, INNER_BOX].map(&mut read);
        Self { object_box, object_class, inner_coverage, inner_box, leaves: reader.into_leaves() }
    }

    /// True if there is no such layer.
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// Gradients of the parameters, by place in the flat buffer.
    pub fn gradients(&self, gradients: &mut Gradients<f32, Cpu>) -> Vec<(Range<usize>, Vec<f32>)> {
        self.leaves.iter().map(|leaf| leaf.gradient(gradients)).collect()
    }
}
