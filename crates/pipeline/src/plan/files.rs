//! Which files of a raw input changed: a digest alone says that something did.

use std::collections::BTreeMap;

use super::{Change, FileChange, FileFate};
use crate::{RawHashes, RawInput};

/// Adds the files to every change of a raw input that the stage has.
pub(super) fn name_files(changes: &mut [Change], inputs: &[RawInput], hashes: &RawHashes) {
    for change in changes {
        let input = change.field.strip_prefix("raw.").and_then(|name| inputs.iter().find(|input| input.name == name));
        let digest = |side: &Option<serde_json::Value>| Some(side.as_ref()?.as_str()?.to_owned());
        let (Some(input), Some(old), Some(new)) = (input, digest(&change.old), digest(&change.new)) else { continue };
        change.files = match (hashes.list(&old), hashes.list(&new)) {
            (Some(old), Some(new)) => compare(input, &old, &new),
            // A single file has no list: it is the one that changed.
            (None, None) => vec![FileChange { path: input.path.display().to_string(), change: FileFate::Changed }],
            _ => Vec::new(),
        };
    }
}

/// The files that differ, by name.
fn compare(input: &RawInput, old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<FileChange> {
    let path = |name: &String| input.path.join(name).display().to_string();
    let fate = |name: &String| match (old.get(name), new.get(name)) {
        (Some(old), Some(new)) => (old != new).then_some(FileFate::Changed),
        (None, _) => Some(FileFate::Added),
        (_, None) => Some(FileFate::Removed),
    };
    let mut names: Vec<&String> = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
    names.sort_unstable();
    names.into_iter().filter_map(|name| Some(FileChange { path: path(name), change: fate(name)? })).collect()
}
