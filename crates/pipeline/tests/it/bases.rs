//! Pipelines that say only what sets them apart from another one.

use simvg_pipeline::{Error, Mistakes, Pipeline, load};

use crate::support::{Bench, registry, rendered};

const BASE: &str = r#"Pipeline(
    name: "base",
    params: {"text": "hello", "rate": 0.5},
    stages: {
        "first": Write(text: Param("text"), count: 3, rate: Param("rate")),
        "last": Write(text: "end", one: Stage("first")),
    },
)"#;

/// `own` stands in sub/own.ron, [`BASE`] beside the folder, `others` wherever they say.
fn try_load(own: &str, others: &[(&str, &str)]) -> Result<Pipeline, Mistakes> {
    let bench = Bench::new();
    fs_err::create_dir(bench.path().join("sub")).expect("writable");
    bench.put("base.ron", BASE);
    others.iter().for_each(|(name, text)| bench.put(name, text));
    bench.put("sub/own.ron", own);
    match load(&bench.path().join("sub/own.ron"), &[], &registry()) {
        Err(Error::Mistakes(mistakes)) => Err(mistakes),
        Err(other) => panic!("{other}"),
        Ok(pipeline) => Ok(pipeline),
    }
}

/// The mistakes in `own` must be told with all parts.
#[track_caller]
fn expect(own: &str, others: &[(&str, &str)], parts: &[&str]) {
    let Err(mistakes) = try_load(own, others) else { panic!("no mistake found") };
    let shown = rendered(&mistakes);
    for part in parts {
        assert!(shown.contains(part), "`{part}` is not in:\n{shown}");
    }
}

#[test]
fn what_is_not_said_is_taken_over() {
    let own = r#"Pipeline(
        name: "own", base: "../base.ron", params: {"rate": 0.25},
        stages: {"first": Write(count: 7), "more": Write(text: "x")},
    )"#;
    let pipeline = try_load(own, &[]).expect("sound");
    let ids: Vec<_> = pipeline.stages.iter().map(|stage| stage.id.as_str()).collect();
    assert_eq!(ids, ["first", "last", "more"]);
    let first = &pipeline.stages[0].params;
    assert_eq!((&first["text"], &first["count"], &first["rate"]), (&"hello".into(), &7.into(), &0.25.into()));
    assert_eq!((pipeline.name.as_str(), pipeline.description.as_str()), ("own", ""));
    let files: Vec<_> = pipeline.files.iter().map(|file| file.file_name().expect("a name")).collect();
    assert_eq!(files, ["own.ron", "base.ron"]);
}

#[test]
fn a_base_may_have_a_base() {
    let middle = r#"Pipeline(name: "middle", base: "base.ron", stages: {"first": Write(count: 5, mode: Loud)})"#;
    let own = r#"Pipeline(name: "own", base: "../middle.ron", stages: {"first": Write(mode: Plain)})"#;
    let pipeline = try_load(own, &[("middle.ron", middle)]).expect("sound");
    let first = &pipeline.stages[0].params;
    assert_eq!((&first["count"], &first["mode"], pipeline.files.len()), (&5.into(), &"Plain".into(), 3));
}

#[test]
fn a_stage_of_another_kind_takes_nothing_over() {
    let own = r#"Pipeline(name: "own", base: "../base.ron",
        stages: {"first": Command(argv: ["true"], inputs: {}, outputs: ["x"])})"#;
    let pipeline = try_load(own, &[]).expect("sound");
    assert_eq!(pipeline.stages[0].kind.name(), "Command");
}

#[test]
fn where_a_value_stands_does_not_change_the_fingerprint() {
    let alone = r#""first": Write(text: Param("text"), count: 3), "last": Write(text: "end", one: Stage("first"))"#;
    let bench = Bench::new();
    bench.put("base.ron", BASE);
    bench.put("own.ron", r#"Pipeline(name: "test", base: "base.ron")"#);
    bench.run(alone);
    let pipeline = load(&bench.path().join("own.ron"), &[], &registry()).expect("sound");
    let selection = simvg_pipeline::Selection::new(&pipeline, &[]).expect("everything");
    let store = bench.store();
    let plan = simvg_pipeline::Planner::new(&pipeline, &store, bench.path())
        .plan(&selection, simvg_pipeline::Forced::default())
        .expect("a plan");
    assert!(plan.stages.iter().all(|step| step.state == simvg_pipeline::State::Hit), "{plan:?}");
    assert_eq!(plan.files, pipeline.files);
}

#[test]
fn mistakes_are_shown_in_the_file_that_has_them() {
    let wrong = r#"Pipeline(name: "middle", base: "base.ron", stages: {"first": Write(cuont: 5)})"#;
    let own = r#"Pipeline(name: "own", base: "../middle.ron", stages: {"last": Write(rate: "x")})"#;
    expect(own, &[("middle.ron", wrong)], &["no field `cuont`", "middle.ron:1:", "must be Float", "own.ron:1:"]);
    expect(own, &[("middle.ron", "Pipeline(")], &["syntax error", "middle.ron:1:"]);
    expect(own, &[("middle.ron", r#"Pipeline(nmae: "x", stages: {})"#)], &["no field `nmae`", "middle.ron:1:"]);
}

#[test]
fn a_mistake_in_a_base_is_not_one_of_the_command_line() {
    let wrong = r#"Pipeline(name: "middle", base: "base.ron", stages: {"first": Write(cuont: 5)})"#;
    let Err(mistakes) = try_load(r#"Pipeline(name: "own", base: "../middle.ron")"#, &[("middle.ron", wrong)]) else {
        panic!("no mistake found")
    };
    assert!(!mistakes.only_in_settings());
}

#[test]
fn circles_and_files_that_are_not_there() {
    let middle = r#"Pipeline(name: "middle", base: "sub/../sub/own.ron", stages: {})"#;
    let own = r#"Pipeline(name: "own", base: "../middle.ron")"#;
    expect(own, &[("middle.ron", middle)], &["own.ron is based on itself", "the circle closes here", "middle.ron:1:"]);
    expect(r#"Pipeline(name: "own", base: "own.ron")"#, &[], &["is based on itself"]);
    let missing = r#"Pipeline(name: "own", base: "bsae.ron")"#;
    expect(missing, &[], &["the base cannot be read", "starts at the folder of this file", "own.ron:1:"]);
    expect(r#"Pipeline(name: "own", base: 1)"#, &[], &["`base` must be a Str, found an Int"]);
}

#[test]
fn a_name_is_not_taken_over() {
    expect(r#"Pipeline(base: "../base.ron")"#, &[], &["the pipeline needs `name`", "own.ron:1:1"]);
}

#[test]
fn a_parameter_that_nothing_uses_is_misspelt() {
    let own = r#"Pipeline(name: "own", base: "../base.ron", params: {"raet": 1.0})"#;
    expect(own, &[], &["no parameter `raet`, and no stage refers to it", "did you mean `rate`?", "of no effect"]);
    let used =
        r#"Pipeline(name: "own", base: "../base.ron", params: {"n": 2}, stages: {"last": Write(count: Param("n"))})"#;
    assert!(try_load(used, &[]).is_ok());
}

#[test]
fn a_name_that_is_there_twice_stays_a_mistake() {
    let own = r#"Pipeline(name: "own", base: "../base.ron", params: {"rate": 1.0, "rate": 2.0},
        stages: {"last": Write(count: 1), "last": Write(count: 2, text: "x")})"#;
    expect(own, &[], &["two parameters are called `rate`", "two stages are called `last`"]);
}
