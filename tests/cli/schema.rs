//! The JSON that commands print is what the schemas and the page for scripts say.

use serde_json::Value;

use super::support::{Folder, TWO, assert_contains};

/// What is wrong with a value by a schema; the words of JSON Schema that ours use, and no others.
fn fault(schema: &Value, value: &Value, root: &Value, place: &str) -> Option<String> {
    let rules = schema.as_object().expect("a schema is an object");
    rules.iter().find_map(|(word, rule)| match word.as_str() {
        "$schema" | "$defs" | "title" | "description" => None,
        "$ref" => {
            let name = rule.as_str().and_then(|path| path.strip_prefix("#/$defs/")).expect("a local reference");
            fault(&root["$defs"][name], value, root, place)
        }
        "type" => (!has_type(rule, value)).then(|| format!("{place}: {value} is no {rule}")),
        "const" => (rule != value).then(|| format!("{place}: {value} is not {rule}")),
        "enum" => (!rule.as_array()?.contains(value)).then(|| format!("{place}: {value} is none of {rule}")),
        "oneOf" => {
            let faults: Vec<_> = rule.as_array()?.iter().map(|form| fault(form, value, root, place)).collect();
            let fits = faults.iter().filter(|fault| fault.is_none()).count();
            (fits != 1).then(|| format!("{place}: {value} fits {fits} forms: {faults:#?}"))
        }
        "items" => value.as_array()?.iter().find_map(|item| fault(rule, item, root, &format!("{place}[]"))),
        "required" => {
            let lacks = |name: &&Value| value.get(name.as_str().expect("a name")).is_none();
            Some(format!("{place} lacks {}", rule.as_array()?.iter().find(lacks)?))
        }
        "properties" => value.as_object()?.iter().find_map(|(name, value)| {
            let rule = rule.get(name)?;
            fault(rule, value, root, &format!("{place}.{name}"))
        }),
        "additionalProperties" => {
            let extra = value.as_object()?.keys().find(|name| schema["properties"].get(name.as_str()).is_none())?;
            (rule == &Value::Bool(false)).then(|| format!("{place}.{extra} is not in the schema"))
        }
        other => panic!("the test does not know the word {other}"),
    })
}

fn has_type(rule: &Value, value: &Value) -> bool {
    let is = |word: &Value| match word.as_str().expect("a type") {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    };
    rule.as_array().map_or_else(|| is(rule), |types| types.iter().any(is))
}

fn schema(name: &str) -> Value {
    let (text, _) = Folder::with(TWO).expect(&format!("schema {name}"), 0);
    serde_json::from_str(&text).expect("JSON")
}

#[track_caller]
fn assert_fits(schema: &Value, values: &[Value]) {
    for value in values {
        assert_eq!(fault(schema, value, schema, "it"), None, "{value}");
    }
}

/// The lines of JSON in the page for scripts.
fn examples() -> Vec<Value> {
    let page = include_str!("../../docs/scripts.md");
    page.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn events_of_real_runs_fit_their_schema() {
    let schema = schema("events");
    let folder = Folder::with(TWO);
    assert_fits(&schema, &folder.json("run p.ron", 0));
    assert_fits(&schema, &folder.json("run p.ron --set word=other", 0));
    let stages = r#""x": Command(argv: ["false"], outputs: [], retries: 1),
        "y": Command(argv: ["true"], inputs: {"x": Stage("x")}, outputs: [])"#;
    folder.put("p.ron", &format!("Pipeline(name: \"f\", stages: {{{stages}}})"));
    let events = folder.json("run p.ron", 1);
    assert!(events.iter().any(|event| event["event"] == "stage_retry"));
    assert_fits(&schema, &events);
}

#[test]
fn every_event_has_an_example_in_the_page() {
    let schema = schema("events");
    let examples: Vec<Value> = examples().into_iter().filter(|example| !example["event"].is_null()).collect();
    assert_fits(&schema, &examples);
    let named: Vec<&Value> = examples.iter().map(|example| &example["event"]).collect();
    for form in schema["oneOf"].as_array().expect("the kinds of events") {
        let kind = &form["properties"]["event"]["const"];
        assert!(named.contains(&kind), "docs/scripts.md has no example of {kind}");
    }
}

#[test]
fn plans_fit_their_schema() {
    let schema = schema("plan");
    assert_fits(&schema, &examples().into_iter().filter(|example| example["event"].is_null()).collect::<Vec<_>>());
    let folder = Folder::with(&TWO.replace("env:", "inputs: {\"raw\": \"raw\"}, env:"));
    assert_fits(&schema, &folder.json("plan p.ron", 0));
    fs_err::create_dir(folder.path().join("raw")).expect("a folder");
    folder.put("raw/file", "1");
    assert_fits(&schema, &folder.json("plan p.ron", 0));
    folder.run("", 0);
    folder.put("raw/file", "other");
    let plan = folder.json("plan p.ron --set word=other", 0);
    assert_eq!(plan[0]["stages"][0]["why"]["reason"], "changed");
    assert_fits(&schema, &plan);
    assert_fits(&schema, &folder.json("plan p.ron --force", 0));
}

#[test]
fn the_page_has_the_exit_codes_of_the_help() {
    let page = include_str!("../../docs/scripts.md").replace('`', "");
    let (help, _) = Folder::with(TWO).expect("--help", 0);
    let codes = help.split("Exit codes:").nth(1).expect("a table").lines().filter(|line| !line.trim().is_empty());
    for line in codes {
        let (code, means) = line.trim().split_once("  ").expect("a code and what it means");
        assert_contains(&page, &[&format!("| {code} | {} |", means.trim())]);
    }
}

#[test]
fn a_value_that_does_not_fit_is_told() {
    let schema = schema("plan");
    for (text, fault_part) in [
        (r#"{"pipeline": 1, "files": [], "stages": []}"#, "is no \"string\""),
        (r#"{"pipeline": "p", "files": []}"#, "lacks \"stages\""),
        (r#"{"pipeline": "p", "files": [], "stages": [], "more": 1}"#, "it.more is not in the schema"),
    ] {
        let value = serde_json::from_str(text).expect("JSON");
        let found = fault(&schema, &value, &schema, "it").expect("a fault");
        assert_contains(&found, &[fault_part]);
    }
}
