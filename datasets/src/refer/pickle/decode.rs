//! Pickled values as a serde data format, so that the types of the annotation file say what is expected.

use serde::de::value::SeqDeserializer;
use serde::de::{Deserializer, Error, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::{Id, Node, PickleError, Tree};

/// One value of a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub struct View<'t, 'a> {
    tree: &'t Tree<'a>,
    id: Id,
}

impl<'t, 'a> View<'t, 'a> {
    pub(super) fn new(tree: &'t Tree<'a>, id: Id) -> Self {
        Self { tree, id }
    }

    /// The items of a list or tuple; `None` for any other value.
    pub fn items(self) -> Option<impl ExactSizeIterator<Item = View<'t, 'a>>> {
        match &self.tree.nodes[self.id as usize] {
            Node::List(items) => Some(items.iter().map(move |&id| View::new(self.tree, id))),
            _ => None,
        }
    }

    fn spend(self) -> Result<(), PickleError> {
        let budget = &self.tree.budget;
        let left = budget.get().checked_sub(1);
        budget.set(left.ok_or_else(|| PickleError::custom("the same values are repeated beyond all bounds"))?);
        Ok(())
    }
}

impl<'de> Deserializer<'de> for View<'_, '_> {
    type Error = PickleError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PickleError> {
        self.spend()?;
        match &self.tree.nodes[self.id as usize] {
            Node::None => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Int(value) => visitor.visit_i64(*value),
            Node::Float(value) => visitor.visit_f64(*value),
            Node::Text(text) => visitor.visit_str(text),
            Node::List(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.iter().map(|&id| View::new(self.tree, id))))
            }
            Node::Dict(entries) => visitor.visit_map(Entries { tree: self.tree, entries, value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PickleError> {
        match self.tree.nodes[self.id as usize] {
            Node::None => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// Values that nobody asked for are not walked: they may be arbitrarily deep.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PickleError> {
        self.spend()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier
    }
}

impl IntoDeserializer<'_, PickleError> for View<'_, '_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Entries<'t, 'a> {
    tree: &'t Tree<'a>,
    entries: &'t [Id],
    value: Option<Id>,
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = PickleError;

    fn next_key_seed<K: serde::de::DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, PickleError> {
        let [key, value, rest @ ..] = self.entries else { return Ok(None) };
        (self.value, self.entries) = (Some(*value), rest);
        seed.deserialize(View::new(self.tree, *key)).map(Some)
    }

    fn next_value_seed<V: serde::de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, PickleError> {
        let value = self.value.take().expect("serde asks for a key before each value");
        seed.deserialize(View::new(self.tree, value))
    }
}

impl Error for PickleError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Content(message.to_string())
    }
}
