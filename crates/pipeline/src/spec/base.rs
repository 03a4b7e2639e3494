//! `base: "other.ron"`: a pipeline that says only what sets it apart from another one.
//!
//! It takes over the other's parameters and stages. A parameter that it names has its own value; a stage that it names
//! keeps the fields that it does not mention, unless it is of another kind. A base may have a base itself. What is
//! taken over keeps its place in its own file, so mistakes are shown where they were made.

use std::path::{Path, PathBuf};

use bumpalo::Bump;

use super::{
    findings::{Findings, Span},
    node::{Entry, Node, Pair, Shape},
    read::read,
    suggest::did_you_mean,
};

/// The fields of `Pipeline(...)`.
const FIELDS: [&str; 5] = ["name", "description", "base", "params", "stages"];

/// The fields of a pipeline, those of its bases put below them, and where the pipeline itself begins.
pub(crate) struct Fields<'t> {
    pub entries: Vec<Entry<'t>>,
    pub place: Span,
}

/// Reads the text of the file at `path` and the files that it is based on; `None` after a mistake in one of them.
pub(crate) fn read_with_bases<'t>(
    arena: &'t Bump,
    path: &Path,
    text: &'t str,
    findings: &mut Findings,
) -> Option<Fields<'t>> {
    read_file(arena, path, text, &mut vec![real(path)], findings)
}

/// `chain` holds the files that are being read, so that a circle is seen.
fn read_file<'t>(
    arena: &'t Bump,
    path: &Path,
    text: &'t str,
    chain: &mut Vec<PathBuf>,
    findings: &mut Findings,
) -> Option<Fields<'t>> {
    let index = findings.add_file(&path.display().to_string(), text);
    let root = read(arena, index, text).map_err(|(span, message)| findings.report(span, message, "here", None)).ok()?;
    let own = fields(root, findings)?;
    match own.entries.iter().find(|entry| entry.name == "base") {
        Some(base) => {
            let below = read_base(arena, path, &base.value, chain, findings)?;
            let entries = put_over(arena, &own.entries, &below.entries);
            check_new_params(&own.entries, &below.entries, &entries, findings);
            Some(Fields { entries, ..own })
        }
        None => Some(own),
    }
}

/// The fields of the file that `base` names, from the folder of the file that names it.
fn read_base<'t>(
    arena: &'t Bump,
    path: &Path,
    base: &Node,
    chain: &mut Vec<PathBuf>,
    findings: &mut Findings,
) -> Option<Fields<'t>> {
    let Shape::Str(name) = base.shape else {
        let message = format!("`base` must be a Str, found {}", base.describe());
        findings.report(base.span, message, "expected a file", Some("base: \"other.ron\"".to_owned()));
        return None;
    };
    let file = path.with_file_name(name);
    if chain.contains(&real(&file)) {
        let message = format!("{} is based on itself", file.display());
        let help = "of the files in the circle, one has to stand on its own".to_owned();
        findings.report(base.span, message, "the circle closes here", Some(help));
        return None;
    }
    let text = fs_err::read_to_string(&file).map_err(|error| {
        let help = "the path starts at the folder of this file".to_owned();
        findings.report(base.span, format!("the base cannot be read: {error}"), "named here", Some(help));
    });
    chain.push(real(&file));
    read_file(arena, &file, arena.alloc_str(&text.ok()?), chain, findings)
}

/// The one name of a file that can be had under several.
fn real(path: &Path) -> PathBuf {
    fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The fields of one file, their names checked.
fn fields<'t>(root: Node<'t>, findings: &mut Findings) -> Option<Fields<'t>> {
    let place = Span { len: root.span.len.min("Pipeline".len()), ..root.span };
    match root.shape {
        Shape::Record(None | Some("Pipeline"), entries) => {
            check_names(entries, findings);
            Some(Fields { entries: entries.to_vec(), place })
        }
        _ => {
            let message = format!("a pipeline file holds one Pipeline(...), found {}", root.describe());
            findings.report(root.span, message, "expected Pipeline(...)", None);
            None
        }
    }
}

fn check_names(entries: &[Entry], findings: &mut Findings) {
    for (at, entry) in entries.iter().enumerate() {
        let name = entry.name;
        if !FIELDS.contains(&name) {
            let message = format!("a pipeline has no field `{name}`");
            findings.report(entry.name_span, message, "unknown field", did_you_mean(name, FIELDS));
        } else if entries[..at].iter().any(|earlier| earlier.name == name) {
            findings.report(entry.name_span, format!("the pipeline has the field `{name}` twice"), "again here", None);
        }
    }
}

