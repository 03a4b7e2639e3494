//! The fields of a stage kind and their types, as data: checks, defaults and documentation all come from one table.

use std::fmt;

/// One field that a stage of some kind may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Field {
    /// Name in the pipeline file.
    pub name: &'static str,
    /// What values it takes.
    pub ty: Type,
    /// The value it has when it is left out, as RON text; `None`: it must be given.
    pub default: Option<&'static str>,
    /// What it means, with its unit.
    pub doc: &'static str,
    /// Whether it can change the result. `false` for things like thread counts and log intervals: they are left out of
    /// the fingerprint.
    pub in_key: bool,
}

impl Field {
    /// A field that every stage of the kind must give.
    pub const fn required(name: &'static str, ty: Type, doc: &'static str) -> Self {
        Self { name, ty, default: None, doc, in_key: true }
    }

    /// A field that may be left out and is then worth `default` (RON text).
    pub const fn optional(name: &'static str, ty: Type, default: &'static str, doc: &'static str) -> Self {
        Self { name, ty, default: Some(default), doc, in_key: true }
    }

    /// The same field, left out of the fingerprint.
    pub const fn not_in_key(self) -> Self {
        Self { in_key: false, ..self }
    }
}

/// What values a field takes, and the JSON value that a stage sees for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// `true` or `false`; a JSON boolean.
    Bool,
    /// A whole number; `1.0` is refused. A JSON integer.
    Int,
    /// A number, with or without a fraction; always a JSON float.
    Float,
    /// `"text"`; a JSON string.
    Str,
    /// `"a/path"`, relative to the current directory; a JSON string.
    Path,
    /// `Stage("id")`, the output folder of another stage; `{"$stage": "id"}`.
    Stage,
    /// Either of the two above.
    StageOrPath,
    /// One of some words, bare or in quotes; a JSON string.
    OneOf(&'static [&'static str]),
    /// `[a, b, ...]`; a JSON array.
    List(&'static Type),
    /// `{"key": value, ...}`; a JSON object.
    Map(&'static Type),
    /// `(field: value, ...)`, with or without a name in front; a JSON object with its defaults filled in.
    Record(&'static [Field]),
    /// `None`, `Some(x)` or simply `x`; JSON null or the value.
    Optional(&'static Type),
}

impl fmt::Display for Type {
    /// The type as the user guide and the error messages write it: `list of Int`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => out.write_str("Bool"),
            Self::Int => out.write_str("Int"),
            Self::Float => out.write_str("Float"),
            Self::Str => out.write_str("Str"),
            Self::Path => out.write_str("Path"),
            Self::Stage => out.write_str("Stage"),
            Self::StageOrPath => out.write_str("Stage or Path"),
            Self::OneOf(words) => out.write_str(&words.join(" | ")),
            Self::List(item) => write!(out, "list of {item}"),
            Self::Map(item) => write!(out, "map of {item}"),
            Self::Record(fields) => {
                let names: Vec<_> = fields.iter().map(|field| field.name).collect();
                write!(out, "record ({})", names.join(", "))
            }
            Self::Optional(item) => write!(out, "optional {item}"),
        }
    }
}
