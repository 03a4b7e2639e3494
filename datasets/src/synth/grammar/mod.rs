//! Expressions that single out objects of a scene, in four groups.

mod attribute;
mod general;
mod location;
mod phrase;
mod relation;

use rand::Rng;
use rand::seq::SliceRandom;

use super::scene::Scene;

pub use phrase::vocabulary;

/// The tables that the tests' own reading of expressions needs.
#[cfg(test)]
pub(super) mod testing {
    pub(crate) use super::location::{SIDES, Side};
    pub(crate) use super::relation::{RELATIONS, Relation};
}

/// The four ways of referring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Short, with location words: "left red circle", as in RefCOCO.
    Location,
    /// Short, looks only: "the small striped one", as in RefCOCO+.
    Attribute,
    /// Long, by relation to another object, as in RefCOCOg.
    Relation,
    /// None, one or several targets, as in gRefCOCO.
    General,
}

impl Group {
    /// All groups.
    pub const ALL: [Self; 4] = [Self::Location, Self::Attribute, Self::Relation, Self::General];

    /// Name of the group's REFER folder: that of the data set that it follows.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Location => "refcoco",
            Self::Attribute => "refcoco+",
            Self::Relation => "refcocog",
            Self::General => "grefcoco",
        }
    }
}

/// Expressions for the same target.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Positions of the objects that are meant; one but for [`Group::General`].
    pub targets: Vec<usize>,
    /// Different expressions, at least one.
    pub texts: Vec<String>,
}

/// Draws at most `refs` references of `group`, with at most `sentences` expressions each.
///
/// A scene may admit fewer, down to none: not every object can be singled out by every group's means.
pub fn draw(group: Group, scene: &Scene, rng: &mut impl Rng, refs: usize, sentences: usize) -> Vec<Reference> {
    if group == Group::General {
        let drawn = (0..refs.max(2) - 1).filter_map(|_| general::draw(scene, rng));
        return drawn.map(|(text, targets)| Reference { targets, texts: vec![text] }).collect();
    }
    let mut order: Vec<usize> = (0..scene.objects.len()).collect();
    order.shuffle(rng);
    let references = order.into_iter().map(|target| reference(group, scene, rng, target, sentences));
    references.filter(|reference| !reference.texts.is_empty()).take(refs).collect()
}

fn reference(group: Group, scene: &Scene, rng: &mut impl Rng, target: usize, sentences: usize) -> Reference {
    let mut texts: Vec<String> = Vec::new();
    // Draws repeat themselves, hence three tries a sentence.
    for _ in 0..sentences * 3 {
        match single(group, scene, rng, target) {
            Some(text) if !texts.contains(&text) => texts.push(text),
            Some(_) => {}
            None => break,
        }
        if texts.len() == sentences {
            break;
        }
    }
    Reference { targets: vec![target], texts }
}

/// One expression for one object, where the group has one.
fn single(group: Group, scene: &Scene, rng: &mut impl Rng, target: usize) -> Option<String> {
    match group {
        Group::Location => location::draw(scene, rng, target),
        Group::Relation => relation::draw(scene, rng, target),
        Group::Attribute | Group::General => attribute::draw(scene, rng, target),
    }
}
