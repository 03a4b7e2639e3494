//! Reads an expression back: which objects does it mean? Written from the words alone, apart from the grammar's
//! code, so that the tests do not share its mistakes.

use super::attributes::{Description, KEYS};
use super::grammar::testing::{RELATIONS, Relation, SIDES, Side};
use super::scene::Scene;

/// Objects that `text` means, in ascending order.
pub(super) fn targets(scene: &Scene, text: &str) -> Vec<usize> {
    if let Some((left, right)) = text.split_once(" and ") {
        let mut both = [targets(scene, left), targets(scene, right)].concat();
        both.sort_unstable();
        return both;
    }
    for relation in RELATIONS {
        for words in relation.words() {
            if let Some((this, that)) = text.split_once(&format!(" {words} the ")) {
                return related(scene, this, relation, that);
            }
        }
    }
    located(scene, text)
}

fn description(text: &str) -> Description {
    let mut description = Description::default();
    for word in text.split(' ') {
        let singular = word.strip_suffix("es").filter(|word| word.ends_with('s')).or(word.strip_suffix('s'));
        for key in KEYS {
            let value = key.words().iter().position(|known| *known == word || Some(*known) == singular);
            if let Some(value) = value {
                description.set(key, value);
            }
        }
    }
    description
}

fn related(scene: &Scene, this: &str, relation: Relation, that: &str) -> Vec<usize> {
    let anchors = scene.matching(&description(that));
    assert_eq!(anchors.len(), 1, "the other object of a relation is one: {that}");
    let degree = |i: usize| relation.degree(&scene.objects[i], &scene.objects[anchors[0]]);
    let mut candidates = scene.matching(&description(this));
    candidates.retain(|&i| i != anchors[0]);
    let best = candidates.iter().map(|&i| degree(i)).fold(f64::MIN, f64::max);
    match relation {
        Relation::Nearest => candidates.retain(|&i| degree(i) == best),
        _ => candidates.retain(|&i| degree(i) > 0.02 * scene.canvas),
    }
    candidates
}

fn located(scene: &Scene, text: &str) -> Vec<usize> {
    let mut candidates = scene.matching(&description(text));
    if text.starts_with("middle ") {
        candidates.sort_by(|&a, &b| scene.objects[a].cx.total_cmp(&scene.objects[b].cx));
        return candidates[1..candidates.len() - 1].to_vec();
    }
    let sides = SIDES.iter().filter(|side| text.split(' ').any(|word| word == side.word || word == side.superlative));
    let sides: Vec<&Side> = sides.collect();
    let extreme = |side: &&Side| furthest(scene, &candidates, side);
    match &sides[..] {
        [] => candidates,
        sides => {
            let picked: Vec<usize> = sides.iter().map(extreme).collect();
            assert!(picked.windows(2).all(|pair| pair[0] == pair[1]), "two sides, one object: {text}");
            vec![picked[0]]
        }
    }
}

fn furthest(scene: &Scene, candidates: &[usize], side: &Side) -> usize {
    let position = |i: &usize| (side.towards)(&scene.objects[*i]);
    *candidates.iter().max_by(|a, b| position(a).total_cmp(&position(b))).expect("a located phrase has candidates")
}
