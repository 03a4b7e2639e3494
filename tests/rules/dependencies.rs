//! Every dependency is used, and ARCHITECTURE.md says what for.

use super::assert_none;
use super::files::{File, root, with_extension};

/// Folder of every crate of ours, from the root.
const CRATES: [&str; 7] =
    ["", "crates/kernels/", "crates/model/", "crates/pipeline/", "datasets/", "stages/", "reports/"];

fn read(path: &str) -> String {
    fs_err::read_to_string(root().join(path)).unwrap()
}

/// Names in the table of shared versions, our own crates left out.
fn shared() -> Vec<String> {
    let manifest = read("Cargo.toml");
    let table = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let names = table.lines().filter_map(|line| line.split_once(" =")).map(|(name, _)| name.to_owned());
    names.filter(|name| !name.starts_with("simvg-")).collect()
}

/// Names that a crate's manifest takes from the table.
fn taken(folder: &str) -> Vec<String> {
    let manifest = read(&format!("{folder}Cargo.toml"));
    let dependencies = manifest.split("dependencies]").skip(1).flat_map(|part| part.split("\n[").next());
    let names = dependencies.flat_map(str::lines).filter_map(|line| line.split_once(".workspace = true"));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// Whether the file is part of the crate in `folder`.
fn belongs(file: &File, folder: &str) -> bool {
    let parts = ["src/", "tests/", "examples/", "benches/"];
    parts.iter().any(|part| file.path.starts_with(&format!("{folder}{part}")))
}

#[test]
fn every_dependency_is_explained() {
    let page = read("ARCHITECTURE.md");
    let silent = shared().into_iter().filter(|name| !page.contains(&format!("`{name}`")));
    assert_none("ARCHITECTURE.md has a line for each dependency", silent.collect());
}

#[test]
fn every_shared_version_is_taken() {
    let taken: Vec<String> = CRATES.iter().flat_map(|folder| taken(folder)).collect();
    let idle = shared().into_iter().filter(|name| !taken.contains(name));
    assert_none("no crate takes this dependency from [workspace.dependencies]", idle.collect());
}

#[test]
fn every_dependency_is_used() {
    let files = with_extension(&["rs"]);
    let mut unused = Vec::new();
    for folder in CRATES {
        let sources: Vec<&File> = files.iter().filter(|file| belongs(file, folder)).collect();
        let is_used = |name: &String| {
            let name = name.replace('-', "_");
            let forms = [format!("{name}::"), format!("use {name};"), format!("use {name} as")];
            sources.iter().any(|file| forms.iter().any(|form| file.text.contains(form)))
        };
        let idle = taken(folder).into_iter().filter(|name| !is_used(name));
        unused.extend(idle.map(|name| format!("{folder}Cargo.toml: {name}")));
    }
    assert_none("a crate depends on what it does not use", unused);
}
