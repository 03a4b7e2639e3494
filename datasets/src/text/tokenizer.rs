//! XLM-RoBERTa token ids over a SentencePiece model.
//!
//! XLM-R puts `<s>` 0, `<pad>` 1, `</s>` 2 and `<unk>` 3 in front, shifts every piece by one, and appends
//! `<mask>`. A special token that stands literally in a text becomes its id, as in the slow tokenizer of
//! Hugging Face transformers, which the published models were trained with.

use std::path::Path;

use super::normalizer::Normalizer;
use super::proto::{Model, Piece, PieceKind};
use super::unigram::Unigram;
use super::{TextError, clean_string};

/// Refuses absurd files before they are read; the XLM-R vocabulary has 5 MB.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// A text as the model takes it, always `max_token` long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// `<s>`, tokens, `</s>`, padding.
    pub ids: Vec<u32>,
    /// 0 = token, 1 = padding.
    pub padding: Vec<u8>,
}

impl Encoded {
    /// Number of entries that are not padding.
    pub fn length(&self) -> usize {
        self.padding.iter().filter(|&&p| p == 0).count()
    }
}

/// Turns expressions into token ids.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    normalizer: Normalizer,
    unigram: Unigram,
    mask: u32,
}

impl Tokenizer {
    /// Id of `<s>`, the first token of every text.
    pub const BOS: u32 = 0;
    /// Id of `<pad>`.
    pub const PAD: u32 = 1;
    /// Id of `</s>`, the last token of every text.
    pub const EOS: u32 = 2;
    /// Id of `<unk>`.
    pub const UNK: u32 = 3;

    /// Loads a `.spm` file.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or is not an XLM-R style unigram model.
    pub fn load(path: &Path) -> Result<Self, TextError> {
        let length = fs_err::metadata(path)?.len();
        if length > MAX_FILE_BYTES {
            let reason = format!("{length} bytes, at most {MAX_FILE_BYTES} are accepted");
            return Err(TextError::Model { path: path.into(), reason });
        }
        Self::from_bytes(&fs_err::read(path)?).map_err(|reason| TextError::Model { path: path.into(), reason })
    }

    /// Builds the tokenizer from the bytes of a `.spm` file.
    ///
    /// # Errors
    /// Says what is wrong with the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let model = Model::parse(bytes)?;
        check_numbering(&model.pieces)?;
        Ok(Self {
            normalizer: Normalizer::new(&model.normalizer)?,
            unigram: Unigram::new(&model.pieces)?,
            mask: model.pieces.len() as u32 + 1,
        })
    }

    /// Number of ids, `<mask>` included: the least vocabulary size a model may have.
    pub fn vocab_size(&self) -> usize {
        self.mask as usize + 1
    }

    /// Token texts and ids of a cleaned text, without `<s>` and `</s>`.
    pub fn tokens(&self, cleaned: &str) -> Vec<(String, u32)> {
        let mut tokens = Vec::new();
        let mut rest = cleaned;
        while let Some((at, special, id)) = self.next_special(rest) {
            // `<mask>` alone swallows the spaces on its left; the normaliser strips them anyway.
            self.push_tokens(&rest[..at], &mut tokens);
            tokens.push((special.to_owned(), id));
            rest = &rest[at + special.len()..];
        }
        self.push_tokens(rest, &mut tokens);
        tokens
    }

    /// Cleans and encodes a text to exactly `max_token` ids; what does not fit is cut off.
    ///
    /// # Errors
    /// [`TextError::Empty`] if no token is left after cleaning, [`TextError::MaxToken`] below 3.
    pub fn encode(&self, text: &str, max_token: usize) -> Result<Encoded, TextError> {
        if max_token < 3 {
            return Err(TextError::MaxToken(max_token));
        }
        let tokens = self.tokens(&clean_string(text));
        if tokens.is_empty() {
            return Err(TextError::Empty(text.to_owned()));
        }
        let kept = tokens.iter().map(|(_, id)| *id).take(max_token - 2);
        Ok(frame(kept, max_token))
    }

    /// A text of no words, `<s></s>`: what a language-blind model is shown.
    ///
    /// # Errors
    /// [`TextError::MaxToken`] below 3.
    pub fn blank(max_token: usize) -> Result<Encoded, TextError> {
        if max_token < 3 {
            return Err(TextError::MaxToken(max_token));
        }
        Ok(frame(std::iter::empty(), max_token))
    }

    fn push_tokens(&self, text: &str, tokens: &mut Vec<(String, u32)>) {
        let normalized = self.normalizer.normalize(text);
        for segment in self.unigram.segment(&normalized) {
            let id = segment.id.map_or(Self::UNK, |id| id + 1);
            tokens.push((segment.surface.to_owned(), id));
        }
    }

    /// The first literal special token: its place, text and id.
    fn next_special(&self, text: &str) -> Option<(usize, &'static str, u32)> {
        let specials = [
            ("<s>", Self::BOS),
            ("<pad>", Self::PAD),
            ("</s>", Self::EOS),
            ("<unk>", Self::UNK),
            ("<mask>", self.mask),
        ];
        let found = specials.map(|(special, id)| text.find(special).map(|at| (at, special, id)));
        found.into_iter().flatten().min()
    }
}

/// Puts begin and end around the tokens and fills up with padding.
fn frame(tokens: impl Iterator<Item = u32>, max_token: usize) -> Encoded {
    let mut ids = vec![Tokenizer::BOS];
    ids.extend(tokens);
    ids.push(Tokenizer::EOS);
    let mut padding = vec![0; ids.len()];
    ids.resize(max_token, Tokenizer::PAD);
    padding.resize(max_token, 1);
    Encoded { ids, padding }
}

/// XLM-R numbering relies on `<unk>`, `<s>`, `</s>` being pieces 0, 1 and 2.
fn check_numbering(pieces: &[Piece]) -> Result<(), String> {
    let expected = [PieceKind::Unknown, PieceKind::Control, PieceKind::Control];
    let found: Vec<_> = pieces.iter().take(3).map(|p| p.kind).collect();
    if found != expected {
        return Err(format!("its first pieces are {found:?}, XLM-R ids need <unk>, <s>, </s> there"));
    }
    Ok(())
}
