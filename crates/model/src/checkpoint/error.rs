//! What can be wrong with a checkpoint.

use std::path::PathBuf;

/// Why a checkpoint could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Neither safetensors nor PyTorch, or damaged.
    #[error("{path}: not a readable checkpoint: {reason}; if it was cut short, make or fetch it again", path = .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the reader met.
        reason: String,
    },
    /// A pickle that is more than data.
    #[error("{path}: asks Python to call or make `{callee}`; a checkpoint holds plain data only, and nothing was run: do not trust this file", path = .path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// The function or class.
        callee: String,
    },
    /// The file has no model configuration and none was given.
    #[error("{path}: holds no model configuration, so it is not a whole model; use it as `init` of a training stage", path = .0.display())]
    NoConfig(PathBuf),
    /// Tensors are missing or of another shape.
    #[error("{path}: does not fit the model: {problems}", path = .path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// The first few misfits.
        problems: String,
    },
    /// A checkpoint cannot be written under this name.
    #[error("{path}: the name must end in .safetensors, .pth or .pt, which says what to write", path = .0.display())]
    UnknownForm(PathBuf),
}
