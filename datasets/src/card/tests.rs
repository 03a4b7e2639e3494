//! A card of a few records, counted by hand.

use super::*;
use crate::sample::Record;
use crate::sample::tests::{picture, record};
use crate::text::toy::{WORDS, toy_model};

fn dataset() -> Dataset {
    let long = Record { expressions: vec!["the red circle on the left".into()], ..record(2, "val") };
    let none = Record { boxes: vec![], expressions: vec!["Nothing!".into()], ..record(3, "val") };
    let square = vec![[0.0, 0.0, 96.0, 64.0], [10.0, 10.0, 20.0, 20.0]];
    let two = Record { boxes: square, picture: picture(3).into(), ..record(4, "train") };
    Dataset { image_root: String::new(), records: vec![record(1, "train"), long, none, two] }
}

fn card(max_token: usize) -> Card {
    Card::new(&dataset(), &TextLimit { tokenizer: None, max_token })
}

#[test]
fn splits_are_counted_apart() {
    let [train, val] = &card(7).splits[..] else { panic!("two splits") };
    assert_eq!((train.split.as_str(), train.records, train.images, train.expressions), ("train", 2, 2, 4));
    assert_eq!((train.without_target, train.several_targets), (0, 1));
    assert_eq!((val.records, val.without_target, val.several_targets), (2, 1, 0));
    assert_eq!(card(7).pictures, 3);
}

#[test]
fn lengths_are_those_of_cleaned_texts() {
    let val = &card(7).splits[1];
    assert_eq!((val.words.min, val.words.mean, val.words.max), (1.0, 3.5, 6.0));
    assert_eq!((val.tokens.max, val.truncated), (8.0, 1), "six words, start and end are more than seven");
    assert_eq!(card(8).splits[1].truncated, 0);
}

#[test]
fn a_tokenizer_counts_tokens() {
    let tokenizer = Tokenizer::from_bytes(&toy_model(WORDS)).unwrap();
    let limit = TextLimit { tokenizer: Some(&tokenizer), max_token: 7 };
    let card = Card::new(&dataset(), &limit);
    let expected = tokenizer.tokens("the red circle on the left").len() as f64 + 2.0;
    assert!(card.tokenized && card.splits[1].tokens.max >= expected);
}

#[test]
fn words_are_ranked_by_count_and_then_by_letter() {
    let words = card(20).words;
    assert_eq!(words.frequent[..2], [("red".to_owned(), 5), ("the".to_owned(), 4)]);
    assert_eq!((words.total, words.different), (words.frequent.iter().map(|w| w.1).sum(), 7));
    assert_eq!(words.once, 2, "on, nothing");
}

#[test]
fn every_box_and_record_is_in_a_bin() {
    let card = card(20);
    let sum = |histogram: &Histogram| histogram.bins.iter().map(|bin| bin.count).sum::<usize>();
    assert_eq!((sum(&card.sides), sum(&card.shapes), sum(&card.targets), sum(&card.lengths)), (4, 4, 4, 6));
    assert_eq!(card.sides.bins[9].count, 1, "the box of the whole picture");
    let none_one_two: Vec<usize> = card.targets.bins[..3].iter().map(|bin| bin.count).collect();
    assert_eq!(none_one_two, [1, 2, 1]);
}

#[test]
fn nothing_has_a_card() {
    let card = Card::new(&Dataset::default(), &TextLimit { tokenizer: None, max_token: 20 });
    assert_eq!((card.splits.len(), card.words.total), (0, 0));
    assert_eq!(Spread::of(Vec::new()), Spread::default());
}
