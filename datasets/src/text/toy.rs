//! The small vocabulary of the embedded data set, written as a real SentencePiece model.
//!
//! Every word of the grammar is one piece; letters, digits and a few endings make any other lower-case
//! text encodable. `cargo run --release -p simvg-datasets --example toy_vocabulary` writes `assets/toy.spm`.

use super::normalizer::SPACE;
use super::proto::{Model, NormalizerSpec, Piece, PieceKind};

/// The words that the grammar of the embedded data set can produce. Ids follow the order, and shipped weights
/// follow the ids: changing this list means training the shipped backbone anew.
pub const WORDS: &[&str] = &[
    "the",
    "red",
    "green",
    "blue",
    "yellow",
    "purple",
    "black",
    "small",
    "large",
    "plain",
    "striped",
    "circle",
    "square",
    "triangle",
    "cross",
    "thing",
    "shape",
    "object",
    "circles",
    "squares",
    "triangles",
    "crosses",
    "things",
    "shapes",
    "objects",
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
    "in",
    "to",
    "of",
    "above",
    "over",
    "below",
    "under",
    "near",
    "closest",
    "nearest",
    "that",
    "which",
    "is",
    "all",
    "both",
    "and",
    "no",
    "not",
];

/// Endings that keep inflected words short.
const ENDINGS: &[&str] = &["es", "ed", "er", "est", "ing", "ly", "most"];

const WORD_SCORE: f32 = -3.0;
const SPACE_SCORE: f32 = -4.0;
const CHARACTER_SCORE: f32 = -9.0;
/// Better than two characters, worse than one.
const ENDING_SCORE: f32 = -10.0;

/// The bytes of a `.spm` file in which each of `words` is one piece.
///
/// Scores only have to order the segmentations: one word beats a space and letters, an ending beats its
/// letters. No normalisation besides spaces, because the text cleaning has already lower-cased everything.
pub fn toy_model(words: &[&str]) -> Vec<u8> {
    let mut pieces = vec![
        piece("<unk>", 0.0, PieceKind::Unknown),
        piece("<s>", 0.0, PieceKind::Control),
        piece("</s>", 0.0, PieceKind::Control),
    ];
    let whole = words.iter().map(|w| (format!("{SPACE}{w}"), WORD_SCORE));
    let endings = ENDINGS.iter().map(|e| ((*e).to_owned(), ENDING_SCORE));
    let characters = ('a'..='z').chain('0'..='9').map(|c| (c.to_string(), CHARACTER_SCORE));
    let rest = std::iter::once((SPACE.to_owned(), SPACE_SCORE)).chain(endings).chain(characters);
    pieces.extend(whole.chain(rest).map(|(text, score)| piece(&text, score, PieceKind::Normal)));
    let normalizer = NormalizerSpec { name: "identity".into(), ..NormalizerSpec::default() };
    Model { pieces, normalizer }.to_bytes()
}

fn piece(text: &str, score: f32, kind: PieceKind) -> Piece {
    Piece { text: text.to_owned(), score, kind }
}
