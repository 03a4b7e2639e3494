//! Files from outside the store that several kinds ask for.

use serde_json::Value;
use simvg_pipeline::{RawHash, RawInput};

/// The SentencePiece model of a stage.
pub fn tokenizer(path: &Value) -> RawInput {
    RawInput {
        name: "tokenizer".into(),
        path: path.as_str().unwrap_or_default().into(),
        what: "SentencePiece model of the text encoder".into(),
        origin:
            "beit3.spm lies beside the BEiT-3 weights of microsoft/unilm; the toy model uses datasets/assets/toy.spm"
                .into(),
        hash: RawHash::Content,
    }
}
