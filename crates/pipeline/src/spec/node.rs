//! RON text as a tree of nodes that know their place in the text.
//!
//! Nodes are small and copied freely: what they hold lies in the text itself or in the arena (`'t`) of the pipeline that is
//! being read. A pipeline of ten thousand stages has hundreds of thousands of nodes, which go all at once.

use serde_json::{Value, json};

use super::findings::Span;

/// A value and where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Node<'t> {
    pub span: Span,
    pub shape: Shape<'t>,
}

/// What kind of value a node is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape<'t> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(&'t str),
    /// A bare word such as `None` or `Bf16`.
    Word(&'t str),
    List(&'t [Node<'t>]),
    Map(&'t [Pair<'t>]),
    /// `Name(field: value)` or `(field: value)`.
    Record(Option<&'t str>, &'t [Entry<'t>]),
    /// `Name(value)`, `(value, value)` or `Name()`.
    Tuple(Option<&'t str>, &'t [Node<'t>]),
}

/// A key of a map and its value.
pub(crate) type Pair<'t> = (Node<'t>, Node<'t>);

/// One field of a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Entry<'t> {
    pub name: &'t str,
    pub name_span: Span,
    pub value: Node<'t>,
}

impl<'t> Node<'t> {
    /// What the value looks like, for messages.
    pub fn describe(&self) -> String {
        match &self.shape {
            Shape::Bool(_) => "a Bool".to_owned(),
            Shape::Int(_) => "an Int".to_owned(),
            Shape::Float(_) => "a Float".to_owned(),
            Shape::Str(_) => "a Str".to_owned(),
            Shape::Word(word) => format!("the word `{word}`"),
            Shape::List(_) => "a list".to_owned(),
            Shape::Map(_) => "a map".to_owned(),
            Shape::Record(Some(name), _) | Shape::Tuple(Some(name), _) => format!("`{name}(...)`"),
            Shape::Record(None, _) => "a record".to_owned(),
            Shape::Tuple(None, _) => "a tuple".to_owned(),
        }
    }

    /// The value as JSON, if it is a plain one: no words, records or references.
    pub fn plain(&self) -> Option<Value> {
        match &self.shape {
            Shape::Bool(value) => Some(json!(value)),
            Shape::Int(value) => Some(json!(value)),
            Shape::Float(value) => Some(json!(value)),
            Shape::Str(value) => Some(json!(value)),
            Shape::List(items) => items.iter().map(Self::plain).collect(),
            _ => None,
        }
    }

    /// The text inside `name("text")`, if the node is that.
    pub fn call(&self, name: &str) -> Option<&'t str> {
        match self.shape {
            Shape::Tuple(Some(found), [Node { shape: Shape::Str(text), .. }]) if found == name => Some(text),
            _ => None,
        }
    }
}
