//! What can go wrong besides a stage that fails; each case has its own exit code in the program.
//!
//! Messages hold all there is to say, so no error names another one as its source: it would be told twice.

use std::{fmt, io};

use thiserror::Error;

use crate::{Mistakes, RawInput};

/// Why a pipeline could not be loaded, planned or started.
#[derive(Debug, Error)]
pub enum Error {
    /// The pipeline file cannot be read at all.
    #[error("cannot read the pipeline: {0}")]
    Unreadable(io::Error),
    /// The pipeline file is wrong.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
    /// A stage was asked for that the pipeline does not have.
    #[error("the pipeline has no stage `{name}`{}", help.as_ref().map(|help| format!("; {help}")).unwrap_or_default())]
    UnknownStage {
        /// What was asked for.
        name: String,
        /// The nearest stage, or all there are.
        help: Option<String>,
    },
    /// A stage asks for more than the run may use.
    #[error(
        "stage `{stage}` takes {asked} of `{name}`, the limit is {limit}; raise it with --resources {name}={asked}"
    )]
    TooLittle {
        /// The stage.
        stage: String,
        /// What it asks for.
        name: String,
        /// How much of it.
        asked: u64,
        /// How much there is.
        limit: u64,
    },
    /// Files from outside the store are not where they are expected.
    #[error(transparent)]
    MissingInputs(#[from] MissingInputs),
    /// The store cannot be read or written.
    #[error("the store: {0}")]
    Store(io::Error),
    /// The store was written by a program that this one does not understand.
    #[error("the store {path} has format {found}, this program reads format {known}; give another folder with --store")]
    StoreFormat {
        /// The store's folder.
        path: String,
        /// The format it is in.
        found: String,
        /// The format that this program reads.
        known: u32,
    },
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Store(error)
    }
}

/// Every raw input that the wanted stages need and that is not there.
#[derive(Debug, Error)]
pub struct MissingInputs {
    /// The stage that needs it, and what it needs.
    pub inputs: Vec<(String, RawInput)>,
}

impl fmt::Display for MissingInputs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.inputs.len();
        write!(out, "{count} input{} missing:", if count == 1 { " is" } else { "s are" })?;
        for (stage, input) in &self.inputs {
            write!(out, "\n\n  {}\n    what:   {}, for stage `{stage}`", input.path.display(), input.what)?;
            if !input.origin.is_empty() {
                write!(out, "\n    get it: {}", input.origin)?;
            }
        }
        Ok(())
    }
}
