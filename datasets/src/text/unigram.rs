//! The most probable segmentation of a text under a unigram language model (Viterbi search).
//!
//! Kudo 2018, "Subword Regularization". Scores are added in f32 and from left to right, as SentencePiece
//! does, so that ties fall the same way.

use std::collections::HashMap;

use super::proto::{Piece, PieceKind};

/// How much worse than the worst piece an unknown character is (`kUnkPenalty`).
const UNKNOWN_PENALTY: f32 = 10.0;

/// One piece of a segmented text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment<'a> {
    /// The part of the normalised text.
    pub surface: &'a str,
    /// Its number in the vocabulary, `None` for text that no piece covers.
    pub id: Option<u32>,
}

/// The search tables of a vocabulary.
#[derive(Debug, Clone)]
pub struct Unigram {
    ids: HashMap<Box<str>, (u32, f32)>,
    longest: usize,
    unknown_score: f32,
}

/// The best way to reach one byte of the text.
#[derive(Clone, Copy)]
struct Step {
    score: f32,
    start: usize,
    id: Option<u32>,
}

impl Unigram {
    /// Indexes the normal pieces.
    ///
    /// # Errors
    /// When there is none, or one occurs twice.
    pub fn new(pieces: &[Piece]) -> Result<Self, String> {
        let mut ids = HashMap::with_capacity(pieces.len());
        let (mut longest, mut lowest) = (0, f32::INFINITY);
        for (number, piece) in pieces.iter().enumerate() {
            if piece.kind != PieceKind::Normal {
                continue;
            }
            let entry = (number as u32, piece.score);
            if ids.insert(piece.text.as_str().into(), entry).is_some() {
                return Err(format!("piece {:?} occurs twice", piece.text));
            }
            longest = longest.max(piece.text.len());
            lowest = lowest.min(piece.score);
        }
        if ids.is_empty() {
            return Err("it holds no normal pieces".into());
        }
        Ok(Self { ids, longest, unknown_score: lowest - UNKNOWN_PENALTY })
    }

    /// Cuts normalised text into pieces; neighbouring unknown characters become one segment.
    pub fn segment<'a>(&self, text: &'a str) -> Vec<Segment<'a>> {
        let steps = self.best_steps(text);
        let mut backwards: Vec<Segment<'a>> = Vec::new();
        let (mut end, mut run_end) = (text.len(), text.len());
        while end > 0 {
            let Some(step) = steps[end] else { break };
            let after_unknown = backwards.last().is_some_and(|s| s.id.is_none());
            if step.id.is_none() && after_unknown {
                backwards.pop();
            } else {
                run_end = end;
            }
            let surface = &text[step.start..run_end];
            backwards.push(Segment { surface, id: step.id });
            end = step.start;
        }
        backwards.reverse();
        backwards
    }

    /// For every byte position, the last step of the best path that ends there.
    fn best_steps(&self, text: &str) -> Vec<Option<Step>> {
        let mut best: Vec<Option<Step>> = vec![None; text.len() + 1];
        for (start, first) in text.char_indices() {
            let so_far = if start == 0 { 0.0 } else { best[start].map_or(0.0, |s| s.score) };
            let one = start + first.len_utf8();
            let mut single = false;
            for end in self.ends(text, start) {
                let Some(&(id, score)) = self.ids.get(&text[start..end]) else { continue };
                single |= end == one;
                improve(&mut best[end], so_far + score, start, Some(id));
            }
            if !single {
                improve(&mut best[one], so_far + self.unknown_score, start, None);
            }
        }
        best
    }

    /// Character boundaries after `start` within reach of the longest piece.
    fn ends<'t>(&self, text: &'t str, start: usize) -> impl Iterator<Item = usize> + use<'t> {
        let limit = (start + self.longest).min(text.len());
        (start + 1..=limit).filter(move |&end| text.is_char_boundary(end))
    }
}

/// Replaces the step if the new score is strictly better: the earlier start wins ties.
fn improve(slot: &mut Option<Step>, score: f32, start: usize, id: Option<u32>) {
    if slot.is_none_or(|old| score > old.score) {
        *slot = Some(Step { score, start, id });
    }
}
