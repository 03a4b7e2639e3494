//! Long expressions by relation to another object.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::attribute::{Taste, unique};
use super::phrase::noun_phrase;
use crate::synth::attributes::Key::{self, Color, Shape, Size, Texture};
use crate::synth::scene::{Object, Scene};

/// A relation between two objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Left,
    Right,
    Above,
    Below,
    Nearest,
}

/// All relations.
pub(crate) const RELATIONS: [Relation; 5] =
    [Relation::Left, Relation::Right, Relation::Above, Relation::Below, Relation::Nearest];

/// Attributes named, one choice as likely as another.
const CHOICES: [&[Key]; 8] = [
    &[Shape],
    &[Color, Shape],
    &[Color, Shape],
    &[Color, Shape],
    &[Texture, Color],
    &[Color],
    &[Size, Color, Shape],
    &[Texture, Color, Shape],
];

impl Relation {
    /// The two ways of saying it.
    pub(crate) fn words(self) -> [&'static str; 2] {
        match self {
            Self::Left => ["to the left of", "left of"],
            Self::Right => ["to the right of", "right of"],
            Self::Above => ["above", "over"],
            Self::Below => ["below", "under"],
            Self::Nearest => ["closest to", "nearest to"],
        }
    }

    /// How far `object` is on the named side of `anchor`, in pixels; for `Nearest`, how near (never positive).
    pub(crate) fn degree(self, object: &Object, anchor: &Object) -> f64 {
        let (dx, dy) = (object.cx - anchor.cx, object.cy - anchor.cy);
        match self {
            Self::Left => -dx,
            Self::Right => dx,
            Self::Above => -dy,
            Self::Below => dy,
            Self::Nearest => -dx.hypot(dy),
        }
    }

    /// Whether the relation clearly holds for `target` and clearly for no other candidate.
    pub(crate) fn singles_out(self, scene: &Scene, candidates: &[usize], target: usize, anchor: usize) -> bool {
        let degree = |i: usize| self.degree(&scene.objects[i], &scene.objects[anchor]) / scene.canvas;
        let mut others = candidates.iter().filter(|&&other| other != target);
        match self {
            Self::Nearest => candidates.len() > 1 && others.all(|&other| degree(target) - degree(other) >= 0.1),
            _ => degree(target) > 0.09 && others.all(|&other| degree(other) < 0.02),
        }
    }
}

/// "the red circle that is to the left of the striped square".
pub(super) fn draw(scene: &Scene, rng: &mut impl Rng, target: usize) -> Option<String> {
    (0..14).find_map(|_| try_draw(scene, rng, target))
}

fn try_draw(scene: &Scene, rng: &mut impl Rng, target: usize) -> Option<String> {
    let anchors: Vec<usize> = (0..scene.objects.len()).filter(|&i| i != target).collect();
    let anchor = *anchors.choose(rng)?;
    let anchor_words = unique(scene, rng, anchor, &Taste { extra: 0.15, shape_first: 0.95, limit: 3 })?;
    let description = scene.objects[target].attributes.described_by(CHOICES.choose(rng)?);
    let mut candidates = scene.matching(&description);
    candidates.retain(|&i| i != anchor);
    if candidates.len() < 2 && rng.random_bool(0.7) {
        return None;
    }
    let relation = *RELATIONS.choose(rng)?;
    if !relation.singles_out(scene, &candidates, target, anchor) {
        return None;
    }
    let link = ["that is ", "which is ", ""].choose(rng)?;
    let related = relation.words()[rng.random_range(0..2)];
    let (this, that) = (noun_phrase(&description, rng), noun_phrase(&anchor_words, rng));
    Some(format!("the {this} {link}{related} the {that}"))
}
