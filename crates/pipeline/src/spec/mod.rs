//! The front end: a pipeline file in, checked stages out, or every mistake of the file at once.
//!
//! The file is read into a tree of nodes that know their place in the text ([`read`]) and put over the file that it names
//! as its base ([`base`]), `foreach` is expanded ([`expand`]), every field is held against the table of its kind
//! ([`convert`]), and the references between stages are put in order ([`links`]).

mod assemble;
mod base;
mod convert;
mod cursor;
mod expand;
mod findings;
mod links;
mod load;
mod mistake;
mod names;
mod node;
mod pattern;
mod read;
mod record;
mod scope;
mod settings;
mod stage;
mod suggest;
mod terms;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use serde_json::Value;

use crate::StageKind;

pub use load::{load, parse};
pub use mistake::{Mistake, Mistakes};
pub use pattern::matches_pattern;
pub use settings::Setting;
pub use suggest::did_you_mean;
pub use terms::{COMMON_FIELDS, Terms};

/// A pipeline file that passed every check.
#[derive(Clone)]
pub struct Pipeline {
    /// Its name: part of the paths of its records in the store.
    pub name: String,
    /// What it is for, in the author's words.
    pub description: String,
    /// The files that it was read from: its own, then those that it is based on.
    pub files: Vec<PathBuf>,
    /// The parameters after `--set`, as far as they are plain values.
    pub params: BTreeMap<String, Value>,
    /// All stages, every one after those that it needs, otherwise in the order of the file.
    pub stages: Vec<Stage>,
}

/// One stage, `foreach` expanded.
#[derive(Clone)]
pub struct Stage {
    /// Unique name.
    pub id: String,
    /// What it does.
    pub kind: Arc<dyn StageKind>,
    /// Canonical parameters: every field of the kind, defaults filled in, references as `{"$stage": "id"}`.
    pub params: Value,
    /// The fields that every kind has: on what terms it is run.
    pub terms: Terms,
    /// Indices into [`Pipeline::stages`] of the stages that `params` refers to, ascending, each once.
    pub needs: Vec<usize>,
}

impl Pipeline {
    /// Index of the stage called `id`.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.id == id)
    }
}
