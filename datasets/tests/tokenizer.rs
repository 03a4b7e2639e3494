//! The tokenizer against 300 strings of the official one, and against damaged vocabularies.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use simvg_datasets::text::unigram::Unigram;
use simvg_datasets::text::{TextError, Tokenizer, clean_string, normalizer::Normalizer, proto::Model, toy};

#[derive(Deserialize)]
struct Golden {
    tokenizer_vocab_size: usize,
    strings: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    text: String,
    cleaned: String,
    pieces: Vec<String>,
    raw_ids: Vec<u32>,
    sp_ids: Vec<u32>,
    encoded: BTreeMap<usize, Expected>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Ids { ids: Vec<u32>, mask: Vec<u8> },
    Error {},
}

fn golden_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/tokenizer")
}

fn golden() -> (Golden, Vec<u8>) {
    let text = fs_err::read_to_string(golden_dir().join("tokens.json")).unwrap();
    let spm = fs_err::read(golden_dir().join("tiny.spm")).unwrap();
    (serde_json::from_str(&text).unwrap(), spm)
}

#[test]
fn every_string_is_cut_and_numbered_as_by_the_official_tokenizer() {
    let (golden, spm) = golden();
    let tokenizer = Tokenizer::from_bytes(&spm).unwrap();
    assert_eq!(tokenizer.vocab_size(), golden.tokenizer_vocab_size);
    assert_eq!(golden.strings.len(), 300);
    for entry in &golden.strings {
        assert_eq!(clean_string(&entry.text), entry.cleaned);
        let (pieces, ids): (Vec<_>, Vec<_>) = tokenizer.tokens(&entry.cleaned).into_iter().unzip();
        assert_eq!(pieces, entry.pieces, "{:?}", entry.text);
        assert_eq!(ids, entry.raw_ids, "{:?}", entry.text);
        check_encoded(&tokenizer, entry);
    }
}

fn check_encoded(tokenizer: &Tokenizer, entry: &Entry) {
    for (&max_token, expected) in &entry.encoded {
        let result = tokenizer.encode(&entry.text, max_token);
        match expected {
            Expected::Ids { ids, mask } => {
                let encoded = result.unwrap();
                assert_eq!((&encoded.ids, &encoded.padding), (ids, mask), "{:?}", entry.text);
            }
            Expected::Error {} => assert!(matches!(result, Err(TextError::Empty(_)))),
        }
    }
}

#[test]
fn plain_sentencepiece_numbers_agree_too() {
    let (golden, spm) = golden();
    let model = Model::parse(&spm).unwrap();
    let unigram = Unigram::new(&model.pieces).unwrap();
    let normalizer = Normalizer::new(&model.normalizer).unwrap();
    for entry in &golden.strings {
        let normalized = normalizer.normalize(&entry.cleaned);
        let segments = unigram.segment(&normalized);
        let ids: Vec<u32> = segments.iter().map(|s| s.id.unwrap_or(0)).collect();
        assert_eq!(ids, entry.sp_ids, "{:?}", entry.text);
    }
}

#[test]
fn the_shipped_toy_vocabulary_is_up_to_date_and_knows_its_words() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/toy.spm");
    assert_eq!(fs_err::read(&path).unwrap(), toy::toy_model(toy::WORDS));
    let tokenizer = Tokenizer::load(&path).unwrap();
    assert!(tokenizer.vocab_size() <= 200);
    for word in toy::WORDS {
        assert_eq!(tokenizer.tokens(word).len(), 1, "{word}");
    }
    let ids = tokenizer.tokens("zebra 7 squarest");
    assert!(ids.iter().all(|(_, id)| *id != Tokenizer::UNK), "{ids:?}");
}

#[test]
fn truncated_and_flipped_vocabularies_never_panic() {
    let (_, spm) = golden();
    for cut in (0..spm.len()).step_by(997) {
        let _ = Tokenizer::from_bytes(&spm[..cut]);
    }
    for at in (0..spm.len()).step_by(499) {
        let mut damaged = spm.clone();
        damaged[at] ^= 0xff;
        if let Ok(tokenizer) = Tokenizer::from_bytes(&damaged) {
            let _ = tokenizer.tokens("the ｆｕｌｌ ½ man's 日本 hat");
        }
    }
}

#[test]
fn errors_name_the_file_and_the_limits() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("broken.spm");
    fs_err::write(&path, b"not a model").unwrap();
    let message = Tokenizer::load(&path).unwrap_err().to_string();
    assert!(message.contains("broken.spm"), "{message}");
    let missing = Tokenizer::load(&dir.path().join("absent.spm")).unwrap_err();
    assert!(missing.to_string().contains("absent.spm"));
    let tokenizer = Tokenizer::from_bytes(&toy::toy_model(toy::WORDS)).unwrap();
    assert!(matches!(tokenizer.encode("red", 2), Err(TextError::MaxToken(2))));
}
