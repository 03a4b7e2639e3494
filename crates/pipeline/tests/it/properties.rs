//! What holds for every pipeline.

use std::fmt::Write;

use proptest::prelude::*;
use simvg_pipeline::{Key, STORE_FORMAT, Selection, parse};

use crate::support::{check, registry};

/// Stages `s0`, `s1`, ... in which each needs some of those before it, written in a shuffled order.
fn pipelines() -> impl Strategy<Value = String> {
    let needs = proptest::collection::vec(proptest::collection::vec(any::<prop::sample::Index>(), 0..3), 1..12);
    needs.prop_flat_map(|needs| {
        let lines: Vec<String> = needs
            .iter()
            .enumerate()
            .map(|(at, needs)| {
                let mut from = String::new();
                for needed in needs.iter().filter(|_| at > 0) {
                    write!(from, "Stage(\"s{}\"), ", needed.index(at)).expect("a String takes everything");
                }
                format!("\"s{at}\": Write(text: \"x\", from: [{from}])")
            })
            .collect();
        Just(lines).prop_shuffle().prop_map(|lines| lines.join(", "))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_stage_comes_after_what_it_needs(stages in pipelines()) {
        let pipeline = check(&stages).expect("sound");
        for (at, stage) in pipeline.stages.iter().enumerate() {
            prop_assert!(stage.needs.iter().all(|&needed| needed < at));
        }
    }

    #[test]
    fn a_selection_is_closed(stages in pipelines(), target in any::<prop::sample::Index>()) {
        let pipeline = check(&stages).expect("sound");
        let target = pipeline.stages[target.index(pipeline.stages.len())].id.clone();
        let selection = Selection::new(&pipeline, &[target]).expect("a stage");
        for at in selection.positions() {
            prop_assert!(pipeline.stages[at].needs.iter().all(|&needed| selection.wanted[needed]));
        }
    }

    #[test]
    fn no_text_makes_the_front_end_panic(text in "[A-Za-z\"(){}\\[\\]:,#!/* .0-9\n-]{0,80}") {
        let _ = parse("x.ron", &text, &[], &registry());
        let _ = parse("x.ron", &format!("Pipeline(name: \"x\", stages: {{\"a\": Write({text})}})"), &[], &registry());
    }

    #[test]
    fn other_keys_have_other_fingerprints(a in any::<(u32, String, String)>(), b in any::<(u32, String, String)>()) {
        let key = |(version, text, digest): &(u32, String, String)| Key {
            store: STORE_FORMAT,
            kind: "Write".to_owned(),
            version: *version,
            params: serde_json::json!({"text": text}),
            inputs: [("a".to_owned(), digest.clone())].into(),
            raw: [].into(),
            facts: [].into(),
        };
        prop_assert_eq!(a == b, key(&a).fingerprint() == key(&b).fingerprint());
    }
}