/// The fields of a pipeline, with the parameters and stages of its base below its own. Name and description are not
/// taken over: two pipelines of one name would mix up their records.
fn put_over<'t>(arena: &'t Bump, own: &[Entry<'t>], base: &[Entry<'t>]) -> Vec<Entry<'t>> {
    let mut entries = own.to_vec();
    for below in base.iter().filter(|entry| ["params", "stages"].contains(&entry.name)) {
        match entries.iter_mut().find(|entry| entry.name == below.name) {
            Some(Entry { value: Node { shape: Shape::Map(own), .. }, .. }) => {
                if let Shape::Map(base) = below.value.shape {
                    *own = arena.alloc_slice_copy(&pairs_over(arena, own, base));
                }
            }
            Some(_) => {}
            None => entries.push(*below),
        }
    }
    entries
}

/// The pairs of a map over those of `base`, which keep their order; new ones follow. A name that `own` has twice stays
/// there twice, to be reported.
fn pairs_over<'t>(arena: &'t Bump, own: &[Pair<'t>], base: &[Pair<'t>]) -> Vec<Pair<'t>> {
    let mut pairs = base.to_vec();
    let mut taken = vec![false; base.len()];
    for &(key, value) in own {
        match base.iter().position(|(below, _)| below.shape == key.shape).filter(|&at| !taken[at]) {
            Some(at) => {
                taken[at] = true;
                pairs[at] = (key, with_fields_of(arena, value, &base[at].1));
            }
            None => pairs.push((key, value)),
        }
    }
    pairs
}

/// A stage with the fields that only its namesake in the base has; any other value as it is.
fn with_fields_of<'t>(arena: &'t Bump, own: Node<'t>, base: &Node<'t>) -> Node<'t> {
    match (own.shape, base.shape) {
        (Shape::Record(Some(kind), entries), Shape::Record(Some(below), inherited)) if kind == below => {
            let missing = |entry: &&Entry| !entries.iter().any(|own| own.name == entry.name);
            let all: Vec<Entry> = entries.iter().chain(inherited.iter().filter(missing)).copied().collect();
            Node { shape: Shape::Record(Some(kind), arena.alloc_slice_copy(&all)), ..own }
        }
        _ => own,
    }
}

/// A parameter that the base does not have and no stage refers to is most likely misspelt.
fn check_new_params(own: &[Entry], base: &[Entry], merged: &[Entry], findings: &mut Findings) {
    let known = names(base, "params");
    let used = |name: &str| merged.iter().any(|entry| refers_to(&entry.value, name));
    for key in keys(own, "params") {
        if let Shape::Str(name) = key.shape
            && !known.contains(&name)
            && !used(name)
        {
            let message = format!("the base has no parameter `{name}`, and no stage refers to it");
            findings.report(key.span, message, "of no effect", did_you_mean(name, known.iter().copied()));
        }
    }
}

fn names<'t>(entries: &[Entry<'t>], field: &str) -> Vec<&'t str> {
    let name = |key: Node<'t>| if let Shape::Str(name) = key.shape { Some(name) } else { None };
    keys(entries, field).filter_map(name).collect()
}

/// The keys of the map that a field holds.
fn keys<'t>(entries: &[Entry<'t>], field: &str) -> impl Iterator<Item = Node<'t>> {
    let found = entries.iter().find(|entry| entry.name == field);
    let pairs = found.and_then(|entry| if let Shape::Map(pairs) = entry.value.shape { Some(pairs) } else { None });
    pairs.into_iter().flatten().map(|(key, _)| *key)
}

/// Whether `Param(name)` occurs anywhere in a value.
fn refers_to(node: &Node, name: &str) -> bool {
    match &node.shape {
        Shape::List(items) => items.iter().any(|item| refers_to(item, name)),
        Shape::Map(pairs) => pairs.iter().any(|(_, value)| refers_to(value, name)),
        Shape::Record(_, entries) => entries.iter().any(|entry| refers_to(&entry.value, name)),
        Shape::Tuple(_, items) => node.call("Param") == Some(name) || items.iter().any(|item| refers_to(item, name)),
        _ => false,
    }
}
