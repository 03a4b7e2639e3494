//! `--set name=value`: parameters given on the command line.

use bumpalo::Bump;

use super::{
    findings::{Findings, Span},
    node::{Node, Shape},
    read::read,
    scope::Params,
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
pub(crate) fn apply<'t>(arena: &'t Bump, settings: &'t [Setting], params: &mut Params<'t>, findings: &mut Findings) {
    for setting in settings {
        let text = findings.add_text(&format!("--set {}", setting.name), &setting.value);
        let span = Span { text, start: 0, len: setting.value.len() };
        let Some(param) = params.get_mut(setting.name.as_str()) else {
            let message = format!("the pipeline has no parameter `{}` to set", setting.name);
            let help = did_you_mean(&setting.name, params.keys().copied())
                .unwrap_or_else(|| "the file has no `params`".to_owned());
            findings.report(span, message, "this value has nowhere to go", Some(help));
            continue;
        };
        let node = value(arena, text, span, &setting.value);
        *param = if matches!(param.shape, Shape::Str(_)) { as_text(node, span, &setting.value) } else { node };
    }
}

/// The value of a parameter that holds text in the file: a number or `true` is text then as well, as it is written.
fn as_text<'t>(node: Node<'t>, span: Span, source: &'t str) -> Node<'t> {
    match node.shape {
        Shape::Int(_) | Shape::Float(_) | Shape::Bool(_) => Node { span, shape: Shape::Str(source) },
        _ => node,
    }
}

/// The value of a setting: bare text, such as a word or a path, is a string.
fn value<'t>(arena: &'t Bump, text: usize, span: Span, source: &'t str) -> Node<'t> {
    match read(arena, text, source) {
        Ok(node) if !matches!(node.shape, Shape::Word(_)) => node,
        Ok(node) if node.shape == Shape::Word("None") => node,
        _ => Node { span, shape: Shape::Str(source) },
    }
}
