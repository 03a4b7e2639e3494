//! What holds for every plan: whatever changes, a store that has seen much gives what an empty one gives.

use std::fmt::Write;

use proptest::prelude::*;
use simvg_pipeline::{Plan, State};

use crate::support::Bench;

/// What a stage writes, and which of those before it it reads.
type Shape = Vec<(u8, Vec<prop::sample::Index>)>;

fn shapes() -> impl Strategy<Value = Shape> {
    proptest::collection::vec((0..3_u8, proptest::collection::vec(any::<prop::sample::Index>(), 0..3)), 1..7)
}

/// The stages `s0`, `s1`, ...; the texts are few, so that stages come to equal bytes and equal keys.
fn stages(shape: &Shape) -> String {
    let mut text = String::new();
    for (at, (word, needs)) in shape.iter().enumerate() {
        let needs = needs.iter().filter(|_| at > 0).map(|needed| format!("Stage(\"s{}\")", needed.index(at)));
        let needs: Vec<String> = needs.collect();
        write!(text, "\"s{at}\": Write(text: \"{word}\", from: [{}]),", needs.join(", ")).expect("a String grows");
    }
    text
}

/// Changes what some stages write.
fn edited(shape: &Shape, edits: &[(prop::sample::Index, u8)]) -> Shape {
    let mut shape = shape.clone();
    for (at, word) in edits {
        let at = at.index(shape.len());
        shape[at].0 = *word;
    }
    shape
}

fn outputs(bench: &Bench, count: usize) -> Vec<String> {
    (0..count).map(|at| bench.read(&format!("s{at}"), "text.txt")).collect()
}

fn is_empty(plan: &Plan) -> bool {
    plan.stages.iter().all(|step| step.state == State::Hit)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_used_store_gives_what_an_empty_one_gives(
        shape in shapes(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..3_u8), 1..4),
    ) {
        let used = Bench::new();
        used.run(&stages(&shape));
        let changed = edited(&shape, &edits);
        used.run(&stages(&changed));
        let fresh = Bench::new();
        fresh.run(&stages(&changed));
        prop_assert_eq!(outputs(&used, shape.len()), outputs(&fresh, shape.len()));
    }

    #[test]
    fn what_a_plan_says_is_what_a_run_does(
        shape in shapes(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..3_u8), 1..4),
    ) {
        let bench = Bench::new();
        for shape in [&shape, &edited(&shape, &edits), &shape] {
            let plan = bench.plan(&stages(shape));
            let summary = bench.run(&stages(shape));
            for (step, result) in plan.stages.iter().zip(&summary.stages) {
                prop_assert_eq!(&step.id, &result.id);
                let ran = result.status == simvg_pipeline::Status::Ran;
                // A stage that waits for others may turn out to be there; two stages of one key run once.
                prop_assert!(!(step.state == State::Hit && ran), "{} ran against the plan", step.id);
            }
            prop_assert!(is_empty(&bench.plan(&stages(shape))), "something was left");
        }
        prop_assert!(is_empty(&bench.plan(&stages(&edited(&shape, &edits)))), "an older result was not found again");
    }

    #[test]
    fn a_hit_was_made_from_what_the_stage_has_now(
        shape in shapes(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..3_u8), 1..4),
    ) {
        let bench = Bench::new();
        bench.run(&stages(&shape));
        bench.run(&stages(&edited(&shape, &edits)));
        let (pipeline, plan, store) = (bench.load(&stages(&shape)), bench.plan(&stages(&shape)), bench.store());
        let digest = |at: usize| Some(store.manifest(plan.stages[at].fingerprint.as_ref()?)?.digest);
        for (stage, step) in pipeline.stages.iter().zip(&plan.stages) {
            prop_assert_eq!(step.state, State::Hit);
            let fingerprint = step.fingerprint.as_ref().expect("a hit has one");
            let key = store.key(fingerprint).expect("a key");
            prop_assert_eq!(&key.fingerprint(), fingerprint);
            prop_assert_eq!(&key.params["text"], &stage.params["text"]);
            let inputs = stage.needs.iter().map(|&at| (pipeline.stages[at].id.clone(), digest(at).expect("a hit")));
            prop_assert_eq!(key.inputs, inputs.collect());
        }
    }

    #[test]
    fn a_plan_is_in_an_order_that_can_be_run(shape in shapes()) {
        let bench = Bench::new();
        let (pipeline, plan) = (bench.load(&stages(&shape)), bench.plan(&stages(&shape)));
        for (at, step) in plan.stages.iter().enumerate() {
            let position = pipeline.position(&step.id).expect("a stage of the pipeline");
            for &needed in &pipeline.stages[position].needs {
                let id = &pipeline.stages[needed].id;
                prop_assert!(plan.stages[..at].iter().any(|before| before.id == *id));
            }
        }
    }
}
