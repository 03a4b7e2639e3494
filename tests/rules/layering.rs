//! Which of our crates may use which. The picture is in ARCHITECTURE.md.

use std::process::Command;

use serde_json::Value;

use super::assert_none;
use super::files::root;

/// Every crate of ours, and all of ours that it may depend on.
const ALLOWED: [(&str, &[&str]); 7] = [
    ("simvg-kernels", &[]),
    ("simvg-pipeline", &[]),
    ("simvg-datasets", &[]),
    ("simvg-reports", &[]),
    ("simvg-model", &["simvg-kernels"]),
    ("simvg-stages", &["simvg-kernels", "simvg-model", "simvg-pipeline", "simvg-datasets", "simvg-reports"]),
    (
        "simvg-pipe",
        &["simvg-kernels", "simvg-model", "simvg-pipeline", "simvg-datasets", "simvg-reports", "simvg-stages"],
    ),
];

/// What `cargo metadata` says about our crates.
fn packages() -> Vec<Value> {
    let words = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(env!("CARGO")).args(words).current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap()
}

#[test]
fn crates_depend_one_way() {
    let mut violations = Vec::new();
    for package in packages() {
        let package_name = name(&package);
        let Some((_, allowed)) = ALLOWED.iter().find(|(layer, _)| *layer == package_name) else {
            violations.push(format!("{package_name} is not in the table of layers"));
            continue;
        };
        let dependencies = package["dependencies"].as_array().unwrap();
        let ours = dependencies.iter().filter(|d| d["kind"].is_null()).map(name).filter(|n| n.starts_with("simvg-"));
        let beyond = ours.filter(|n| !allowed.contains(n));
        violations.extend(beyond.map(|n| format!("{package_name} depends on {n}")));
    }
    assert_none("dependencies run one way: kernels <- model <- stages <- src", violations);
}

#[test]
fn the_table_of_layers_names_only_what_exists() {
    let names: Vec<String> = packages().iter().map(|package| name(package).to_owned()).collect();
    let gone = ALLOWED.iter().filter(|(layer, _)| !names.iter().any(|n| n == layer));
    assert_none("a layer is gone", gone.map(|(layer, _)| (*layer).to_owned()).collect());
}

/// The runner must serve kinds that it has never heard of.
#[test]
fn the_runner_names_no_stage_kind() {
    let kinds = simvg_stages::registry();
    let quoted: Vec<String> = kinds.iter().map(|kind| format!("\"{}\"", kind.name())).collect();
    let runner: Vec<_> = super::files::with_extension(&["rs"])
        .into_iter()
        .filter(|file| file.path.starts_with("crates/pipeline/src") && !file.is_test())
        .collect();
    let named = super::bad_lines(&runner, |_, line| quoted.iter().any(|kind| line.contains(kind)));
    assert_none("crates/pipeline must not know stage kinds", named);
}

/// Every stage has the common fields besides those of its kind.
#[test]
fn no_kind_has_a_field_that_every_stage_has() {
    let kinds = simvg_stages::registry();
    let clash = |name: &str| simvg_pipeline::COMMON_FIELDS.iter().any(|field| field.name == name) || name == "foreach";
    let clashes = kinds.iter().flat_map(|kind| kind.fields().iter().map(|field| (kind.name(), field.name)));
    let clashes = clashes.filter(|(_, field)| clash(field)).map(|(kind, field)| format!("{kind}.{field}"));
    assert_none("a stage kind has no field of that name", clashes.collect());
}
