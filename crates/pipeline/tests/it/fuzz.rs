//! Broken pipeline files: whatever stands in them, the answer is a pipeline or mistakes with places inside the text.

use std::time::{Duration, Instant};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use simvg_pipeline::parse;

use crate::support::{file, registry, rendered};

/// What texts are made from by breaking them.
const STAGES: [&str; 3] = [
    r#""a": Write(text: Param("text"), extra: (depth: 3), mode: Loud), "b_{n}": Write(text: "é", one: Stage("a"),
        from: [Stage("a")], foreach: {"n": [1, 2]}), "c": Write(text: "x", from: [Stage("b_*")])"#,
    r##""x": Command(argv: ["sh", "-c", r#"echo "{in:a}""#], inputs: {"a": "file", "b": Stage("y")}, outputs: ["o"],
        env: {"K": "v"}, resources: {"gpu": 1}, timeout: 1.5e3), "y": Command(argv: ["true"], outputs: [])"##,
    r#""p": Write(text: Each("t"), foreach: {"t": Param("seeds")}), /* c /* d */ */ "q": Write(text: "\u{41}\"") // e"#,
];

/// What is put into them.
const PARTS: [&str; 20] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\",
    "/*",
    "//",
    "Stage(\"a\")",
    "Some(",
    "None",
    "-1",
    "1e999",
    "é",
    "r#",
    "\u{2028}",
];

/// A text with some pieces taken out, doubled, or put in.
fn broken() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0..9_usize, 0..3_u8, prop::sample::select(&PARTS[..]));
    let edits = proptest::collection::vec(edit, 1..6);
    (prop::sample::select(&STAGES[..]), edits).prop_map(|(stages, edits)| {
        let mut letters: Vec<char> = file(stages).chars().collect();
        for (at, length, what, part) in edits {
            let at = at.index(letters.len() + 1);
            let end = (at + length).min(letters.len());
            let piece: Vec<char> = letters[at..end].to_vec();
            match what {
                0 => drop(letters.drain(at..end)),
                1 => drop(letters.splice(at..at, piece)),
                _ => drop(letters.splice(at..at, part.chars())),
            }
        }
        letters.into_iter().collect()
    })
}

/// The text is read, and every mistake in it can be shown at its place.
fn check(text: &str) -> Result<(), TestCaseError> {
    let Err(mistakes) = parse("x.ron", text, &[], &registry()) else { return Ok(()) };
    prop_assert!(!mistakes.list.is_empty());
    for label in mistakes.list.iter().filter(|mistake| mistake.source_code.name() == "x.ron").flat_map(|m| &m.labels) {
        let end = label.offset() + label.len();
        prop_assert!(text.get(label.offset()..end).is_some(), "{label:?} is no part of the text");
    }
    prop_assert!(rendered(&mistakes).contains("x.ron"));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_broken_file_is_told_and_never_a_panic(text in broken()) {
        check(&text)?;
    }
}

/// The same for as long as one likes, ten minutes if `FUZZ_SECONDS` does not say otherwise.
#[test]
#[ignore = "takes ten minutes: cargo test --release -p simvg-pipeline --test it fuzz -- --ignored"]
fn a_broken_file_is_told_and_never_a_panic_for_long() {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let (start, mut rounds) = (Instant::now(), 0_u64);
    while start.elapsed() < Duration::from_secs(seconds) {
        // Every runner begins with a seed of its own from the system.
        let mut runner = TestRunner::new(Config { cases: 1000, failure_persistence: None, ..Config::default() });
        runner.run(&broken(), |text| check(&text)).unwrap_or_else(|error| panic!("{error}"));
        rounds += 1;
    }
    println!("{rounds} thousand texts in {:.0} s", start.elapsed().as_secs_f64());
}
