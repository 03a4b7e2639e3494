//! Which of our crates may use which. The picture is in ARCHITECTURE.md.

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use super::assert_none;

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

fn packages() -> Vec<Package> {
    MetadataCommand::new().no_deps().exec().unwrap().packages
}

#[test]
fn crates_depend_one_way() {
    let mut violations = Vec::new();
    for package in packages() {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == package.name.as_str()) else {
            violations.push(format!("{} is not in the table of layers", package.name));
            continue;
        };
        let ours = package.dependencies.iter().filter(|d| d.name.starts_with("simvg-"));
        let beyond = ours.filter(|d| d.kind == DependencyKind::Normal && !allowed.contains(&d.name.as_str()));
        violations.extend(beyond.map(|d| format!("{} depends on {}", package.name, d.name)));
    }
    assert_none("dependencies run one way: kernels <- model <- stages <- src", violations);
}

#[test]
fn the_table_of_layers_names_only_what_exists() {
    let names: Vec<String> = packages().iter().map(|package| package.name.to_string()).collect();
    let gone = ALLOWED.iter().filter(|(name, _)| !names.iter().any(|n| n == name));
    assert_none("a layer is gone", gone.map(|(name, _)| (*name).to_owned()).collect());
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
