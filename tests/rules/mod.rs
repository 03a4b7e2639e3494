//! The rules of this repository, as tests: who may depend on whom, what a file looks like, that the pages tell the truth.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod dependencies;
mod docs;
mod files;
mod functions;
mod layering;
mod pipelines;
mod recipes;
mod tidy;

use files::File;

/// Fails with one line for each violation.
#[track_caller]
fn assert_none(rule: &str, violations: Vec<String>) {
    assert!(violations.is_empty(), "{rule}\n  {}", violations.join("\n  "));
}

/// One violation a line of the files for which `is_bad` is true of the line.
fn bad_lines(files: &[File], is_bad: impl Fn(&File, &str) -> bool) -> Vec<String> {
    let lines = files.iter().flat_map(|file| file.text.lines().enumerate().map(move |(i, line)| (file, i, line)));
    let bad = lines.filter(|(file, _, line)| is_bad(file, line));
    bad.map(|(file, i, line)| format!("{}:{}: {}", file.path, i + 1, line.trim())).collect()
}
