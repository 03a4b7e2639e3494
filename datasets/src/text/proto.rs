//! A SentencePiece `ModelProto`: reading what the unigram tokenizer needs, and writing small models.
//!
//! Field numbers are those of `sentencepiece_model.proto` in google/sentencepiece.

use super::wire::{Reader, Value, put_bytes, put_f32, put_varint};

/// What a piece stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// Text that the search may use.
    Normal,
    /// The unknown token.
    Unknown,
    /// `<s>`, `</s>` and the like: never produced from text.
    Control,
    /// Kept in the table for its number only.
    Unused,
}

/// One row of the vocabulary; its number is its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The surface, with U+2581 for a space.
    pub text: String,
    /// Log-probability.
    pub score: f32,
    /// What it stands for.
    pub kind: PieceKind,
}

/// How text is prepared before the search (`NormalizerSpec`).
#[derive(Debug, Clone, PartialEq)]
pub struct NormalizerSpec {
    /// Name of the rule set; informative only.
    pub name: String,
    /// Compiled replacement rules; empty means none.
    pub charsmap: Vec<u8>,
    /// Put a space before the text.
    pub add_dummy_prefix: bool,
    /// Strip and squeeze spaces.
    pub remove_extra_whitespaces: bool,
    /// Write spaces as U+2581.
    pub escape_whitespaces: bool,
}

impl Default for NormalizerSpec {
    fn default() -> Self {
        Self {
            name: String::new(),
            charsmap: Vec::new(),
            add_dummy_prefix: true,
            remove_extra_whitespaces: true,
            escape_whitespaces: true,
        }
    }
}

/// The vocabulary and its normaliser.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    /// All pieces in order of their numbers.
    pub pieces: Vec<Piece>,
    /// Text preparation.
    pub normalizer: NormalizerSpec,
}

impl Model {
    /// Reads a model.
    ///
    /// # Errors
    /// Says what is wrong: damaged bytes, another model type than unigram, or a feature (user-defined
    /// symbols, byte fallback, suffix spaces) that no XLM-R style vocabulary uses.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut model = Self::default();
        let mut reader = Reader::new(bytes);
        while let Some(field) = reader.next_field()? {
            match field {
                (1, Value::Bytes(piece)) => {
                    let number = model.pieces.len();
                    let piece = parse_piece(piece).map_err(|e| format!("piece {number}: {e}"))?;
                    model.pieces.push(piece);
                }
                (2, Value::Bytes(spec)) => check_trainer(spec)?,
                (3, Value::Bytes(spec)) => model.normalizer = parse_normalizer(spec)?,
                _ => {}
            }
        }
        if model.pieces.is_empty() {
            return Err("it holds no pieces".into());
        }
        Ok(model)
    }

    /// The bytes of the model, readable by any SentencePiece implementation.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in &self.pieces {
            put_bytes(&mut out, 1, &piece_bytes(piece));
        }
        let mut trainer = Vec::new();
        put_varint(&mut trainer, 3, 1);
        put_varint(&mut trainer, 4, self.pieces.len() as u64);
        put_bytes(&mut out, 2, &trainer);
        put_bytes(&mut out, 3, &normalizer_bytes(&self.normalizer));
        out
    }
}

fn parse_piece(bytes: &[u8]) -> Result<Piece, String> {
    let (mut text, mut score, mut kind) = (String::new(), 0.0, PieceKind::Normal);
    let mut reader = Reader::new(bytes);
    while let Some(field) = reader.next_field()? {
        match field {
            (1, Value::Bytes(b)) => text = utf8(b)?,
            (2, Value::Fixed32(bits)) => score = f32::from_bits(bits),
            (3, Value::Varint(number)) => kind = piece_kind(number)?,
            _ => {}
        }
    }
    if text.is_empty() || !score.is_finite() {
        return Err(format!("text {text:?} with score {score} is not a piece"));
    }
    Ok(Piece { text, score, kind })
}

fn piece_kind(number: u64) -> Result<PieceKind, String> {
    match number {
        1 => Ok(PieceKind::Normal),
        2 => Ok(PieceKind::Unknown),
        3 => Ok(PieceKind::Control),
        5 => Ok(PieceKind::Unused),
        4 => Err("user-defined symbols are not supported".into()),
        6 => Err("byte fallback is not supported".into()),
        other => Err(format!("unknown piece type {other}")),
    }
}

fn check_trainer(bytes: &[u8]) -> Result<(), String> {
    let mut reader = Reader::new(bytes);
    while let Some(field) = reader.next_field()? {
        match field {
            (3, Value::Varint(kind)) if kind != 1 => {
                return Err(format!("model type {kind}, only unigram (1) is supported"));
            }
            (24, Value::Varint(1)) => return Err("suffix spaces are not supported".into()),
            _ => {}
        }
    }
    Ok(())
}

fn parse_normalizer(bytes: &[u8]) -> Result<NormalizerSpec, String> {
    let mut spec = NormalizerSpec::default();
    let mut reader = Reader::new(bytes);
    while let Some(field) = reader.next_field()? {
        match field {
            (1, Value::Bytes(b)) => spec.name = utf8(b)?,
            (2, Value::Bytes(b)) => spec.charsmap = b.to_vec(),
            (3, Value::Varint(v)) => spec.add_dummy_prefix = v != 0,
            (4, Value::Varint(v)) => spec.remove_extra_whitespaces = v != 0,
            (5, Value::Varint(v)) => spec.escape_whitespaces = v != 0,
            _ => {}
        }
    }
    Ok(spec)
}

fn piece_bytes(piece: &Piece) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes(&mut out, 1, piece.text.as_bytes());
    put_f32(&mut out, 2, piece.score);
    let kind = match piece.kind {
        PieceKind::Normal => 1,
        PieceKind::Unknown => 2,
        PieceKind::Control => 3,
        PieceKind::Unused => 5,
    };
    put_varint(&mut out, 3, kind);
    out
}

fn normalizer_bytes(spec: &NormalizerSpec) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes(&mut out, 1, spec.name.as_bytes());
    put_bytes(&mut out, 2, &spec.charsmap);
    put_varint(&mut out, 3, spec.add_dummy_prefix.into());
    put_varint(&mut out, 4, spec.remove_extra_whitespaces.into());
    put_varint(&mut out, 5, spec.escape_whitespaces.into());
    out
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|e| format!("text is not UTF-8: {e}"))
}
