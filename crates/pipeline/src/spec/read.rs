//! Reads RON text into nodes.
//!
//! `ron` keeps places only for syntax errors, but a borrowed [`RawValue`] is a slice of the source, so its place follows
//! from its address. The tree is read level by level: each level asks `ron` for the raw values inside one pair of
//! brackets. A syntax error is found by the first call, which looks at the whole text.

use std::fmt;

use ron::value::RawValue;
use serde::{
    Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

use super::{
    findings::Span,
    node::{Entry, Node, Shape},
};

/// Why a text could not be read, and where.
pub(crate) type ReadError = (Span, String);

/// Reads `source`, which is the text with index `text` among the [`Findings`](super::findings::Findings).
pub(crate) fn read(text: usize, source: &str) -> Result<Node, ReadError> {
    Reader { text, source }.whole()
}

struct Reader<'s> {
    text: usize,
    source: &'s str,
}

impl<'s> Reader<'s> {
    fn whole(&self) -> Result<Node, ReadError> {
        let raw = ron::from_str::<&RawValue>(self.source).map_err(|error| {
            (self.place(error.span.start.line, error.span.start.col), format!("syntax error: {}", error.code))
        })?;
        self.node(raw)
    }

    fn node(&self, raw: &'s RawValue) -> Result<Node, ReadError> {
        let slice = raw.trim().get_ron();
        let span = self.span(slice);
        let fail = |error: ron::error::SpannedError| (span, error.code.to_string());
        let is_raw_string = slice.starts_with("r\"") || slice.starts_with("r#");
        let shape = match slice.as_bytes().first().copied().unwrap_or_default() {
            b'[' => Shape::List(self.nodes(ron::from_str(slice).map_err(fail)?)?),
            b'{' => self.pairs(slice, span)?,
            b'(' => self.body(None, slice, span)?,
            b'"' => Shape::Str(ron::from_str(slice).map_err(fail)?),
            _ if is_raw_string => Shape::Str(ron::from_str(slice).map_err(fail)?),
            b'0'..=b'9' | b'+' | b'-' | b'.' => {
                number(slice).ok_or((span, format!("{slice} is not a usable number")))?
            }
            _ => self.named(slice, span)?,
        };
        Ok(Node { span, shape })
    }

    /// A value that begins with a word.
    fn named(&self, slice: &'s str, span: Span) -> Result<Shape, ReadError> {
        let end = slice.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(slice.len());
        let (word, rest) = slice.split_at(end);
        match (word, rest.find('(')) {
            ("", _) => Err((span, format!("{slice} is not a kind of value that pipeline files use"))),
            ("true", None) => Ok(Shape::Bool(true)),
            ("false", None) => Ok(Shape::Bool(false)),
            (_, None) if rest.is_empty() => Ok(Shape::Word(word.to_owned())),
            (_, None) => Err((span, format!("{slice} is not a kind of value that pipeline files use"))),
            (_, Some(at)) => self.body(Some(word), &rest[at..], span),
        }
    }

    /// What stands in round brackets: fields with names or values without.
    fn body(&self, name: Option<&str>, slice: &'s str, span: Span) -> Result<Shape, ReadError> {
        let name = name.map(str::to_owned);
        let mut deserializer = ron::Deserializer::from_str(slice).map_err(|error| (span, error.code.to_string()))?;
        match deserializer.deserialize_any(BodyVisitor).map_err(|error| (span, error.to_string()))? {
            Body::Values(values) => Ok(Shape::Tuple(name, self.nodes(values)?)),
            Body::Fields(fields) => {
                let mut entries = Vec::with_capacity(fields.len());
                for (field, value) in fields {
                    let value = self.node(value)?;
                    entries.push(Entry { name_span: self.name_before(&field, value.span), name: field, value });
                }
                Ok(Shape::Record(name, entries))
            }
        }
    }

    fn nodes(&self, values: Vec<&'s RawValue>) -> Result<Vec<Node>, ReadError> {
        values.into_iter().map(|value| self.node(value)).collect()
    }

    fn pairs(&self, slice: &'s str, span: Span) -> Result<Shape, ReadError> {
        let mut deserializer = ron::Deserializer::from_str(slice).map_err(|error| (span, error.code.to_string()))?;
        let pairs = deserializer.deserialize_map(PairsVisitor).map_err(|error| (span, error.to_string()))?;
        let read = |(key, value)| Ok((self.node(key)?, self.node(value)?));
        Ok(Shape::Map(pairs.into_iter().map(read).collect::<Result<_, ReadError>>()?))
    }

    /// Where the name of a field stands: the last time that it occurs before its value.
    fn name_before(&self, name: &str, value: Span) -> Span {
        let start = self.source[..value.start].rfind(name).unwrap_or(value.start);
        Span { text: self.text, start, len: name.len() }
    }

    /// The place of a slice of the source, from its address.
    fn span(&self, slice: &str) -> Span {
        Span { text: self.text, start: slice.as_ptr() as usize - self.source.as_ptr() as usize, len: slice.len() }
    }

    /// The place of a line and a column, both counted from one, the column in characters.
    fn place(&self, line: usize, column: usize) -> Span {
        let before: usize = self.source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = &self.source[before..];
        let within = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
        let len = usize::from(before + within < self.source.len());
        Span { text: self.text, start: before + within, len }
    }
}

/// A number that JSON can carry.
fn number(slice: &str) -> Option<Shape> {
    if let Ok(int) = ron::from_str(slice) {
        return Some(Shape::Int(int));
    }
    ron::from_str(slice).ok().filter(|float: &f64| float.is_finite()).map(Shape::Float)
}

enum Body<'s> {
    Fields(Vec<(String, &'s RawValue)>),
    Values(Vec<&'s RawValue>),
}

struct BodyVisitor;

impl<'de> Visitor<'de> for BodyVisitor {
    type Value = Body<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("fields or values in round brackets")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(entry) = map.next_entry()? {
            fields.push(entry);
        }
        Ok(Body::Fields(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Body<'de>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Body::Values(values))
    }

    fn visit_unit<E>(self) -> Result<Body<'de>, E> {
        Ok(Body::Values(Vec::new()))
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Vec<(&'de RawValue, &'de RawValue)>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
