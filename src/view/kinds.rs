//! Stage kinds and their fields as text.

use comfy_table::{ContentArrangement, Table, presets};
use simvg_pipeline::{COMMON_FIELDS, Field, Registry, StageKind, Type};

/// Every kind with what it does.
pub fn kinds_text(registry: &Registry) -> String {
    let mut table = table();
    for kind in registry.kinds() {
        table.add_row([kind.name(), kind.doc()]);
    }
    format!("{table}\n\nsimvg-pipe kinds KIND lists the fields of one.\n")
}

/// What a kind does, and a table of its fields.
pub fn kind_text(kind: &dyn StageKind) -> String {
    let mut table = table();
    table.set_header(["field", "type", "default", "meaning"]);
    add_fields("", kind.fields(), &mut table);
    add_fields("", COMMON_FIELDS, &mut table);
    let (name, version, doc) = (kind.name(), kind.version(), kind.doc());
    let table = table.trim_fmt();
    format!("{name} (version {version})\n\n{doc}\n\n{table}\n\nBesides, every kind may have foreach: a map of lists.\n")
}

/// Rows for fields, those of records below their own as `record.field`.
fn add_fields(prefix: &str, fields: &[Field], table: &mut Table) {
    for field in fields {
        let name = format!("{prefix}{}", field.name);
        let note = if field.in_key { "" } else { " (does not make the stage run again)" };
        let default = field.default.unwrap_or("required");
        table.add_row([&name, &type_text(field.ty), default, &format!("{}{note}", field.doc)]);
        if let Some(inner) = record_fields(field.ty) {
            add_fields(&format!("{name}."), inner, table);
        }
    }
}

/// The type, without the names of a record's fields: they have rows of their own.
fn type_text(ty: Type) -> String {
    match ty {
        Type::Record(_) => "record".to_owned(),
        Type::List(item) => format!("list of {}", type_text(*item)),
        Type::Map(item) => format!("map of {}", type_text(*item)),
        Type::Optional(item) => format!("optional {}", type_text(*item)),
        other => other.to_string(),
    }
}

fn record_fields(ty: Type) -> Option<&'static [Field]> {
    match ty {
        Type::Record(fields) => Some(fields),
        Type::List(item) | Type::Map(item) | Type::Optional(item) => record_fields(*item),
        _ => None,
    }
}

fn table() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table
}
