//! One flat buffer for all parameters, and the table that says which tensor lies where.
//!
//! The optimizer, the EMA and checkpoints see one slice; backbone and head ask for tensors by their
//! official state-dict names. Gradients, moments and averages are buffers of the same layout.

use std::collections::BTreeMap;
use std::ops::Range;

/// Name, shape and place of one tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Official state-dict name, such as `vis_enc.beit3.text_embed.weight`.
    pub name: String,
    /// Row-major shape.
    pub shape: Vec<usize>,
    /// First element in the flat buffer.
    pub offset: usize,
}

impl Entry {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// True for a tensor without elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its place in the flat buffer.
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.len()
    }
}

/// The tensors of a model in buffer order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    entries: Vec<Entry>,
    by_name: BTreeMap<String, usize>,
    len: usize,
}

impl Layout {
    /// Appends a tensor; names are unique.
    pub fn push(&mut self, name: impl Into<String>, shape: &[usize]) {
        let name = name.into();
        let entry = Entry { name: name.clone(), shape: shape.to_vec(), offset: self.len };
        self.len += entry.len();
        let old = self.by_name.insert(name, self.entries.len());
        assert!(old.is_none(), "tensor {} is laid out twice", entry.name);
        self.entries.push(entry);
    }

    /// All tensors in buffer order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The tensor of this name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.by_name.get(name).map(|&i| &self.entries[i])
    }

    /// Where the tensor of this name lies. Panics if there is none: names are fixed by the code.
    pub fn range(&self, name: &str) -> Range<usize> {
        self.get(name).unwrap_or_else(|| panic!("no tensor named {name}")).range()
    }

    /// What lies before, between and after these parts of the flat buffer, which do not overlap.
    pub fn between(&self, parts: &[Range<usize>]) -> Vec<Range<usize>> {
        let mut parts = parts.to_vec();
        parts.sort_unstable_by_key(|part| part.start);
        let starts = std::iter::once(0).chain(parts.iter().map(|part| part.end));
        let ends = parts.iter().map(|part| part.start).chain([self.len]);
        starts.zip(ends).map(|(start, end)| start..end).filter(|gap| !gap.is_empty()).collect()
    }

    /// Elements of the flat buffer.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if nothing has been laid out.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_what_the_parts_leave() {
        let mut layout = Layout::default();
        layout.push("a", &[10]);
        let gaps = |parts: &[Range<usize>]| -> Vec<_> {
            layout.between(parts).into_iter().map(|gap| (gap.start, gap.end)).collect()
        };
        assert_eq!(gaps(&[]), [(0, 10)]);
        assert_eq!(gaps(&[6..8, 0..2, 2..3]), [(3, 6), (8, 10)]);
        assert_eq!(gaps(&[4..6, 6..10]), [(0, 4)]);
    }
}
