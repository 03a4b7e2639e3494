//! Every mistake that a pipeline file can hold, as its author sees it.

use simvg_pipeline::parse;

use crate::support::{check, file, registry, rendered};

/// The message for some stages must contain all parts.
#[track_caller]
fn expect(stages: &str, parts: &[&str]) {
    expect_in(&file(stages), &[], parts);
}

#[track_caller]
fn expect_in(text: &str, settings: &[&str], parts: &[&str]) {
    let settings: Vec<_> = settings.iter().map(|setting| setting.parse().expect("NAME=VALUE")).collect();
    let Err(mistakes) = parse("test.ron", text, &settings, &registry()) else { panic!("no mistake found") };
    let shown = rendered(&mistakes);
    for part in parts {
        assert!(shown.contains(part), "`{part}` is not in:\n{shown}");
    }
}

#[test]
fn syntax() {
    expect("\"a\": Write(text: \"x\"", &["syntax error", "test.ron:1:"]);
    expect_in("", &[], &["syntax error"]);
    expect_in("Pipeline(name: \"x\n", &[], &["syntax error"]);
}

#[test]
fn unknown_kind() {
    expect(
        r#""a": Wirte(text: "x")"#,
        &["there is no stage kind `Wirte`", "unknown stage kind", "did you mean `Write`?"],
    );
}

