//! What the names in a stage's fields refer to: `Param("x")`, `Each("x")`, and the `{x}` in stage names.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use foldhash::fast::RandomState;

use super::{
    findings::{Findings, Span},
    node::{Node, Shape},
    suggest::did_you_mean,
};

/// The values of a `foreach` for one of the stages that it stands for, in the order of the file.
pub(crate) type Each<'t> = Vec<(&'t str, Node<'t>)>;

/// The parameters of a pipeline, by name.
pub(crate) type Params<'t> = BTreeMap<&'t str, Node<'t>>;

/// Everything that the fields of one stage can refer to.
pub(crate) struct Scope<'a, 't> {
    pub params: &'a Params<'t>,
    pub each: &'a Each<'t>,
    pub stages: &'a StageNames<'t>,
    /// The stage itself, which no pattern of its own matches.
    pub own_id: &'a str,
}

/// The names of all stages, `foreach` expanded, in the order of the file.
#[derive(Default)]
pub(crate) struct StageNames<'t> {
    pub in_order: Vec<&'t str>,
    pub position: HashMap<&'t str, usize, RandomState>,
}

impl<'t> Scope<'_, 't> {
    /// The value that a node stands for: itself, or what its `Param` or `Each` refers to.
    pub fn resolve<'n>(&self, node: &Node<'n>, findings: &mut Findings) -> Option<Node<'n>>
    where
        't: 'n,
    {
        if let Some(name) = node.call("Param") {
            return self.params.get(name).copied().or_else(|| {
                let help = did_you_mean(name, self.params.keys().copied())
                    .unwrap_or_else(|| format!("add it to the pipeline: params: {{\"{name}\": ...}}"));
                unknown("parameter", name, node.span, help, findings)
            });
        }
        if let Some(name) = node.call("Each") {
            let found = self.each.iter().find(|(known, _)| *known == name);
            return found.map(|(_, value)| *value).or_else(|| {
                let help = did_you_mean(name, self.each.iter().map(|(known, _)| *known))
                    .unwrap_or_else(|| format!("the stage has no foreach: {{\"{name}\": [...]}}"));
                unknown("foreach value", name, node.span, help, findings)
            });
        }
        Some(*node)
    }
}

/// Puts the values of a `foreach` into the `{name}`s of a stage name; `None` after a mistake.
pub(crate) fn fill_in<'n>(template: &'n str, span: Span, each: &Each, findings: &mut Findings) -> Option<Cow<'n, str>> {
    if !template.contains('{') {
        return Some(Cow::Borrowed(template));
    }
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let Some((_, value)) = each.iter().find(|(known, _)| *known == name) else {
            let help = did_you_mean(name, each.iter().map(|(known, _)| *known))
                .unwrap_or_else(|| format!("the stage has no foreach: {{\"{name}\": [...]}}"));
            return unknown("foreach value", name, span, help, findings);
        };
        filled.push_str(before);
        filled.push_str(&plain_text(value, findings)?);
        rest = after;
    }
    filled.push_str(rest);
    Some(Cow::Owned(filled))
}

/// A value as a part of a stage name.
fn plain_text(value: &Node, findings: &mut Findings) -> Option<String> {
    match &value.shape {
        Shape::Bool(value) => Some(value.to_string()),
        Shape::Int(value) => Some(value.to_string()),
        Shape::Float(value) => Some(value.to_string()),
        Shape::Str(value) | Shape::Word(value) => Some((*value).to_owned()),
        _ => {
            let message = format!("{} cannot be a part of a stage's name", value.describe());
            findings.report(value.span, message, "not a number, a word or a string", None);
            None
        }
    }
}

fn unknown<T>(what: &str, name: &str, span: Span, help: String, findings: &mut Findings) -> Option<T> {
    findings.report(span, format!("there is no {what} `{name}`"), &format!("unknown {what}"), Some(help));
    None
}
