//! References as REFER's files hold them: who refers to which object of which picture, and in which words.

use std::fmt;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::pickle::{self, PickleError};
use super::read_bounded;
use super::refs::{Head, Refs};
use crate::lists::Lists;

/// RefCOCO's file has 13 MB, gRefCOCO's 60 MB.
const MAX_BYTES: u64 = 1 << 28;

/// One reference: all sentences that speak of the same object (gRefCOCO: of the same objects).
#[derive(Deserialize)]
struct RawRef {
    ref_id: i64,
    /// One in REFER, any number in gRefCOCO, where `[-1]` stands for none.
    #[serde(deserialize_with = "one_or_many")]
    ann_id: Vec<i64>,
    image_id: i64,
    split: String,
    sentences: Vec<RawSentence>,
    /// gRefCOCO: the expressions speak of nothing in the picture.
    #[serde(default)]
    no_target: bool,
}

#[derive(Deserialize)]
struct RawSentence {
    sent_id: i64,
    sent: String,
}

impl RawRef {
    fn add_to(self, refs: &mut Refs) {
        let Self { ref_id, image_id, .. } = self;
        let targets: &[i64] = if self.no_target || self.ann_id == [-1] { &[] } else { &self.ann_id };
        let head = Head { ref_id, image_id, targets, any_box: false, split: &self.split };
        refs.push(head, self.sentences.into_iter().map(|sentence| (sentence.sent_id, sentence.sent)));
    }
}

/// Reads references from a pickle or, where the name ends in `.json` or the file begins like it, from JSON.
///
/// # Errors
/// Where the file is missing, damaged or holds something else; the message names the file and the place in it.
pub fn read_refs(path: &Path) -> Result<Refs> {
    let mut refs = Refs::default();
    if path.extension().is_some_and(|ending| ending == "json") || begins_like_json(path)? {
        let parse = |_: &str, entry: &[u8]| serde_json::from_slice::<RawRef>(entry);
        let lists = Lists { path, limit: MAX_BYTES, keys: &[], parse };
        lists.read(&mut blake3::Hasher::new(), |key, _, one| {
            ensure!(key.is_empty(), "a list of references is expected, the file is an object");
            one.add_to(&mut refs);
            Ok(())
        })?;
    } else {
        let bytes = read_bounded(path, MAX_BYTES)?;
        take_pickle(&bytes, &mut refs).with_context(|| format!("in {}", path.display()))?;
    }
    Ok(refs)
}

/// No pickle begins with a bracket and a brace.
fn begins_like_json(path: &Path) -> Result<bool> {
    let mut head = Vec::new();
    fs_err::File::open(path)?.take(64).read_to_end(&mut head)?;
    let rest = head.trim_ascii_start().strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    Ok(rest.is_some_and(|rest| rest.starts_with(b"{")))
}

fn take_pickle(bytes: &[u8], refs: &mut Refs) -> Result<(), PickleError> {
    let tree = pickle::read(bytes)?;
    let items = tree.root().items();
    let items = items.ok_or_else(|| PickleError::Content("expected a list of references".into()))?;
    for (index, item) in items.enumerate() {
        let one = RawRef::deserialize(item);
        let at = |error| PickleError::Content(format!("entry {index} of the list: {error}"));
        one.map_err(at)?.add_to(refs);
    }
    Ok(())
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
