//! What a stage kind must say about itself, so that the runner can check, plan, cache and run it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::{Field, StageContext};

/// A kind of stage, such as `Convert` or `Evaluate`: the word that opens a stage in a pipeline file.
///
/// Kinds never call each other: what one stage gives to the next is the folder of files that it leaves in the store.
pub trait StageKind: Send + Sync {
    /// The word in the pipeline file, in CamelCase.
    fn name(&self) -> &'static str;

    /// Raised by one whenever the same parameters and inputs give other bytes than before. It is part of the fingerprint.
    fn version(&self) -> u32;

    /// What the kind does, in a sentence or a short paragraph for `simvg-pipe kinds`.
    fn doc(&self) -> &'static str;

    /// The fields that a stage of this kind may have, in the order in which they are documented.
    fn fields(&self) -> &'static [Field];

    /// Mistakes that the types alone do not catch, such as a warm-up longer than the training.
    ///
    /// `params` has passed the type check, its defaults are filled in.
    fn check(&self, params: &Value) -> Vec<Problem> {
        let _ = params;
        Vec::new()
    }

    /// Files from outside the store that the stage reads. They must exist before anything runs, and their content is part
    /// of the fingerprint.
    fn raw_inputs(&self, params: &Value) -> Vec<RawInput> {
        let _ = params;
        Vec::new()
    }

    /// What this machine makes of parameters that are not in the key themselves, such as the number format that is really
    /// computed with where another was wished for: by name, and only what is not the ordinary case. Part of the
    /// fingerprint.
    fn facts(&self, params: &Value) -> BTreeMap<String, String> {
        let _ = params;
        BTreeMap::new()
    }

    /// Does the work: reads [`StageContext::input`]s, writes its results below [`StageContext::out`].
    ///
    /// # Errors
    /// Whatever went wrong, told so that the reader knows the file, the place and the next step. Nothing of the output
    /// folder is kept then; what lies in [`StageContext::work`] stays for the next attempt.
    fn run(&self, context: &StageContext) -> anyhow::Result<()>;
}

/// A mistake in the meaning of a stage's fields, found by [`StageKind::check`] and shown at the place of the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Name of the field to underline.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
    /// What to do about it, if there is more to say.
    pub help: Option<String>,
}

impl Problem {
    /// A problem with `field`, without further help.
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into(), help: None }
    }

    /// The same problem with a hint about what to do.
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// A file or folder outside the store that a stage reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawInput {
    /// Short name that stands for it in the fingerprint, such as `instances`: unique within the stage. The path itself is
    /// not in the fingerprint, so a moved data set is still a hit (give its field `in_key: false` for that).
    pub name: String,
    /// Where it is expected; relative paths start at the current directory.
    pub path: PathBuf,
    /// What it is, for people: `RefCOCOg annotations of the UMD split`.
    pub what: String,
    /// Where it is to be had, for people: an address and the step that puts it in place.
    pub origin: String,
    /// How its content enters the fingerprint.
    pub hash: RawHash,
}

/// How a raw input enters the fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawHash {
    /// The bytes of the file, or of every file below the folder.
    Content,
    /// Only the names and sizes of the files below the folder: for tens of thousands of pictures.
    Listing,
}
