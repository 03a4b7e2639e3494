//! Joins references with their pictures and boxes, and finds what does not fit.

use std::collections::HashSet;

use super::defect::Defect;
use super::instances::{Image, Index, Instances};
use super::raw::{RawRef, RawSentence};
use crate::text::clean_string;

/// One reference with everything that it points at.
#[derive(Clone, Debug)]
pub struct Joined {
    /// Number of the reference.
    pub ref_id: i64,
    /// Its split.
    pub split: String,
    /// The picture.
    pub image: Image,
    /// Target boxes, `[x0, y0, x1, y1]` in pixels.
    pub boxes: Vec<[f64; 4]>,
    /// Boxes of all annotated objects of the picture, in the same form.
    pub candidates: Vec<[f64; 4]>,
    /// Category ids of those objects, as the data set numbers them.
    pub candidate_categories: Vec<i64>,
    /// The expressions, at least one.
    pub sentences: Vec<Sentence>,
}

/// One expression.
pub type Sentence = RawSentence;

/// Joins all references; the second list holds everything that was wrong, and what it touches is left out.
pub fn join(refs: &[RawRef], instances: &Instances, known_splits: &[String]) -> (Vec<Joined>, Vec<Defect>) {
    let mut defects = Vec::new();
    duplicates("image id", instances.images.iter().map(|image| image.id), &mut defects);
    duplicates("annotation id", instances.annotations.iter().map(|object| object.id), &mut defects);
    let mut joiner = Joiner {
        index: Index::new(instances),
        known_splits,
        seen_refs: HashSet::new(),
        seen_sentences: HashSet::new(),
        defects,
    };
    let joined = refs.iter().filter_map(|reference| joiner.join(reference)).collect();
    (joined, joiner.defects)
}

struct Joiner<'a> {
    index: Index<'a>,
    known_splits: &'a [String],
    seen_refs: HashSet<i64>,
    seen_sentences: HashSet<i64>,
    defects: Vec<Defect>,
}

impl Joiner<'_> {
    /// Runs every check before giving up on a reference, so that one reading tells all.
    fn join(&mut self, reference: &RawRef) -> Option<Joined> {
        let ref_id = reference.ref_id;
        let sentences = self.sentences(reference);
        let split_known = self.check_split(reference);
        let is_new = first_time(&mut self.seen_refs, "ref_id", ref_id, &mut self.defects);
        let Some(&image) = self.index.images.get(&reference.image_id) else {
            self.defects.push(Defect::MissingImage { ref_id, image_id: reference.image_id });
            return None;
        };
        let boxes = self.boxes(reference, image)?;
        if sentences.is_empty() || !split_known || !is_new {
            return None;
        }
        let (candidates, candidate_categories) = self.candidates(image);
        let (split, image) = (reference.split.clone(), image.clone());
        Some(Joined { ref_id, split, image, boxes, candidates, candidate_categories, sentences })
    }

    fn check_split(&mut self, reference: &RawRef) -> bool {
        let known = self.known_splits.contains(&reference.split);
        if !known {
            self.defects.push(Defect::UnknownSplit {
                ref_id: reference.ref_id,
                split: reference.split.clone(),
                known: self.known_splits.join(", "),
            });
        }
        known
    }

    fn sentences(&mut self, reference: &RawRef) -> Vec<Sentence> {
        let ref_id = reference.ref_id;
        if reference.sentences.is_empty() {
            self.defects.push(Defect::NoExpression { ref_id });
        }
        let mut kept = reference.sentences.clone();
        kept.retain(|sentence| {
            let empty = clean_string(&sentence.sent).trim().is_empty();
            if empty {
                let (sent_id, text) = (sentence.sent_id, sentence.sent.clone());
                self.defects.push(Defect::EmptyExpression { ref_id, sent_id, text });
            }
            first_time(&mut self.seen_sentences, "sent_id", sentence.sent_id, &mut self.defects) && !empty
        });
        kept
    }

    /// The target boxes; `None` where one of them is wrong.
    fn boxes(&mut self, reference: &RawRef, image: &Image) -> Option<Vec<[f64; 4]>> {
        let ids = reference.targets();
        let boxes: Vec<_> = ids.iter().filter_map(|&id| self.target_box(reference, image, id)).collect();
        (boxes.len() == ids.len()).then_some(boxes)
    }

    fn target_box(&mut self, reference: &RawRef, image: &Image, ann_id: i64) -> Option<[f64; 4]> {
        let (ref_id, image_id) = (reference.ref_id, image.id);
        let defect = match self.index.annotations.get(&ann_id) {
            None => Defect::MissingAnnotation { ref_id, ann_id },
            Some(object) if object.image_id != image_id => Defect::WrongImage { ref_id, ann_id, image_id },
            Some(object) if object.fits(image) => return Some(object.corners()),
            Some(object) => {
                let Image { width, height, .. } = *image;
                Defect::BoxOutside { ref_id, ann_id, bbox: object.bbox, width, height }
            }
        };
        self.defects.push(defect);
        None
    }

    fn candidates(&self, image: &Image) -> (Vec<[f64; 4]>, Vec<i64>) {
        let objects = self.index.of_image.get(&image.id).into_iter().flatten();
        objects.filter(|object| object.fits(image)).map(|object| (object.corners(), object.category_id)).unzip()
    }
}

fn duplicates(what: &'static str, ids: impl Iterator<Item = i64>, defects: &mut Vec<Defect>) {
    let mut seen = HashSet::new();
    for id in ids {
        first_time(&mut seen, what, id, defects);
    }
}

fn first_time(seen: &mut HashSet<i64>, what: &'static str, id: i64, defects: &mut Vec<Defect>) -> bool {
    let is_new = seen.insert(id);
    if !is_new {
        defects.push(Defect::DuplicateId { what, id });
    }
    is_new
}
