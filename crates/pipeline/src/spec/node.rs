//! RON text as a tree of nodes that know their place in the text.

use serde_json::{Value, json};

use super::findings::Span;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub span: Span,
    pub shape: Shape,
}

/// What kind of value a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    /// A bare word such as `None` or `Bf16`.
    Word(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    /// `Name(field: value)` or `(field: value)`.
    Record(Option<String>, Vec<Entry>),
    /// `Name(value)`, `(value, value)` or `Name()`.
    Tuple(Option<String>, Vec<Node>),
}

/// One field of a record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub name: String,
    pub name_span: Span,
    pub value: Node,
}

impl Node {
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
    pub fn call<'a>(&'a self, name: &str) -> Option<&'a str> {
        match &self.shape {
            Shape::Tuple(Some(found), items) if found == name => match items.as_slice() {
                [Node { shape: Shape::Str(text), .. }] => Some(text),
                _ => None,
            },
            _ => None,
        }
    }
}
