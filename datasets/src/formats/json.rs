//! JSON in the order of the file.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use anyhow::Result;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// An object as its entries, in order. A key that occurs again is an error, where most readers keep the last one silently.
pub(super) struct Pairs<T>(pub(super) Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor(PhantomData))
    }
}

struct PairsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PairsVisitor<T> {
    type Value = Pairs<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Pairs<T>, A::Error> {
        let (mut pairs, mut seen) = (Vec::new(), HashSet::new());
        while let Some(key) = entries.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("the key `{key}` occurs twice")));
            }
            pairs.push((key, entries.next_value()?));
        }
        Ok(Pairs(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_repeats_are_refused() {
        let Pairs(pairs): Pairs<i64> = serde_json::from_str(r#"{"b": 1, "a": 2}"#).unwrap();
        assert_eq!(pairs, [("b".to_owned(), 1), ("a".to_owned(), 2)]);
        let twice: Result<Pairs<i64>, _> = serde_json::from_str(r#"{"b": 1, "b": 2}"#);
        assert!(twice.err().unwrap().to_string().contains("`b` occurs twice"));
    }
}
