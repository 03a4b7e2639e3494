//! What stands in a PyTorch file beside tensors.

use std::collections::BTreeMap;

use pytorch_reader::PickleValue;

/// The dictionary that [`super::write`] puts texts in.
pub(super) const META: &str = "meta";

/// Modules of the plain values that trainings leave in a checkpoint: sizes, types, scalars, options, times.
const PLAIN: [&str; 9] = ["torch", "collections", "numpy", "argparse", "_codecs", "datetime", "pathlib", "enum", "int"];

/// Numbers and texts at the top of the file and in its `meta`, as text.
pub(super) fn facts(root: &PickleValue) -> BTreeMap<String, String> {
    let PickleValue::Dict(root) = root else { return BTreeMap::new() };
    let meta = match root.get(META) {
        Some(PickleValue::Dict(meta)) => meta.iter().collect(),
        _ => Vec::new(),
    };
    root.iter().chain(meta).filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

fn text(value: &PickleValue) -> Option<String> {
    match value {
        PickleValue::Bool(value) => Some(value.to_string()),
        PickleValue::Int(value) => Some(value.to_string()),
        PickleValue::Float(value) => Some(value.to_string()),
        PickleValue::String(value) => Some(value.clone()),
        _ => None,
    }
}

/// What the file would have Python call or make besides plain values; the first name in the order of the alphabet.
pub(super) fn callee(value: &PickleValue) -> Option<String> {
    match value {
        PickleValue::Unsupported(name) => {
            let module = name.split('.').next().unwrap_or_default();
            (!PLAIN.contains(&module)).then(|| name.clone())
        }
        PickleValue::List(items) => items.iter().filter_map(callee).min(),
        PickleValue::Dict(entries) => entries.values().filter_map(callee).min(),
        _ => None,
    }
}