#[test]
fn unknown_field() {
    expect(r#""a": Write(text: "x", cuont: 1)"#, &["stage `a` has no field `cuont`", "did you mean `count`?", "^^"]);
}

#[test]
fn a_misspelt_required_field_is_one_mistake() {
    let Err(mistakes) = check(r#""a": Write(txet: "x")"#) else { panic!("no mistake found") };
    assert_eq!(mistakes.list.len(), 1, "{mistakes:?}");
}

#[test]
fn the_whole_picture_of_a_mistake() {
    let text = "Pipeline(\n    name: \"p\",\n    stages: {\n        \"a\": Write(text: \"x\", cuont: 1),\n    },\n)\n";
    let Err(mistakes) = parse("p.ron", text, &[], &registry()) else { panic!("no mistake found") };
    let expected = "x stage `a` has no field `cuont`\n   ,-[p.ron:4:31]\n 3 |     stages: {\n 4 |         \"a\": Write(text: \"x\", \
                    cuont: 1),\n   :                               ^^|^^\n   :                                 `-- unknown field\n \
                    5 |     },\n   `----\n  help: did you mean `count`?";
    let shown = rendered(&mistakes);
    assert!(shown.contains("p.ron has a mistake"), "{shown}");
    assert!(shown.contains(expected), "{shown}\nis not\n{expected}");
}

#[test]
fn repeated_field() {
    expect(r#""a": Write(text: "x", text: "y")"#, &["has the field `text` twice", "first here", "again here"]);
}

#[test]
fn missing_field() {
    expect(r#""a": Write()"#, &["stage `a` lacks the field `text`", "text: Str (what to write)"]);
    expect(r#""a": Write"#, &["stage `a` lacks the field `text`"]);
}

#[test]
fn wrong_types() {
    expect(r#""a": Write(text: 1)"#, &["`text` of stage `a` must be Str, found an Int", "expected Str"]);
    expect(r#""a": Write(text: "x", count: 1.5)"#, &["must be Int, found a Float", "without a point"]);
    expect(r#""a": Write(text: "x", rate: "1")"#, &["must be Float, found a Str"]);
    expect(r#""a": Write(text: "x", from: "b")"#, &["must be list of Stage, found a Str", "[a, b]"]);
    expect(r#""a": Write(text: "x", from: ["b"])"#, &["must be Stage, found a Str", "Stage(\"its name\")"]);
    expect(r#""a": Write(text: "x", extra: 3)"#, &["must be record (depth, verbose), found an Int"]);
    expect(r#""a": Write(text: "x", extra: (dept: 3))"#, &["`extra` of stage `a` has no field `dept`", "`depth`"]);
    expect(r#""a": Write(text: "x", count: inf)"#, &["must be Int, found the word `inf`"]);
}

#[test]
fn not_one_of_the_words() {
    expect(r#""a": Write(text: "x", mode: Laud)"#, &["cannot be `Laud`", "one of Plain, Loud", "did you mean `Loud`?"]);
}

#[test]
fn meaning() {
    expect(r#""a": Write(text: "x", count: -1)"#, &["`count` of stage `a`: it cannot be negative", "count from 0"]);
}

#[test]
fn unknown_references() {
    expect(r#""a": Write(text: Param("txet"))"#, &["there is no parameter `txet`", "did you mean `text`?"]);
    expect(r#""a": Write(text: Each("seed"))"#, &["there is no foreach value `seed`"]);
    expect(
        r#""alpha": Write(text: "x", one: Stage("alhpa"))"#,
        &["there is no stage `alhpa`", "did you mean `alpha`?"],
    );
    expect(r#""a": Write(text: "x", from: [Stage("b_*")])"#, &["no stage fits `b_*`"]);
    expect(r#""a": Write(text: "x", one: Stage("*"))"#, &["needs a list around it"]);
}

#[test]
fn circles_are_printed_whole() {
    let stages = r#""a": Write(text: "x", one: Stage("c")), "b": Write(text: "x", one: Stage("a")),
        "c": Write(text: "x", one: Stage("b")), "d": Write(text: "x", one: Stage("d"))"#;
    expect(stages, &["in a circle: a -> c -> b -> a", "in a circle: d -> d", "goes through here"]);
}

#[test]
fn duplicate_stages() {
    let twice = r#""a": Write(text: "x"), "a": Write(text: "y")"#;
    expect(twice, &["two stages are called `a`", "first here", "the name is taken"]);
    let foreach = r#""a": Write(text: "x", count: Each("n"), foreach: {"n": [1, 2]})"#;
    expect(foreach, &["two stages are called `a`", "train_{seed}"]);
}

#[test]
fn names_that_cannot_be_files() {
    expect(r#""a/b": Write(text: "x")"#, &["`a/b` cannot be a stage's name"]);
    expect_in(r#"Pipeline(name: "../p", stages: {})"#, &[], &["`../p` cannot be a pipeline's name"]);
}

#[test]
fn bad_foreach() {
    expect(r#""a_{n}": Write(text: "x", foreach: [1])"#, &["foreach must be a map of lists, found a list"]);
    expect(r#""a_{n}": Write(text: "x", foreach: {"n": []})"#, &["foreach `n` has no values"]);
    expect(r#""a_{m}": Write(text: "x", foreach: {"n": [1]})"#, &["there is no foreach value `m`", "there is: n"]);
}

#[test]
fn settings() {
    let text = file(r#""a": Write(text: Param("text"))"#);
    expect_in(&text, &["txt=x"], &["no parameter `txt` to set", "did you mean `text`?", "--set txt"]);
    expect_in(&text, &["text=[3]"], &["`text` of stage `a` must be Str, found a list", "--set text"]);
    let Err(mistakes) = parse("test.ron", &text, &["text=[3]".parse().expect("a setting")], &registry()) else {
        panic!("no mistake found")
    };
    assert!(mistakes.only_in_settings());
    assert!("text".parse::<simvg_pipeline::Setting>().is_err());
}

#[test]
fn top_level() {
    expect_in("Pipe(name: \"x\")", &[], &["one Pipeline(...), found `Pipe(...)`"]);
    expect_in("Pipeline(name: \"x\")", &[], &["the pipeline needs `stages`"]);
    expect_in("Pipeline(stages: {})", &[], &["the pipeline needs `name`"]);
    expect_in("Pipeline(name: \"x\", stage: {}, stages: {})", &[], &["no field `stage`", "`stages`"]);
    expect_in("Pipeline(name: \"x\", stages: [])", &[], &["`stages` must be a map, found a list"]);
    expect_in("Pipeline(name: 1, stages: {\"a\": 1})", &[], &["must be a Str, found an Int", "must be a Kind(field"]);
    expect_in("Pipeline(name: \"x\", params: [1], stages: {})", &[], &["`params` must be a map"]);
}

#[test]
fn all_mistakes_come_in_one_go_in_the_order_of_the_text() {
    let stages = r#""a": Write(text: 1), "b": Wirte(), "c": Write(text: "x", cuont: 1, one: Stage("d")),
        "d": Write(text: "x", one: Stage("c"))"#;
    let Err(mistakes) = check(stages) else { panic!("no mistake found") };
    let messages: Vec<String> = mistakes.list.iter().map(ToString::to_string).collect();
    assert_eq!(messages.len(), 4, "{messages:?}");
    for (message, part) in messages.iter().zip(["must be Str", "`Wirte`", "`cuont`", "circle"]) {
        assert!(message.contains(part), "{messages:?}");
    }
}

#[test]
fn terms_of_a_stage() {
    let stage = |fields: &str| format!(r#""a": Write(text: "x", {fields})"#);
    expect(&stage("retires: 1"), &["has no field `retires`", "did you mean `retries`?"]);
    expect(&stage("retries: -1"), &["`retries` of stage `a`: it cannot be negative", "0 means a single attempt"]);
    expect(&stage("retries: 1.5"), &["`retries` of stage `a` must be Int"]);
    expect(&stage("timeout: 0"), &["`timeout` of stage `a`: it must be more than 0"]);
    expect(&stage("timeout: 1e300"), &["at most a year"]);
    expect(&stage(r#"resources: {"gpu": -2}"#), &["`resources` of stage `a`: `gpu` cannot be negative"]);
    expect(&stage(r#"resources: ["gpu"]"#), &["`resources` of stage `a` must be map of Int"]);
}
