//! References as the files hold them: who refers to which object of which picture, and in which words.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::pickle::{self, PickleError};
use super::read_bounded;

/// RefCOCO's file has 13 MB, gRefCOCO's 60 MB.
const MAX_BYTES: u64 = 1 << 28;

/// One reference: all sentences that speak of the same object (gRefCOCO: of the same objects).
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct RawRef {
    /// Number of the reference.
    pub ref_id: i64,
    /// The annotations that are meant: one in REFER, any number in gRefCOCO, where `[-1]` stands for none.
    #[serde(deserialize_with = "one_or_many")]
    pub ann_id: Vec<i64>,
    /// The picture.
    pub image_id: i64,
    /// The split.
    pub split: String,
    /// Its expressions.
    pub sentences: Vec<RawSentence>,
    /// gRefCOCO: the expressions speak of nothing in the picture.
    #[serde(default)]
    pub no_target: bool,
    /// Any one of the annotations is a right answer; no file says so, but how it is read.
    #[serde(skip)]
    pub any_box: bool,
}

/// One expression.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct RawSentence {
    /// Number of the expression, unique in the data set.
    pub sent_id: i64,
    /// The words, as the data set's authors cleaned them.
    pub sent: String,
}

impl RawRef {
    /// The annotations that are meant; empty where there is no target.
    pub fn targets(&self) -> &[i64] {
        if self.no_target || self.ann_id == [-1] { &[] } else { &self.ann_id }
    }
}

/// Reads references from a pickle or, where the name ends in `.json`, from JSON.
///
/// # Errors
/// Where the file is missing, damaged or holds something else; the message names the file and the place in it.
pub fn read_refs(path: &Path) -> Result<Vec<RawRef>> {
    let bytes = read_bounded(path, MAX_BYTES)?;
    if path.extension().is_some_and(|ending| ending == "json") {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        return serde_json::from_slice(text).with_context(|| format!("in {}", path.display()));
    }
    refs_of_pickle(&bytes).with_context(|| format!("in {}", path.display()))
}

fn refs_of_pickle(bytes: &[u8]) -> Result<Vec<RawRef>, PickleError> {
    let tree = pickle::read(bytes)?;
    let items = tree.root().items();
    let items = items.ok_or_else(|| PickleError::Content("expected a list of references".into()))?;
    let decode = |(index, item)| {
        RawRef::deserialize(item).map_err(|error| PickleError::Content(format!("entry {index} of the list: {error}")))
    };
    items.enumerate().map(decode).collect()
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<i64>, D::Error> {
    struct OneOrMany;
    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<i64>;

        fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
            formatter.write_str("an annotation id or a list of them")
        }

        fn visit_i64<E>(self, id: i64) -> Result<Vec<i64>, E> {
            Ok(vec![id])
        }

        fn visit_u64<E: serde::de::Error>(self, id: u64) -> Result<Vec<i64>, E> {
            i64::try_from(id).map(|id| vec![id]).map_err(|_| E::custom("an annotation id beyond 63 bits"))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<i64>, A::Error> {
            let mut ids = Vec::new();
            while let Some(id) = items.next_element()? {
                ids.push(id);
            }
            Ok(ids)
        }
    }
    deserializer.deserialize_any(OneOrMany)
}
