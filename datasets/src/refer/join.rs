//! Joins references with their pictures and boxes, and finds what does not fit.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::defect::Defect;
use super::ids::repeated;
use super::instances::{Annotation, Index, Instances};
use super::refs::{Ref, Refs, Sentence};
use crate::sample::Picture;
use crate::text::is_empty_when_cleaned;

/// References that are looked at in one go.
const PART: usize = 4096;

/// References with everything that they point at, without those that are defective.
#[derive(Debug)]
pub struct Joined {
    refs: Refs,
    index: Index,
    left_out: LeftOut,
}

/// Rows of references and places of expressions that are not in the data set.
#[derive(Debug, Default)]
struct LeftOut {
    refs: HashSet<usize>,
    sentences: HashSet<usize>,
}

/// One reference with its picture.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'a> {
    /// The reference.
    pub of: Ref<'a>,
    /// The picture, with all annotated objects.
    pub picture: &'a Arc<Picture>,
    joined: &'a Joined,
}

impl<'a> Reference<'a> {
    /// Target boxes, `[x0, y0, x1, y1]` in pixels.
    pub fn boxes(&self) -> Vec<[f64; 4]> {
        let objects = &self.joined.index.annotations;
        let mut boxes = Vec::with_capacity(self.of.targets.len());
        boxes.extend(self.of.targets.iter().filter_map(|&id| objects.get(id)).map(Annotation::corners));
        boxes
    }

    /// The expressions, at least one.
    pub fn sentences(&self) -> impl Iterator<Item = Sentence<'a>> + use<'a> {
        let left_out = &self.joined.left_out.sentences;
        self.of.sentences().filter(|sentence| left_out.is_empty() || !left_out.contains(&sentence.place))
    }
}

impl Joined {
    /// Joins all references but those to the pictures `without`; the second list holds everything that was wrong, and what
    /// it touches is left out. Pictures that do not tell their identity are known by `collection` and their number.
    pub fn new(
        refs: Refs,
        instances: Instances,
        known_splits: &[String],
        collection: &str,
        without: &HashSet<i64>,
    ) -> (Self, Vec<Defect>) {
        let mut defects = Vec::new();
        let index = Index::new(instances, collection, &mut defects);
        let checker = Checker::new(&refs, &index, known_splits, without);
        let starts: Vec<usize> = (0..refs.len()).step_by(PART).collect();
        let found: Vec<Found> = starts.into_par_iter().map(|start| checker.part(start)).collect();
        let mut left_out = LeftOut::default();
        for part in found {
            defects.extend(part.defects);
            left_out.refs.extend(part.left_out.refs);
            left_out.sentences.extend(part.left_out.sentences);
        }
        (Self { refs, index, left_out }, defects)
    }

    /// The references in the order of their files.
    pub fn iter(&self) -> impl Iterator<Item = Reference<'_>> {
        (0..self.refs.len()).filter_map(|row| self.get(row))
    }

    /// How many rows there are, with those that are left out.
    pub fn rows(&self) -> usize {
        self.refs.len()
    }

    /// The reference in a row, unless it is left out.
    pub fn get(&self, row: usize) -> Option<Reference<'_>> {
        if !self.left_out.refs.is_empty() && self.left_out.refs.contains(&row) {
            return None;
        }
        let of = self.refs.get(row);
        self.index.pictures.get(of.image_id).map(|picture| Reference { of, picture, joined: self })
    }

    /// Leaves out the references to these pictures.
    pub fn leave_out(&mut self, pictures: &HashSet<i64>) {
        let bad = self.refs.iter().filter(|reference| pictures.contains(&reference.image_id));
        self.left_out.refs.extend(bad.map(|reference| reference.row));
    }
}

/// What was found in a part of the references.
#[derive(Default)]
struct Found {
    defects: Vec<Defect>,
    left_out: LeftOut,
}

