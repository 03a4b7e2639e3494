//! What can go wrong between a text and its token ids.

use std::path::PathBuf;

/// Errors of reading a vocabulary or encoding a text.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The vocabulary file could not be read.
    #[error("cannot read the vocabulary: {0}")]
    Read(#[from] std::io::Error),
    /// The file is not a usable SentencePiece unigram model.
    #[error(
        "{path}: not a usable SentencePiece model: {reason}. Expected the unigram `.spm` file that belongs to the checkpoint"
    )]
    Model {
        /// The vocabulary file.
        path: PathBuf,
        /// What is wrong and where.
        reason: String,
    },
    /// Nothing is left of the text after cleaning.
    #[error("the expression {0:?} holds no token after cleaning; a text needs at least one word")]
    Empty(String),
    /// `max_token` leaves no room between begin and end.
    #[error("max_token is {0}; at least 3 are needed: begin, one token, end")]
    MaxToken(usize),
}
