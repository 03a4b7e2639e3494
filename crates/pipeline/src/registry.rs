//! The stage kinds that a program knows.

use std::sync::Arc;

use crate::StageKind;

/// All stage kinds that a pipeline file may name.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: Vec<Arc<dyn StageKind>>,
}

impl Registry {
    /// A registry of `kinds`. Of two kinds with one name, the first counts.
    pub fn new(kinds: Vec<Box<dyn StageKind>>) -> Self {
        Self { kinds: kinds.into_iter().map(Arc::from).collect() }
    }

    /// The kind called `name`.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn StageKind>> {
        self.kinds.iter().find(|kind| kind.name() == name)
    }

    /// Every kind, in the order of registration.
    pub fn kinds(&self) -> impl Iterator<Item = &dyn StageKind> {
        self.kinds.iter().map(AsRef::as_ref)
    }
}
