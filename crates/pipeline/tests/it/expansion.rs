//! What stands in a file and what becomes of it: `foreach`, patterns, parameters, defaults, the order of stages.

use serde_json::json;

use crate::support::{check, file, registry};

#[track_caller]
fn ids(stages: &str) -> Vec<String> {
    check(stages).unwrap_or_else(|error| panic!("{error:?}")).stages.into_iter().map(|stage| stage.id).collect()
}

#[test]
fn defaults_are_filled_in_and_values_are_canonical() {
    let pipeline = check(r#""a": Write(text: "x", rate: 1, mode: "Loud", extra: (depth: 7))"#).expect("sound");
    let expected = json!({
        "text": "x", "count": 1, "rate": 1.0, "mode": "Loud", "from": [], "one": null, "raw": null, "folder": null,
        "threads": 1, "extra": {"depth": 7, "verbose": false},
    });
    assert_eq!(pipeline.stages[0].params, expected);
    let text = pipeline.stages[0].params.to_string();
    assert!(text.starts_with(r#"{"count":1,"extra":{"depth":7,"verbose":false},"folder""#), "keys are sorted: {text}");
}

#[test]
fn foreach_takes_the_product_of_its_lists() {
    let stages = r#""a_{n}_{m}": Write(text: Each("m"), count: Each("n"), foreach: {"n": [1, 2], "m": ["x", "y"]})"#;
    assert_eq!(ids(stages), ["a_1_x", "a_1_y", "a_2_x", "a_2_y"]);
}

#[test]
fn foreach_takes_a_list_from_the_parameters() {
    assert_eq!(ids(r#""a_{n}": Write(text: "x", foreach: {"n": Param("seeds")})"#), ["a_1", "a_2"]);
}

#[test]
fn siblings_and_patterns_refer_to_expanded_stages() {
    let stages = r#""a_{n}": Write(text: "x", foreach: {"n": [1, 2]}),
        "b_{n}": Write(text: "y", one: Stage("a_{n}"), foreach: {"n": [1, 2]}),
        "all": Write(text: "z", from: [Stage("b_*"), Stage("a_2")])"#;
    let pipeline = check(stages).expect("sound");
    let all = &pipeline.stages[4];
    assert_eq!(all.params["from"], json!([{"$stage": "b_1"}, {"$stage": "b_2"}, {"$stage": "a_2"}]));
    assert_eq!(all.needs, [1, 2, 3]);
    assert_eq!(pipeline.stages[3].needs, [1]);
}

#[test]
fn a_file_in_order_keeps_its_order_and_others_are_put_in_order() {
    assert_eq!(
        ids(r#""b": Write(text: "x"), "a": Write(text: "x"), "c": Write(text: "x", one: Stage("b"))"#),
        ["b", "a", "c"]
    );
    let backwards =
        r#""c": Write(text: "x", one: Stage("b")), "b": Write(text: "x", one: Stage("a")), "a": Write(text: "x")"#;
    assert_eq!(ids(backwards), ["a", "b", "c"]);
}

#[test]
fn settings_are_ron_or_bare_text() {
    let text = file(r#""a": Write(text: Param("text"))"#);
    for (setting, expected) in [("text=word", "word"), ("text=\"two words\"", "two words"), ("text=a/b.txt", "a/b.txt")]
    {
        let settings = [setting.parse().expect("a setting")];
        let pipeline = simvg_pipeline::parse("test.ron", &text, &settings, &registry()).expect("sound");
        assert_eq!(pipeline.stages[0].params["text"], expected);
        assert_eq!(pipeline.params["text"], expected);
    }
}

#[test]
fn comments_and_extensions_are_fine() {
    let text = "#![enable(implicit_some)]\n// first\nPipeline(name: \"x\", /* in */ stages: { // here\n \
                \"a\": /* b */ Write(text: \"x\" /* c */, count: 2 // two [1]\n, one: None), },\n) // end\n";
    let pipeline = simvg_pipeline::parse("test.ron", text, &[], &registry()).expect("sound");
    assert_eq!(pipeline.stages[0].params["count"], 2);
}

#[test]
fn stages_keep_the_order_of_the_file_wherever_they_can() {
    let stages = r#"
        "z": Write(text: "x"), "late": Write(text: "x", from: [Stage("m"), Stage("a")]), "m": Write(text: "x"),
        "b": Write(text: "x", one: Stage("z")), "a": Write(text: "x"), "end": Write(text: "x")"#;
    let pipeline = check(stages).expect("sound");
    let ids: Vec<&str> = pipeline.stages.iter().map(|stage| stage.id.as_str()).collect();
    assert_eq!(ids, ["z", "m", "b", "a", "late", "end"]);
}

#[test]
fn a_setting_of_a_text_is_text() {
    for (setting, text) in [("text=2", "2"), ("text=true", "true"), ("text=1e3", "1e3"), ("text=\"2\"", "2")] {
        let file = file(r#""a": Write(text: Param("text"))"#);
        let settings = [setting.parse().expect("a setting")];
        let pipeline = simvg_pipeline::parse("test.ron", &file, &settings, &registry()).expect("sound");
        assert_eq!(pipeline.stages[0].params["text"], text);
    }
}
