//! `--set name=value`: parameters given on the command line.

use std::collections::BTreeMap;

use super::{
    findings::{Findings, Span},
    node::{Node, Shape},
    read::read,
    suggest::did_you_mean,
};

/// One `--set name=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The parameter.
    pub name: String,
    /// Its new value as RON text; what is not RON is a string.
    pub value: String,
}

impl std::str::FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, such as epochs=4")?;
        Ok(Self { name: name.trim().to_owned(), value: value.to_owned() })
    }
}

/// Puts the settings in place of the parameters of the file.
pub(crate) fn apply(settings: &[Setting], params: &mut BTreeMap<String, Node>, findings: &mut Findings) {
    for setting in settings {
        let text = findings.add_text(&format!("--set {}", setting.name), &setting.value);
        let span = Span { text, start: 0, len: setting.value.len() };
        if !params.contains_key(&setting.name) {
            let message = format!("the pipeline has no parameter `{}` to set", setting.name);
            let help = did_you_mean(&setting.name, params.keys().map(String::as_str))
                .unwrap_or_else(|| "the file has no `params`".to_owned());
            findings.report(span, message, "this value has nowhere to go", Some(help));
            continue;
        }
        let is_text = matches!(params[&setting.name].shape, Shape::Str(_));
        let node = value(text, span, &setting.value);
        let node = if is_text { as_text(node, span, &setting.value) } else { node };
        params.insert(setting.name.clone(), node);
    }
}

/// The value of a parameter that holds text in the file: a number or `true` is text then as well, as it is written.
fn as_text(node: Node, span: Span, source: &str) -> Node {
    match node.shape {
        Shape::Int(_) | Shape::Float(_) | Shape::Bool(_) => Node { span, shape: Shape::Str(source.to_owned()) },
        _ => node,
    }
}

/// The value of a setting: bare text, such as a word or a path, is a string.
fn value(text: usize, span: Span, source: &str) -> Node {
    match read(text, source) {
        Ok(node) if !matches!(node.shape, Shape::Word(_)) => node,
        Ok(node) if node.shape == Shape::Word("None".to_owned()) => node,
        _ => Node { span, shape: Shape::Str(source.to_owned()) },
    }
}
