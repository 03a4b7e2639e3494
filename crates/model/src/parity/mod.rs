//! Compares this model with recorded numbers of the official code.
//!
//! A case is a directory: `config.json` (sizes, switches, optimizer), `weights`, `inputs`, `outputs`, `grads`, `step3` and
//! `step3_mask` (`.safetensors`), `losses.json`. [`cases`] finds them, [`Case::open`] reads one, [`check`] runs the model on
//! its inputs and reports the largest difference of each group of tensors.

mod case;
mod find;
mod forward;
mod inputs;
mod report;
mod sizes;
mod tensors;
mod training;

pub use case::{Call, Case, Losses};
pub use find::{Found, cases};
pub use report::{Difference, Group, Report};
pub use tensors::{Tensor, Tensors};

use std::path::PathBuf;

use crate::checkpoint::CheckpointError;

/// Why a case cannot be compared at all.
#[derive(Debug, thiserror::Error)]
pub enum ParityError {
    /// A file cannot be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A file is not what it should be.
    #[error("{path}: {reason}", path = .path.display())]
    Damaged {
        /// The file, or the directory of the case.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The weights are not of the model that `config.json` describes.
    #[error(transparent)]
    Weights(#[from] CheckpointError),
}

/// Runs the model on a case: a forward pass, its gradients, and as many optimizer steps as were recorded.
///
/// # Errors
/// Where a file of the case lacks what it should hold. A number that differs is no error but part of the report.
pub fn check(case: &Case) -> Result<Report, ParityError> {
    let mut report = Report::default();
    forward::compare(case, &mut report)?;
    training::compare(case, &mut report)?;
    Ok(report)
}
