//! Expressions with no, one or several targets.

use rand::Rng;
use rand::seq::{IndexedRandom, index};

use super::attribute::{Taste, unique};
use super::phrase::{noun_phrase, plural_phrase};
use super::{Group, single};
use crate::synth::attributes::Key::{self, Color, Shape, Size, Texture};
use crate::synth::attributes::{Attributes, weighted};
use crate::synth::scene::Scene;

type Drawn = (String, Vec<usize>);

/// Shares of expressions for nothing, one object, all objects of a kind, and two named objects.
const SHARES: [f64; 4] = [0.3, 0.2, 0.35, 0.15];

/// Draws an expression and the positions of the objects that it means.
pub(super) fn draw(scene: &Scene, rng: &mut impl Rng) -> Option<Drawn> {
    let mut kind = weighted(rng, &SHARES);
    for _ in 0..20 {
        let drawn = match kind {
            0 => nothing(scene, rng),
            1 => one(scene, rng),
            2 => kind_of(scene, rng),
            _ => pair(scene, rng),
        };
        if drawn.is_some() {
            return drawn;
        }
        // Most changed descriptions fit nothing soon; the other kinds may be impossible in this scene.
        if kind != 0 {
            kind = rng.random_range(0..4);
        }
    }
    None
}

/// An object's description with one attribute changed, so that it fits nothing.
fn nothing(scene: &Scene, rng: &mut impl Rng) -> Option<Drawn> {
    const CHOICES: [&[Key]; 5] = [&[Color, Shape], &[Color, Shape], &[Shape], &[Size, Shape], &[Texture, Color, Shape]];
    let keys = CHOICES.choose(rng)?;
    let mut description = scene.objects.choose(rng)?.attributes.described_by(keys);
    let changed = *keys.choose(rng)?;
    description.set(changed, Attributes::draw(rng).get(changed));
    if !scene.matching(&description).is_empty() {
        return None;
    }
    let text = if rng.random_bool(0.5) {
        format!("the {}", noun_phrase(&description, rng))
    } else {
        format!("all {}", plural_phrase(&description, rng))
    };
    Some((text, vec![]))
}

fn one(scene: &Scene, rng: &mut impl Rng) -> Option<Drawn> {
    let target = rng.random_range(0..scene.objects.len());
    let group = if rng.random_bool(0.5) { Group::Location } else { Group::Attribute };
    Some((single(group, scene, rng, target)?, vec![target]))
}

/// "all small circles".
fn kind_of(scene: &Scene, rng: &mut impl Rng) -> Option<Drawn> {
    const CHOICES: [&[Key]; 7] =
        [&[Color], &[Shape], &[Texture], &[Size], &[Color, Shape], &[Size, Shape], &[Size, Color]];
    let description = scene.objects.choose(rng)?.attributes.described_by(CHOICES.choose(rng)?);
    let targets = scene.matching(&description);
    if !(2..=5).contains(&targets.len()) {
        return None;
    }
    let both = targets.len() == 2 && rng.random_bool(0.5);
    let quantifier = if both { "both " } else { ["all ", "all ", ""].choose(rng)? };
    Some((format!("{quantifier}{}", plural_phrase(&description, rng)), targets))
}

/// "the circle and the red square".
fn pair(scene: &Scene, rng: &mut impl Rng) -> Option<Drawn> {
    let targets = index::sample(rng, scene.objects.len(), 2).into_vec();
    let taste = Taste { extra: 0.0, shape_first: 1.0, limit: 2 };
    let mut phrases = Vec::new();
    for &target in &targets {
        let description = unique(scene, rng, target, &taste)?;
        phrases.push(noun_phrase(&description, rng));
    }
    Some((format!("the {} and the {}", phrases[0], phrases[1]), targets))
}
