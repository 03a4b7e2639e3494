//! Short expressions with location words.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::phrase::noun_phrase;
use crate::synth::attributes::Key::{self, Color, Shape, Size, Texture};
use crate::synth::scene::{Object, Scene};

/// A side of the picture: its adjective, its superlative, and how far an object lies towards it.
pub(crate) struct Side {
    /// "left".
    pub(crate) word: &'static str,
    /// "leftmost".
    pub(crate) superlative: &'static str,
    /// "on" or "at", before "the left".
    pub(crate) preposition: &'static str,
    /// Position along the axis towards the side, in pixels; right and bottom count up, left and top down.
    pub(crate) towards: fn(&Object) -> f64,
    horizontal: bool,
}

/// The four sides.
pub(crate) const SIDES: [Side; 4] = [
    Side { word: "left", superlative: "leftmost", preposition: "on", towards: |o| -o.cx, horizontal: true },
    Side { word: "right", superlative: "rightmost", preposition: "on", towards: |o| o.cx, horizontal: true },
    Side { word: "top", superlative: "topmost", preposition: "at", towards: |o| -o.cy, horizontal: false },
    Side { word: "bottom", superlative: "lowest", preposition: "at", towards: |o| o.cy, horizontal: false },
];

/// The target leads the other candidates by this part of the canvas.
pub(crate) const MARGIN: f64 = 0.07;
/// An only candidate lies this part of the canvas off the centre.
pub(crate) const OFF_CENTRE: f64 = 0.12;

/// Attributes named, one choice as likely as another.
const CHOICES: [&[Key]; 10] = [
    &[Shape],
    &[Shape],
    &[Color, Shape],
    &[Color, Shape],
    &[Color, Shape],
    &[Color],
    &[Color],
    &[Size, Color],
    &[Texture, Shape],
    &[],
];

/// "left red circle", "circle at the bottom", "topmost thing", "middle square".
pub(super) fn draw(scene: &Scene, rng: &mut impl Rng, target: usize) -> Option<String> {
    (0..12).find_map(|_| try_draw(scene, rng, target))
}

fn try_draw(scene: &Scene, rng: &mut impl Rng, target: usize) -> Option<String> {
    let keys = CHOICES.choose(rng)?;
    let description = scene.objects[target].attributes.described_by(keys);
    let candidates = scene.matching(&description);
    if candidates.len() < 2 && rng.random_bool(0.6) {
        return None;
    }
    let phrase = noun_phrase(&description, rng);
    if candidates.len() == 3 && rng.random_bool(0.25) && is_middle(scene, &candidates, target) {
        return Some(format!("middle {phrase}"));
    }
    let sides: Vec<&Side> = SIDES.iter().filter(|side| lies_towards(scene, &candidates, target, side)).collect();
    locate(rng, &sides, &phrase)
}

/// Puts the location into words, in one of the ways that people use.
fn locate(rng: &mut impl Rng, sides: &[&Side], phrase: &str) -> Option<String> {
    let across = sides.iter().find(|side| side.horizontal);
    let along = sides.iter().find(|side| !side.horizontal);
    if let (Some(across), Some(along)) = (across, along)
        && rng.random_bool(0.25)
    {
        return Some(format!("{} {} {phrase}", along.word, across.word));
    }
    let Side { word, superlative, preposition, .. } = sides.choose(rng)?;
    Some(match rng.random_range(0.0..1.0) {
        ..0.6 => format!("{word} {phrase}"),
        0.6..0.85 => format!("{phrase} {preposition} the {word}"),
        _ => format!("{superlative} {phrase}"),
    })
}

/// Whether `target` is clearly the candidate nearest to `side`; an only candidate must lie clearly on that half.
pub(crate) fn lies_towards(scene: &Scene, candidates: &[usize], target: usize, side: &Side) -> bool {
    let position = |i: usize| (side.towards)(&scene.objects[i]);
    if candidates.len() == 1 {
        let centre = Object { cx: scene.canvas / 2.0, cy: scene.canvas / 2.0, ..scene.objects[target].clone() };
        return position(target) - (side.towards)(&centre) > OFF_CENTRE * scene.canvas;
    }
    let lead = MARGIN * scene.canvas;
    candidates.iter().all(|&other| other == target || position(target) >= position(other) + lead)
}

/// Whether `target` is clearly the middle one, from left to right, of three candidates.
pub(crate) fn is_middle(scene: &Scene, candidates: &[usize], target: usize) -> bool {
    let lead = MARGIN * scene.canvas;
    let offsets = candidates.iter().map(|&other| scene.objects[other].cx - scene.objects[target].cx);
    let (left, right): (Vec<f64>, Vec<f64>) = offsets.filter(|offset| *offset != 0.0).partition(|offset| *offset < 0.0);
    matches!((&left[..], &right[..]), ([left], [right]) if -left > lead && *right > lead)
}
