//! Joins references with their pictures and boxes, and finds what does not fit.

use std::sync::Arc;

use super::defect::Defect;
use super::ids::IdSet;
use super::instances::{Index, Instances};
use super::raw::{RawRef, RawSentence};
use crate::sample::{Names, Picture};
use crate::text::is_empty_when_cleaned;

/// One reference with everything that it points at.
#[derive(Clone, Debug)]
pub struct Joined {
    /// Number of the reference.
    pub ref_id: i64,
    /// Its split.
    pub split: Arc<str>,
    /// The picture, with all annotated objects.
    pub picture: Arc<Picture>,
    /// Target boxes, `[x0, y0, x1, y1]` in pixels.
    pub boxes: Vec<[f64; 4]>,
    /// Any one of them is a right answer.
    pub any_box: bool,
    /// The expressions, at least one.
    pub sentences: Vec<Sentence>,
}

/// One expression.
pub type Sentence = RawSentence;

/// Joins all references; the second list holds everything that was wrong, and what it touches is left out. Pictures that
/// do not tell their identity are known by `collection` and their number.
pub fn join(
    refs: Vec<RawRef>,
    instances: Instances,
    known_splits: &[String],
    collection: &str,
) -> (Vec<Joined>, Vec<Defect>) {
    let mut defects = Vec::new();
    let mut joiner = Joiner {
        index: Index::new(instances, collection, &mut defects),
        known_splits,
        splits: Names::default(),
        seen_refs: IdSet::with_capacity_and_hasher(refs.len(), Default::default()),
        seen_sentences: IdSet::with_capacity_and_hasher(refs.len(), Default::default()),
        defects,
    };
    let joined = refs.into_iter().filter_map(|reference| joiner.join(reference)).collect();
    (joined, joiner.defects)
}

struct Joiner<'a> {
    index: Index,
    known_splits: &'a [String],
    splits: Names,
    seen_refs: IdSet,
    seen_sentences: IdSet,
    defects: Vec<Defect>,
}

impl Joiner<'_> {
    /// Runs every check before giving up on a reference, so that one reading tells all.
    fn join(&mut self, mut reference: RawRef) -> Option<Joined> {
        let ref_id = reference.ref_id;
        self.check_sentences(&mut reference);
        let split_known = self.check_split(&reference);
        let is_new = first_time(&mut self.seen_refs, "ref_id", ref_id, &mut self.defects);
        let Some(picture) = self.index.pictures.get(&reference.image_id).cloned() else {
            self.defects.push(Defect::MissingImage { ref_id, image_id: reference.image_id });
            return None;
        };
        let boxes = self.boxes(&reference, &picture)?;
        if reference.sentences.is_empty() || !split_known || !is_new {
            return None;
        }
        let RawRef { any_box, sentences, split, .. } = reference;
        Some(Joined { ref_id, split: self.splits.shared(&split), picture, boxes, any_box, sentences })
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

    /// Takes out the sentences that are empty or occur again.
    fn check_sentences(&mut self, reference: &mut RawRef) {
        let ref_id = reference.ref_id;
        if reference.sentences.is_empty() {
            self.defects.push(Defect::NoExpression { ref_id });
        }
        reference.sentences.retain(|sentence| {
            let empty = is_empty_when_cleaned(&sentence.sent);
            if empty {
                let (sent_id, text) = (sentence.sent_id, sentence.sent.clone());
                self.defects.push(Defect::EmptyExpression { ref_id, sent_id, text });
            }
            first_time(&mut self.seen_sentences, "sent_id", sentence.sent_id, &mut self.defects) && !empty
        });
    }

    /// The target boxes; `None` where one of them is wrong.
    fn boxes(&mut self, reference: &RawRef, picture: &Picture) -> Option<Vec<[f64; 4]>> {
        let ids = reference.targets();
        let mut boxes = Vec::with_capacity(ids.len());
        boxes.extend(ids.iter().filter_map(|&id| self.target_box(reference, picture, id)));
        (boxes.len() == ids.len()).then_some(boxes)
    }

    fn target_box(&mut self, reference: &RawRef, picture: &Picture, ann_id: i64) -> Option<[f64; 4]> {
        let (ref_id, image_id) = (reference.ref_id, picture.id);
        let defect = match self.index.annotations.get(&ann_id) {
            None => Defect::MissingAnnotation { ref_id, ann_id },
            Some(object) if object.image_id != image_id => Defect::WrongImage { ref_id, ann_id, image_id },
            Some(object) if object.fits(picture) => return Some(object.corners()),
            Some(object) => {
                let Picture { width, height, .. } = *picture;
                Defect::BoxOutside { ref_id, ann_id, bbox: object.bbox, width, height }
            }
        };
        self.defects.push(defect);
        None
    }
}

fn first_time(seen: &mut IdSet, what: &'static str, id: i64, defects: &mut Vec<Defect>) -> bool {
    let is_new = seen.insert(id);
    if !is_new {
        defects.push(Defect::DuplicateId { what, id });
    }
    is_new
}
