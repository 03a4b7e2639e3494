//! References, told compactly: a data set has hundreds of thousands, and as many lists and texts of their own would take
//! several times as much memory.
//!
//! A reference with one expression takes 56 bytes and its words, and 8 bytes for each of its targets.

use std::collections::HashMap;
use std::sync::Arc;

/// References in the order of their files.
#[derive(Clone, Debug, Default)]
pub struct Refs {
    rows: Vec<Row>,
    targets: Vec<i64>,
    sentences: Vec<Place>,
    text: String,
    splits: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    ref_id: i64,
    image_id: i64,
    /// Where its targets and sentences end; they begin where those of the row before end.
    targets: u32,
    sentences: u32,
    split: u32,
    any_box: bool,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    sent_id: i64,
    /// Where its words end in the text of all.
    end: usize,
}

/// A reference without its expressions.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Number of the reference.
    pub ref_id: i64,
    /// The picture.
    pub image_id: i64,
    /// The annotations that are meant; none where there is no target.
    pub targets: &'a [i64],
    /// Any one of them is a right answer.
    pub any_box: bool,
    /// The split.
    pub split: &'a str,
}

/// What is added to numbers.
#[derive(Clone, Copy, Debug)]
pub struct Shift {
    /// To those of references.
    pub ref_id: i64,
    /// To those of expressions.
    pub sent_id: i64,
    /// To those of targets.
    pub target: i64,
}

/// One reference.
#[derive(Clone, Copy, Debug)]
pub struct Ref<'a> {
    /// Number of the reference.
    pub ref_id: i64,
    /// The picture.
    pub image_id: i64,
    /// The annotations that are meant; none where there is no target.
    pub targets: &'a [i64],
    /// Any one of them is a right answer.
    pub any_box: bool,
    /// The split.
    pub split: &'a Arc<str>,
    /// Its row.
    pub row: usize,
    refs: &'a Refs,
}

/// One expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence<'a> {
    /// Its place among the sentences of all references.
    pub place: usize,
    /// Number of the expression, unique in the data set.
    pub sent_id: i64,
    /// The words, as the data set's authors cleaned them.
    pub sent: &'a str,
}

impl Refs {
    /// Adds a reference with its expressions and their numbers.
    pub fn push<T: AsRef<str>>(&mut self, head: Head, sentences: impl IntoIterator<Item = (i64, T)>) {
        let split = self.split(head.split);
        self.targets.extend_from_slice(head.targets);
        for (sent_id, sent) in sentences {
            self.text.push_str(sent.as_ref());
            self.sentences.push(Place { sent_id, end: self.text.len() });
        }
        let Head { ref_id, image_id, any_box, .. } = head;
        let (targets, sentences) = (self.targets.len() as u32, self.sentences.len() as u32);
        self.rows.push(Row { ref_id, image_id, targets, sentences, split, any_box });
    }

    /// Adds all of `others`, whose numbers of references, expressions and targets go on from those here.
    pub fn append(&mut self, others: &Self, shift: Shift) {
        let splits: Vec<u32> = others.splits.iter().map(|split| self.split(split)).collect();
        let (targets, sentences) = (self.targets.len() as u32, self.sentences.len() as u32);
        let text = self.text.len();
        self.targets.extend(others.targets.iter().map(|target| target + shift.target));
        self.sentences
            .extend(others.sentences.iter().map(|s| Place { sent_id: s.sent_id + shift.sent_id, end: s.end + text }));
        self.text.push_str(&others.text);
        self.rows.extend(others.rows.iter().map(|row| Row {
            ref_id: row.ref_id + shift.ref_id,
            targets: row.targets + targets,
            sentences: row.sentences + sentences,
            split: splits[row.split as usize],
            ..*row
        }));
    }

    /// The number of a split, which is mostly that of the reference before.
    fn split(&mut self, name: &str) -> u32 {
        let last = self.rows.last().map(|row| row.split).filter(|&last| *self.splits[last as usize] == *name);
        if let Some(known) = last.or_else(|| self.numbers.get(name).copied()) {
            return known;
        }
        let (number, shared) = (self.splits.len() as u32, Arc::<str>::from(name));
        self.splits.push(Arc::clone(&shared));
        self.numbers.insert(shared, number);
        number
    }

    /// Number of references.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The splits that references name, in the order of their first appearance.
    pub fn splits(&self) -> &[Arc<str>] {
        &self.splits
    }

    /// The reference in a row.
    pub fn get(&self, row: usize) -> Ref<'_> {
        let Row { ref_id, image_id, any_box, split, .. } = self.rows[row];
        let start = row.checked_sub(1).map_or(0, |before| self.rows[before].targets as usize);
        let targets = &self.targets[start..self.rows[row].targets as usize];
        Ref { ref_id, image_id, targets, any_box, split: &self.splits[split as usize], row, refs: self }
    }

    /// All references.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Ref<'_>> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Number of expressions.
    pub fn sentence_count(&self) -> usize {
        self.sentences.len()
    }

    /// The expression at a place among those of all references.
    pub fn sentence(&self, place: usize) -> Sentence<'_> {
        let start = place.checked_sub(1).map_or(0, |before| self.sentences[before].end);
        let Place { sent_id, end } = self.sentences[place];
        Sentence { place, sent_id, sent: &self.text[start..end] }
    }
}

impl<'a> Ref<'a> {
    /// Its expressions.
    pub fn sentences(&self) -> impl ExactSizeIterator<Item = Sentence<'a>> + use<'a> {
        let (refs, rows) = (self.refs, &self.refs.rows);
        let start = self.row.checked_sub(1).map_or(0, |before| rows[before].sentences);
        (start as usize..rows[self.row].sentences as usize).map(|place| refs.sentence(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_as_they_were_given() {
        let mut refs = Refs::default();
        let head = Head { ref_id: 7, image_id: 3, targets: &[4, 5], any_box: false, split: "val" };
        refs.push(head, [(1, "the cup"), (2, "")]);
        refs.push(Head { ref_id: 8, targets: &[], any_box: true, split: "train", ..head }, [(3, "a\u{e9}")]);
        refs.push(Head { ref_id: 9, ..head }, [(0, ""); 0]);
        let told: Vec<_> = refs.iter().map(|r| (r.ref_id, r.targets, r.any_box, &**r.split)).collect();
        assert_eq!(told, [(7, &[4, 5][..], false, "val"), (8, &[], true, "train"), (9, &[4, 5], false, "val")]);
        let said = |row: usize| refs.get(row).sentences().map(|s| (s.sent_id, s.sent)).collect::<Vec<_>>();
        assert_eq!([said(0), said(1), said(2)], [vec![(1, "the cup"), (2, "")], vec![(3, "a\u{e9}")], vec![]]);
        assert_eq!(refs.sentence_count(), 3);
        assert_eq!(refs.splits().iter().map(|split| &**split).collect::<Vec<_>>(), ["val", "train"]);
    }
}
