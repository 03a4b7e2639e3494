//! What stands in a PyTorch file beside tensors.

use std::collections::BTreeMap;

use pytorch_reader::PickleValue;

/// The dictionary that [`super::write`] puts texts in.
pub(super) const META: &str = "meta";

/// How the names of plain values begin that trainings leave in a checkpoint: tensors, types, scalars, options, times.
const PLAIN: [&str; 19] = [
    "torch.Tensor",
    "torch.TypedStorage",
    "torch.UntypedStorage",
    "torch.Size",
    "torch.device",
    "torch.bfloat16",
    "torch.bool",
    "torch.float",
    "torch.int",
    "torch.uint",
    "numpy.core.multiarray.",
    "numpy._core.multiarray.",
    "numpy.dtype",
    "numpy.ndarray",
    "argparse.Namespace",
    "collections.",
    "_codecs.encode",
    "datetime.",
    "pathlib.",
];

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
            // `int` is one of more than 64 bits.
            let is_plain = name == "int" || PLAIN.iter().any(|plain| name.starts_with(plain));
            (!is_plain).then(|| name.clone())
        }
        PickleValue::List(items) => items.iter().filter_map(callee).min(),
        PickleValue::Dict(entries) => entries.values().filter_map(callee).min(),
        _ => None,
    }
}
