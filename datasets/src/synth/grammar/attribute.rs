//! Expressions by looks alone.

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};

use super::phrase::noun_phrase;
use crate::synth::attributes::{Description, KEYS, Key};
use crate::synth::scene::Scene;

/// How [`unique`] chooses.
pub(super) struct Taste {
    /// Probability of one attribute more than needed.
    pub(super) extra: f64,
    /// Probability that the shape is named first.
    pub(super) shape_first: f64,
    /// Most attributes.
    pub(super) limit: usize,
}

/// "the striped circle": the attributes that single `target` out, and sometimes one more.
pub(super) fn draw(scene: &Scene, rng: &mut impl Rng, target: usize) -> Option<String> {
    let description = unique(scene, rng, target, &Taste { extra: 0.25, shape_first: 0.8, limit: 4 })?;
    let article = if rng.random_bool(0.5) { "the " } else { "" };
    Some(format!("{article}{}", noun_phrase(&description, rng)))
}

/// A description that fits `target` and no other object.
pub(super) fn unique(scene: &Scene, rng: &mut impl Rng, target: usize, taste: &Taste) -> Option<Description> {
    (0..8).find_map(|_| try_unique(scene, rng, target, taste))
}

/// Names attributes in a random order until only `target` is left.
fn try_unique(scene: &Scene, rng: &mut impl Rng, target: usize, taste: &Taste) -> Option<Description> {
    let order = key_order(rng, taste.shape_first);
    let attributes = &scene.objects[target].attributes;
    let singles_out = |keys: &[Key]| scene.matching(&attributes.described_by(keys)) == [target];
    let needed = (1..=taste.limit).find(|&count| singles_out(&order[..count]))?;
    let mut keys = order[..needed].to_vec();
    if !keys.contains(&Key::Shape) && keys.len() < taste.limit && rng.random_bool(0.75) {
        keys.push(Key::Shape);
    }
    let rest: Vec<Key> = KEYS.into_iter().filter(|key| !keys.contains(key)).collect();
    if keys.len() < taste.limit && rng.random_bool(taste.extra) {
        keys.extend(rest.choose(rng));
    }
    Some(attributes.described_by(&keys))
}

fn key_order(rng: &mut impl Rng, shape_first: f64) -> [Key; 4] {
    let mut order = KEYS;
    order.shuffle(rng);
    for (key, probability) in [(Key::Shape, shape_first), (Key::Color, 0.75)] {
        if rng.random_bool(probability) {
            // A stable sort moves the key to the front and leaves the others in their order.
            order.sort_by_key(|&other| other != key);
        }
    }
    order
}