/// Looks at references by themselves, which needs no order.
struct Checker<'a> {
    refs: &'a Refs,
    index: &'a Index,
    known_splits: &'a [String],
    without: &'a HashSet<i64>,
    repeated: LeftOut,
}

impl<'a> Checker<'a> {
    fn new(refs: &'a Refs, index: &'a Index, known_splits: &'a [String], without: &'a HashSet<i64>) -> Self {
        let refs_again = repeated((0..refs.len()).map(|row| refs.get(row).ref_id));
        let sentences_again = repeated((0..refs.sentence_count()).map(|place| refs.sentence(place).sent_id));
        Self { refs, index, known_splits, without, repeated: LeftOut { refs: refs_again, sentences: sentences_again } }
    }

    fn part(&self, start: usize) -> Found {
        let mut found = Found::default();
        for row in start..self.refs.len().min(start + PART) {
            let reference = self.refs.get(row);
            let not_wanted = !self.without.is_empty() && self.without.contains(&reference.image_id);
            if not_wanted || !self.is_sound(&reference, &mut found) {
                found.left_out.refs.insert(row);
            }
        }
        found
    }

    /// Runs every check before giving up on a reference, so that one reading tells all.
    fn is_sound(&self, reference: &Ref, found: &mut Found) -> bool {
        let has_sentence = self.check_sentences(reference, found);
        let defects = &mut found.defects;
        let split_known = self.check_split(reference, defects);
        let ref_id = reference.ref_id;
        let is_new = self.repeated.refs.is_empty() || !self.repeated.refs.contains(&reference.row);
        if !is_new {
            defects.push(Defect::DuplicateId { what: "ref_id", id: ref_id });
        }
        let Some(picture) = self.index.pictures.get(reference.image_id) else {
            defects.push(Defect::MissingImage { ref_id, image_id: reference.image_id });
            return false;
        };
        let wrong = reference.targets.iter().filter_map(|&id| self.target_defect(reference, picture, id));
        let before = defects.len();
        defects.extend(wrong);
        defects.len() == before && has_sentence && split_known && is_new
    }

    fn check_split(&self, reference: &Ref, defects: &mut Vec<Defect>) -> bool {
        let known = self.known_splits.iter().any(|split| **split == **reference.split);
        if !known {
            let (ref_id, split) = (reference.ref_id, reference.split.to_string());
            defects.push(Defect::UnknownSplit { ref_id, split, known: self.known_splits.join(", ") });
        }
        known
    }

    /// Leaves out the sentences that are empty or occur again; false where none is left.
    fn check_sentences(&self, reference: &Ref, found: &mut Found) -> bool {
        let ref_id = reference.ref_id;
        if reference.sentences().len() == 0 {
            found.defects.push(Defect::NoExpression { ref_id });
        }
        let mut left = false;
        for Sentence { place, sent_id, sent } in reference.sentences() {
            let empty = is_empty_when_cleaned(sent);
            if empty {
                found.defects.push(Defect::EmptyExpression { ref_id, sent_id, text: sent.to_owned() });
            }
            let again = !self.repeated.sentences.is_empty() && self.repeated.sentences.contains(&place);
            if again {
                found.defects.push(Defect::DuplicateId { what: "sent_id", id: sent_id });
            }
            match empty || again {
                true => drop(found.left_out.sentences.insert(place)),
                false => left = true,
            }
        }
        left
    }

    fn target_defect(&self, reference: &Ref, picture: &Picture, ann_id: i64) -> Option<Defect> {
        let (ref_id, image_id) = (reference.ref_id, picture.id);
        match self.index.annotations.get(ann_id) {
            None => Some(Defect::MissingAnnotation { ref_id, ann_id }),
            Some(object) if object.image_id != image_id => Some(Defect::WrongImage { ref_id, ann_id, image_id }),
            Some(object) if object.fits(picture) => None,
            Some(object) => {
                let Picture { width, height, .. } = *picture;
                Some(Defect::BoxOutside { ref_id, ann_id, bbox: object.bbox, width, height })
            }
        }
    }
}
