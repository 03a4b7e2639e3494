//! The key of a result: everything that can change it, and nothing else.
//!
//! | value | in the key | why |
//! |---|---|---|
//! | format of the store | yes | what is written differs |
//! | kind and version of the stage | yes | other code, other bytes |
//! | parameters of the stage, defaults filled in | yes | so a default that is written out changes nothing |
//! | fields that the kind marks `in_key: false` | no | threads, log intervals: same bytes |
//! | order of the fields, spaces, comments | no | same parameters |
//! | names of the input stages | yes | two inputs of one stage are told apart by them |
//! | *content* of the input stages' outputs | yes | an input that ran again and made the same bytes changes nothing |
//! | fingerprints, times and logs of the input stages | no | they are not content |
//! | content of raw inputs (or names and sizes, where the kind says so) | yes | they are read |
//! | paths, times and inodes of raw inputs | no | a data set that moved is the same data set |
//! | name of the pipeline and of the stage itself | no | equal work is shared between pipelines |
//! | facts that the kind names | yes | what this machine makes of a parameter, such as a number format |
//! | host, user, git commit, current directory, environment | no | same bytes |
//!
//! The key is written beside the result as `key.json`, so that a later run can say field by field what changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Field, Type};

/// Hexadecimal digits of a fingerprint: 128 bits, too many to meet twice by accident.
const FINGERPRINT_DIGITS: usize = 32;

/// Everything that determines the bytes of a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// [`crate::STORE_FORMAT`].
    pub store: u32,
    /// Name of the stage kind.
    pub kind: String,
    /// Version of the stage kind.
    pub version: u32,
    /// Canonical parameters, without the fields that cannot change the result.
    pub params: Value,
    /// Digest of the content of every input stage, by its name.
    pub inputs: BTreeMap<String, String>,
    /// Digest of every raw input, by its name.
    pub raw: BTreeMap<String, String>,
    /// [`crate::StageKind::facts`] on this machine; left out where there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

impl Key {
    /// BLAKE3 over the canonical JSON of the key, shortened to 32 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let json = serde_json::to_vec(self).expect("a key has string keys only, so it is always valid JSON");
        let mut digits = blake3::hash(&json).to_hex().to_string();
        digits.truncate(FINGERPRINT_DIGITS);
        digits
    }
}

/// `params` without the fields that are not in the key, at any depth.
pub(crate) fn key_params(fields: &[Field], params: &Value) -> Value {
    let Value::Object(values) = params else { return params.clone() };
    let kept = fields.iter().filter(|field| field.in_key);
    let kept = kept.filter_map(|field| Some((field.name.to_owned(), key_value(field.ty, values.get(field.name)?))));
    Value::Object(kept.collect())
}

fn key_value(ty: Type, value: &Value) -> Value {
    match (ty, value) {
        (Type::Record(fields), Value::Object(_)) => key_params(fields, value),
        (Type::Optional(item), _) => key_value(*item, value),
        (Type::List(item), Value::Array(values)) => values.iter().map(|value| key_value(*item, value)).collect(),
        (Type::Map(item), Value::Object(values)) => {
            let kept = values.iter().map(|(name, value)| (name.clone(), key_value(*item, value)));
            Value::Object(kept.collect::<Map<_, _>>())
        }
        _ => value.clone(),
    }
}
