//! What the phrases of one picture mean: chains become boxes.

use anyhow::Result;

use super::super::Boxes;
use super::super::collect::{Collector, from_corners};
use super::annotation::Annotation;
use super::caption::Phrase;
use crate::refer::ids::IdMap;
use crate::refer::instances::Image;

/// A picture with the phrases that have a box.
pub(super) struct Mentions {
    image: Image,
    /// Different boxes that are meant, `[x, y, width, height]`, in the order in which they are named.
    objects: Vec<[f64; 4]>,
    /// The objects of every chain, by their places; of a chain that was not named yet, its boxes.
    chains: IdMap<Chain>,
    phrases: Vec<(String, Vec<i64>)>,
}

enum Chain {
    Boxes(Vec<[f64; 4]>),
    Objects(Vec<i64>),
}

impl Mentions {
    pub(super) fn new(id: i64, annotation: &Annotation, boxes: Boxes) -> Self {
        let Annotation { width, height, .. } = *annotation;
        let meant = |all: Vec<[f64; 4]>| if boxes == Boxes::Union { union(&all).into_iter().collect() } else { all };
        Self {
            image: Image { id, file_name: format!("{id}.jpg"), width, height, identity: None },
            objects: Vec::new(),
            chains: annotation.boxes().into_iter().map(|(chain, all)| (chain, Chain::Boxes(meant(all)))).collect(),
            phrases: Vec::new(),
        }
    }

    /// Takes in a phrase; one whose chain has no box means nothing here.
    pub(super) fn add(&mut self, phrase: &Phrase) {
        let Some(chain) = self.chains.get_mut(&phrase.chain) else { return };
        if let Chain::Boxes(boxes) = chain {
            let objects = boxes.iter().map(|&corners| place(&mut self.objects, from_corners(corners)));
            *chain = Chain::Objects(objects.collect());
        }
        if let Chain::Objects(objects) = chain {
            self.phrases.push((phrase.text.to_owned(), objects.clone()));
        }
    }

    /// Hands everything on; `any` where any one of several boxes is a right answer.
    pub(super) fn add_to(self, found: &mut Collector, split: &str, any: bool) -> Result<()> {
        let Self { image, objects, phrases, .. } = self;
        let id = image.id;
        found.picture(image)?;
        let first = found.own_objects(id, objects);
        for (text, mut objects) in phrases {
            objects.iter_mut().for_each(|object| *object += first);
            let any = any && objects.len() > 1;
            found.reference_to(id, objects, any, split, [text]);
        }
        Ok(())
    }
}

/// Where `bbox` is in `objects`; it is put behind them where it is not.
fn place(objects: &mut Vec<[f64; 4]>, bbox: [f64; 4]) -> i64 {
    let known = objects.iter().position(|object| *object == bbox);
    known.unwrap_or_else(|| {
        objects.push(bbox);
        objects.len() - 1
    }) as i64
}

/// The one box around all.
fn union(boxes: &[[f64; 4]]) -> Option<[f64; 4]> {
    let around = |a: [f64; 4], b: [f64; 4]| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
    boxes.iter().copied().reduce(around)
}
