//! Referring expressions to token ids: cleaning, SentencePiece unigram models, XLM-RoBERTa numbering.
//!
//! A text goes through [`clean_string`], is normalised ([`normalizer`], [`charsmap`]), cut into pieces by
//! the Viterbi search of [`unigram`], and numbered as XLM-R does ([`Tokenizer`]). [`proto`] reads and writes
//! the `.spm` file format; [`toy`] makes the small vocabulary of the embedded data set.

pub mod charsmap;
mod clean;
mod error;
pub mod normalizer;
pub mod proto;
mod tokenizer;
pub mod toy;
pub mod unigram;
mod wire;

pub use clean::{clean_string, is_empty_when_cleaned};
pub use error::TextError;
pub use tokenizer::{Encoded, Tokenizer};
