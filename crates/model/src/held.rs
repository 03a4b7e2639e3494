//! The parameters of a model for inference, wherever they lie.

use std::ops::Deref;

use simvg_kernels::mapped::Mapped;

/// All parameters, in the order of the layout.
#[derive(Debug)]
pub enum Held<'p> {
    /// Those of somebody else, such as a training under way.
    Borrowed(&'p [f32]),
    /// In memory.
    Owned(Vec<f32>),
    /// In their checkpoint, but for what has been written to.
    Mapped(Mapped),
}

impl Held<'_> {
    /// To write to, unless they are somebody else's.
    pub(crate) fn own(&mut self) -> Option<&mut [f32]> {
        match self {
            Self::Borrowed(_) => None,
            Self::Owned(params) => Some(params),
            Self::Mapped(params) => Some(params),
        }
    }
}

impl Deref for Held<'_> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self {
            Self::Borrowed(params) => params,
            Self::Owned(params) => params,
            Self::Mapped(params) => params,
        }
    }
}

impl<'p> From<&'p [f32]> for Held<'p> {
    fn from(params: &'p [f32]) -> Self {
        Self::Borrowed(params)
    }
}

impl From<Mapped> for Held<'_> {
    fn from(params: Mapped) -> Self {
        Self::Mapped(params)
    }
}

impl From<Vec<f32>> for Held<'_> {
    fn from(params: Vec<f32>) -> Self {
        Self::Owned(params)
    }
}
