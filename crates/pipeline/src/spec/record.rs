//! Holds named fields against a table of fields: unknown, repeated, missing, and those left out that have a default.

use std::fmt::Arguments;

use bumpalo::Bump;
use serde_json::{Map, Value};

use super::{
    convert::Converter,
    findings::Span,
    node::Entry,
    read::read,
    suggest::{did_you_mean, nearest},
};
use crate::Field;

/// The fields that may stand in one pair of brackets.
#[derive(Clone, Copy)]
pub(crate) struct Table<'f> {
    /// Those that the record consists of.
    pub fields: &'f [Field],
    /// Those that are read apart from it.
    pub others: &'f [Field],
}

impl Table<'_> {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().chain(self.others).map(|field| field.name)
    }
}

/// The canonical JSON fields of `entries`, defaults filled in. `place` is where a missing field is reported.
pub(crate) fn record(
    converter: &mut Converter,
    table: Table,
    entries: &[Entry],
    place: Span,
    what: Arguments,
) -> Option<Map<String, Value>> {
    let mut sound = names_are_sound(converter, table, entries, what);
    let mut values = Map::new();
    for field in table.fields {
        let value = match (entries.iter().find(|entry| entry.name == field.name), field.default) {
            (Some(entry), _) => converter.value(&entry.value, field.ty, format_args!("`{}` of {what}", field.name)),
            (None, Some(default)) => default_value(converter, field, default),
            (None, None) if is_misspelt(field, table, entries) => None,
            (None, None) => missing(converter, field, place, what),
        };
        match value {
            Some(value) => drop(values.insert(field.name.to_owned(), value)),
            None => sound = false,
        }
    }
    sound.then_some(values)
}

fn names_are_sound(converter: &mut Converter, table: Table, entries: &[Entry], what: Arguments) -> bool {
    let mut sound = true;
    for (at, entry) in entries.iter().enumerate() {
        let name = entry.name;
        if let Some(first) = entries[..at].iter().find(|earlier| earlier.name == name) {
            let message = format!("{what} has the field `{name}` twice");
            let second = Some((first.name_span, "first here"));
            converter.findings.report_with(entry.name_span, message, "again here", None, second);
            sound = false;
        } else if !table.names().any(|known| known == name) {
            let help = did_you_mean(name, table.names());
            let message = format!("{what} has no field `{name}`");
            converter.findings.report(entry.name_span, message, "unknown field", help);
            sound = false;
        }
    }
    sound
}

/// Whether the field is there under a wrong name, which is one mistake and not two.
fn is_misspelt(field: &Field, table: Table, entries: &[Entry]) -> bool {
    let mut unknown = entries.iter().filter(|entry| !table.names().any(|name| name == entry.name));
    unknown.any(|entry| nearest(entry.name, table.names()) == Some(field.name))
}

fn missing(converter: &mut Converter, field: &Field, place: Span, what: Arguments) -> Option<Value> {
    let message = format!("{what} lacks the field `{}`", field.name);
    let help = format!("{}: {} ({})", field.name, field.ty, field.doc);
    converter.findings.report(place, message, &format!("`{}` is missing", field.name), Some(help));
    None
}

/// The default of a field, which goes through the same checks as what users write.
fn default_value(converter: &mut Converter, field: &Field, default: &'static str) -> Option<Value> {
    if let Some(value) = converter.defaults.get(&(field.ty, default)) {
        return Some(value.clone());
    }
    let what = format!("the default of `{}`", field.name);
    let text = converter.findings.add_text(&what, default);
    let arena = Bump::new();
    let node = read(&arena, text, default).map_err(|(span, message)| {
        converter.findings.report(span, format!("{what}: {message}"), "here", None);
    });
    let value = converter.value(&node.ok()?, field.ty, format_args!("{what}"))?;
    converter.defaults.insert((field.ty, default), value.clone());
    Some(value)
}
