//! Words: descriptions as noun phrases, and the list of all that the grammar can say.

use rand::Rng;
use rand::seq::IndexedRandom;

use crate::synth::attributes::{Description, KEYS, Key};

const NOUNS: [&str; 3] = ["thing", "shape", "object"];

/// Words around the noun phrases.
const FUNCTION_WORDS: [&str; 26] = [
    "the",
    "left",
    "right",
    "top",
    "bottom",
    "middle",
    "leftmost",
    "rightmost",
    "topmost",
    "lowest",
    "on",
    "at",
    "to",
    "of",
    "above",
    "over",
    "below",
    "under",
    "closest",
    "nearest",
    "that",
    "which",
    "is",
    "all",
    "both",
    "and",
];

/// `description` as a noun phrase, "small striped red circle"; without a shape, a word for anything stands.
pub(super) fn noun_phrase(description: &Description, rng: &mut impl Rng) -> String {
    words(description, |noun| noun.to_owned(), rng)
}

/// `description` as a noun phrase in the plural.
pub(super) fn plural_phrase(description: &Description, rng: &mut impl Rng) -> String {
    words(description, plural, rng)
}

fn words(description: &Description, inflect: impl Fn(&str) -> String, rng: &mut impl Rng) -> String {
    let adjectives = KEYS[..3].iter().filter_map(|&key| description.word(key));
    let noun = description.word(Key::Shape).or_else(|| NOUNS.choose(rng).copied()).unwrap_or(NOUNS[0]);
    adjectives.map(str::to_owned).chain([inflect(noun)]).collect::<Vec<_>>().join(" ")
}

/// The plural of a noun of the grammar.
pub(crate) fn plural(noun: &str) -> String {
    let ending = if noun.ends_with('s') { "es" } else { "s" };
    format!("{noun}{ending}")
}

/// Every word that an expression can hold, each once.
pub fn vocabulary() -> Vec<String> {
    let nouns = Key::Shape.words().iter().chain(&NOUNS);
    let plurals = nouns.map(|noun| plural(noun));
    let attributes = KEYS.iter().flat_map(|key| key.words()).map(|word| (*word).to_owned());
    let function_words = FUNCTION_WORDS.iter().chain(&NOUNS).map(|word| (*word).to_owned());
    let mut words: Vec<String> = function_words.chain(attributes).chain(plurals).collect();
    words.sort();
    words.dedup();
    words
}
