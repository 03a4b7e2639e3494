//! How pictures and texts are made ready for a model. It belongs to the weights, so it travels in the checkpoint.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// Key of the checkpoint's metadata that holds a [`Preprocess`].
const KEY: &str = "preprocess";
/// Name of the tokenizer file that lies beside every checkpoint.
pub const TOKENIZER: &str = "tokenizer.spm";

/// Pixel statistics and text length that a model was trained with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocess {
    /// Mean of the pixels, RGB, 0 to 255.
    pub mean: [f32; 3],
    /// Their standard deviation.
    pub std: [f32; 3],
    /// Longest text in tokens, start and end included.
    pub max_token: usize,
    /// Every text is padded to `max_token`.
    pub pad_to_max: bool,
    /// The model never sees the text: a baseline.
    pub blind_text: bool,
}

impl Default for Preprocess {
    /// The official values, for checkpoints that come from elsewhere.
    fn default() -> Self {
        Self {
            mean: [123.675, 116.28, 103.53],
            std: [58.395, 57.12, 57.375],
            max_token: 20,
            pad_to_max: true,
            blind_text: false,
        }
    }
}

impl Preprocess {
    /// Adds itself to what a checkpoint remembers.
    pub fn store(&self, facts: &mut BTreeMap<String, String>) {
        let text = serde_json::to_string(self).expect("numbers are JSON");
        facts.insert(KEY.into(), text);
    }

    /// What a checkpoint remembers, or the official values.
    ///
    /// # Errors
    /// Where the metadata is not what [`Preprocess::store`] wrote.
    pub fn read(facts: &BTreeMap<String, String>) -> Result<Self> {
        let Some(text) = facts.get(KEY) else { return Ok(Self::default()) };
        serde_json::from_str(text).context("the checkpoint's preprocessing facts are damaged")
    }
}

/// The tokenizer file of a checkpoint.
pub fn tokenizer_beside(checkpoint: &Path) -> PathBuf {
    checkpoint.with_file_name(TOKENIZER)
}
