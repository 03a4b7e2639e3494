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

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

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
        fingerprint(self)
    }
}

/// The key of a stage before it is written out: ten thousand hits need ten thousand fingerprints and not one key.
#[derive(Serialize)]
pub(crate) struct KeyView<'a> {
    pub store: u32,
    pub kind: &'a str,
    pub version: u32,
    pub params: InKey<'a>,
    pub inputs: BTreeMap<&'a str, &'a str>,
    pub raw: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

impl KeyView<'_> {
    /// The fingerprint of the key.
    pub fn fingerprint(&self) -> String {
        fingerprint(self)
    }

    /// The key itself.
    pub fn to_key(&self) -> Key {
        let json = serde_json::to_value(self).expect("a key has string keys only, so it is always valid JSON");
        serde_json::from_value(json).expect("it has the fields of a key")
    }
}

/// BLAKE3 over canonical JSON, shortened to 32 hexadecimal digits.
fn fingerprint(key: &impl Serialize) -> String {
    let json = serde_json::to_vec(key).expect("a key has string keys only, so it is always valid JSON");
    let mut digits = blake3::hash(&json).to_hex().to_string();
    digits.truncate(FINGERPRINT_DIGITS);
    digits
}

/// Canonical parameters as the key has them: without the fields that are not in it, at any depth.
pub(crate) struct InKey<'a> {
    pub fields: &'static [Field],
    pub params: &'a Value,
}

impl Serialize for InKey<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Part { ty: Type::Record(self.fields), value: self.params }.serialize(serializer)
    }
}

/// A value of some type within the parameters.
struct Part<'a> {
    ty: Type,
    value: &'a Value,
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.ty, self.value) {
            (Type::Record(fields), Value::Object(values)) => {
                let kept = values.iter().filter_map(|(name, value)| {
                    let field = fields.iter().find(|field| field.name == name && field.in_key)?;
                    Some((name, Part { ty: field.ty, value }))
                });
                serializer.collect_map(kept)
            }
            (Type::Optional(item), value) => Part { ty: *item, value }.serialize(serializer),
            (Type::List(item), Value::Array(values)) => {
                serializer.collect_seq(values.iter().map(|value| Part { ty: *item, value }))
            }
            (Type::Map(item), Value::Object(values)) => {
                serializer.collect_map(values.iter().map(|(name, value)| (name, Part { ty: *item, value })))
            }
            (_, value) => value.serialize(serializer),
        }
    }
}
