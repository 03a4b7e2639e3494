//! Holds a value of the file against the type that its field asks for.

use std::{collections::HashMap, fmt::Arguments};

use serde_json::{Map, Value, json};

use super::{
    findings::{Findings, Span},
    node::{Node, Pair, Shape},
    pattern::matches_pattern,
    record::{Table, record},
    scope::{Scope, fill_in},
    suggest::did_you_mean,
};
use crate::Type;

/// A use of another stage's output.
pub(crate) struct Reference {
    /// Position of that stage among all stages.
    pub stage: usize,
    /// Where it is named.
    pub span: Span,
}

/// Defaults that were converted before, by their types and texts: most stages leave most fields out.
pub(crate) type Defaults = HashMap<(Type, &'static str), Value>;

/// Converts the values of one stage, collecting mistakes and references on the way.
pub(crate) struct Converter<'a, 't> {
    pub scope: Scope<'a, 't>,
    pub findings: &'a mut Findings,
    pub defaults: &'a mut Defaults,
    pub references: Vec<Reference>,
}

impl Converter<'_, '_> {
    /// The canonical JSON of `node` as a `ty`; `what` names the field in messages. `None` after a mistake.
    pub fn value(&mut self, node: &Node, ty: Type, what: Arguments) -> Option<Value> {
        let node = &self.scope.resolve(node, self.findings)?;
        match (ty, node.shape) {
            (Type::Optional(_), Shape::Word("None")) => Some(Value::Null),
            (Type::Optional(item), Shape::Tuple(Some("Some"), [inner])) => self.value(inner, *item, what),
            (Type::Optional(item), _) => self.value(node, *item, what),
            (Type::Bool, Shape::Bool(value)) => Some(json!(value)),
            (Type::Int, Shape::Int(value)) => Some(json!(value)),
            (Type::Float, Shape::Int(value)) => Some(json!(value as f64)),
            (Type::Float, Shape::Float(value)) => Some(json!(value)),
            (Type::Str | Type::Path | Type::StageOrPath, Shape::Str(value)) => Some(json!(value)),
            (Type::Stage | Type::StageOrPath, _) if node.call("Stage").is_some() => self.reference(node),
            (Type::OneOf(words), Shape::Word(word) | Shape::Str(word)) => self.one_of(words, word, node, what),
            (Type::List(item), Shape::List(items)) => self.list(items, *item, what),
            (Type::Map(item), Shape::Map(pairs)) => self.map(pairs, *item, what),
            (Type::Record(fields), Shape::Record(_, entries)) => {
                record(self, Table { fields, others: &[] }, entries, node.span, what).map(Value::Object)
            }
            (Type::Record(fields), Shape::Tuple(_, [])) => {
                record(self, Table { fields, others: &[] }, &[], node.span, what).map(Value::Object)
            }
            _ => self.wrong_type(node, ty, what),
        }
    }

    /// `Stage("id")`, with the values of the `foreach` filled in.
    fn reference(&mut self, node: &Node) -> Option<Value> {
        let name = fill_in(node.call("Stage")?, node.span, self.scope.each, self.findings)?;
        if name.contains('*') {
            let message = format!("`{name}` may stand for several stages, which needs a list around it");
            self.findings.report(node.span, message, "a pattern outside a list", Some(format!("[Stage(\"{name}\")]")));
            return None;
        }
        match self.scope.stages.position.get(&*name) {
            Some(&stage) => Some(self.refer_to(stage, node.span)),
            None => {
                let help = did_you_mean(&name, self.scope.stages.in_order.iter().copied());
                self.findings.report(node.span, format!("there is no stage `{name}`"), "unknown stage", help);
                None
            }
        }
    }

    fn refer_to(&mut self, stage: usize, span: Span) -> Value {
        self.references.push(Reference { stage, span });
        json!({ "$stage": self.scope.stages.in_order[stage] })
    }

    fn list(&mut self, items: &[Node], item: Type, what: Arguments) -> Option<Value> {
        let mut values = Vec::with_capacity(items.len());
        let mut sound = true;
        for node in items {
            let takes_stages = matches!(item, Type::Stage | Type::StageOrPath);
            match node.call("Stage").filter(|name| takes_stages && name.contains('*')) {
                Some(pattern) => sound &= self.expand_pattern(pattern, node.span, &mut values).is_some(),
                None => match self.value(node, item, what) {
                    Some(value) => values.push(value),
                    None => sound = false,
                },
            }
        }
        sound.then_some(Value::Array(values))
    }

    /// Adds all stages that fit a pattern, in the order of the file.
    fn expand_pattern(&mut self, pattern: &str, span: Span, values: &mut Vec<Value>) -> Option<()> {
        let pattern = fill_in(pattern, span, self.scope.each, self.findings)?;
        let names = self.scope.stages;
        let fits = |name: &str| name != self.scope.own_id && matches_pattern(&pattern, name);
        let found: Vec<usize> = (0..names.in_order.len()).filter(|&at| fits(names.in_order[at])).collect();
        if found.is_empty() {
            let help = did_you_mean(&pattern, names.in_order.iter().copied());
            self.findings.report(span, format!("no stage fits `{pattern}`"), "stands for no stage", help);
            return None;
        }
        values.extend(found.into_iter().map(|stage| self.refer_to(stage, span)));
        Some(())
    }

    fn map(&mut self, pairs: &[Pair], item: Type, what: Arguments) -> Option<Value> {
        let mut values = Map::new();
        let mut sound = true;
        for (key, node) in pairs {
            let (Shape::Str(name) | Shape::Word(name)) = key.shape else {
                sound = self.wrong_type(key, Type::Str, format_args!("a key of {what}")).is_some();
                continue;
            };
            match self.value(node, item, what) {
                Some(value) if !values.contains_key(name) => {
                    values.insert(name.to_owned(), value);
                }
                Some(_) => {
                    self.findings.report(key.span, format!("{what} has the key `{name}` twice"), "again here", None);
                    sound = false;
                }
                None => sound = false,
            }
        }
        sound.then_some(Value::Object(values))
    }

    fn one_of(&mut self, words: &[&str], word: &str, node: &Node, what: Arguments) -> Option<Value> {
        if words.contains(&word) {
            return Some(json!(word));
        }
        let message = format!("{what} cannot be `{word}`");
        let label = format!("expected one of {}", words.join(", "));
        self.findings.report(node.span, message, &label, did_you_mean(word, words.iter().copied()));
        None
    }

    fn wrong_type(&mut self, node: &Node, ty: Type, what: Arguments) -> Option<Value> {
        let message = format!("{what} must be {ty}, found {}", node.describe());
        self.findings.report(node.span, message, &format!("expected {ty}"), type_help(ty).map(str::to_owned));
        None
    }
}

/// How to write a value of a type that newcomers get wrong.
fn type_help(ty: Type) -> Option<&'static str> {
    match ty {
        Type::Int => Some("a whole number without a point"),
        Type::Stage => Some("the output of another stage is written Stage(\"its name\")"),
        Type::StageOrPath => Some("write Stage(\"a name\") for another stage's output, \"a/path\" for a file"),
        Type::List(_) => Some("a list is written [a, b]"),
        Type::Map(_) => Some("a map is written {\"key\": value}"),
        Type::Record(_) => Some("a record is written (field: value)"),
        _ => None,
    }
}
