//! What the phrases of one picture mean: chains become boxes.

use std::ops::Range;

use super::super::Boxes;
use super::super::collect::{Collector, from_corners};
use super::annotation::Annotation;
use super::caption::Phrase;

/// The phrases of a picture, whose boxes are handed on when all are known.
pub(super) struct Mentions<'a> {
    id: i64,
    annotation: &'a Annotation,
    boxes: Boxes,
    /// Different boxes that are meant, `[x, y, width, height]`, in the order in which they are named.
    objects: Vec<[f64; 4]>,
    /// The chains that were named, and where the numbers of their objects are.
    chains: Vec<(i64, Range<usize>)>,
    numbers: Vec<i64>,
    first: i64,
}

impl<'a> Mentions<'a> {
    pub(super) fn new(id: i64, annotation: &'a Annotation, boxes: Boxes, found: &Collector) -> Self {
        Self {
            id,
            annotation,
            boxes,
            objects: Vec::new(),
            chains: Vec::new(),
            numbers: Vec::new(),
            first: found.next_object(),
        }
    }

    /// Hands on a phrase; one whose chain has no box means nothing here.
    pub(super) fn add(&mut self, phrase: &Phrase, split: &str, found: &mut Collector) {
        let known = self.chains.iter().find(|(chain, _)| *chain == phrase.chain).map(|(_, numbers)| numbers.clone());
        let numbers = known.unwrap_or_else(|| self.chain(phrase.chain));
        let objects = &self.numbers[numbers];
        if !objects.is_empty() {
            let any = self.boxes == Boxes::Any && objects.len() > 1;
            found.reference_to(self.id, objects, any, split, [phrase.text]);
        }
    }

    /// Numbers the objects of a chain that is named for the first time.
    fn chain(&mut self, chain: i64) -> Range<usize> {
        let (annotation, start) = (self.annotation, self.numbers.len());
        let all = annotation.of_chain(chain);
        match self.boxes {
            Boxes::Union => all.reduce(around).into_iter().for_each(|corners| self.place(corners)),
            Boxes::All | Boxes::Any => all.for_each(|corners| self.place(corners)),
        }
        let numbers = start..self.numbers.len();
        if !numbers.is_empty() {
            self.chains.push((chain, numbers.clone()));
        }
        numbers
    }

    /// Adds the number of a box, which is a new one where it was not named yet.
    fn place(&mut self, corners: [f64; 4]) {
        let bbox = from_corners(corners);
        let known = self.objects.iter().position(|object| *object == bbox);
        let place = known.unwrap_or_else(|| {
            self.objects.push(bbox);
            self.objects.len() - 1
        });
        self.numbers.push(self.first + place as i64);
    }

    /// Hands on the boxes that were named.
    pub(super) fn finish(self, found: &mut Collector) {
        self.objects.into_iter().for_each(|bbox| found.own_object(self.id, bbox));
    }
}

/// The box around both.
fn around(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}
