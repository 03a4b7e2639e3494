//! The field `precision` of the kinds that run the model, and what it means for a fingerprint.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use simvg_model::Precision;
use simvg_pipeline::{Field, Type};

/// The field. It is not in the key, [`facts`] are: the same parameters give other bytes on another processor.
pub const FIELD: Field = Field::optional(
    "precision",
    Type::OneOf(&["F32", "Bf16"]),
    "F32",
    "number format that the encoder's matrix products round to: Bf16 where the processor has AMX or AVX512-BF16, else F32",
)
.not_in_key();

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Choice {
    F32,
    Bf16,
}

impl From<Choice> for Precision {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::F32 => Self::F32,
            Choice::Bf16 => Self::Bf16,
        }
    }
}

/// What is really computed with, if it is not f32.
pub fn facts(params: &Value) -> BTreeMap<String, String> {
    let choice = serde_json::from_value::<Choice>(params["precision"].clone());
    let used = choice.map_or(Precision::F32, Precision::from).in_effect();
    let fact = (used != Precision::F32.in_effect()).then(|| ("precision".to_owned(), used.to_owned()));
    fact.into_iter().collect()
}

/// A line for the log where the processor lacks what was asked for.
pub fn remark(choice: Choice) -> Option<&'static str> {
    let lacking = choice == Choice::Bf16 && Precision::from(choice).in_effect() == Precision::F32.in_effect();
    lacking.then_some("this processor has neither AMX nor AVX512-BF16, so `precision: Bf16` is computed in f32")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_fact_is_what_is_used() {
        assert_eq!(facts(&json!({ "precision": "F32" })), BTreeMap::new());
        assert_eq!(facts(&json!({})), BTreeMap::new());
        let used = Precision::Bf16.in_effect();
        let fact = facts(&json!({ "precision": "Bf16" })).remove("precision");
        assert_eq!(fact, (used != "f32").then(|| used.to_owned()));
        assert_eq!(remark(Choice::Bf16).is_some(), used == "f32");
    }
}
