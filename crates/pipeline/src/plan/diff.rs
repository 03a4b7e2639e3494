//! What differs between two keys, field by field.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Change, Key};

/// Every field that differs, ordered by name.
pub fn diff(old: &Key, new: &Key) -> Vec<Change> {
    let (old, new) = (flatten(old), flatten(new));
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    let mut changes: Vec<Change> = names
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| Change {
            field: name.clone(),
            old: old.get(name).cloned(),
            new: new.get(name).cloned(),
            files: Vec::new(),
        })
        .collect();
    changes.sort_by(|a, b| a.field.cmp(&b.field));
    changes
}

/// The leaves of a key by their paths. A list is one leaf: its order counts, so it differs as a whole.
fn flatten(key: &Key) -> BTreeMap<String, Value> {
    let json = serde_json::to_value(key).expect("a key has string keys only, so it is always valid JSON");
    let mut leaves = BTreeMap::new();
    flatten_into("", json, &mut leaves);
    leaves
}

fn flatten_into(path: &str, value: Value, leaves: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                flatten_into(&path, value, leaves);
            }
        }
        leaf => drop(leaves.insert(path.to_owned(), leaf)),
    }
}
