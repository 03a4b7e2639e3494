//! The pages for readers name only what exists.

use super::assert_none;
use super::files::{root, with_extension};

/// Code in backticks, outside of code blocks.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|part| part.split('`').skip(1).step_by(2))
}

/// Whether it reads as a path into the repository: no placeholder, and a top-level folder first.
fn is_path(span: &str) -> bool {
    let first = span.split('/').next().unwrap_or_default();
    let folders = ["src", "crates", "datasets", "stages", "reports", "tests", "pipelines", ".ci"];
    span.contains('/') && !span.contains(['<', '*', ' ', '{', '$', ':']) && folders.contains(&first)
}

#[test]
fn every_path_in_the_pages_exists() {
    let mut missing = Vec::new();
    for page in with_extension(&["md"]) {
        let paths = code_spans(&page.text).filter(|span| is_path(span));
        let gone = paths.filter(|path| !root().join(path).exists());
        missing.extend(gone.map(|path| format!("{}: `{path}`", page.path)));
    }
    assert_none("a page names a path that does not exist", missing);
}

#[test]
fn every_pipeline_in_the_pages_exists() {
    let mut missing = Vec::new();
    for page in with_extension(&["md"]) {
        let words = page.text.split(|c: char| c.is_whitespace() || "`()[]\"".contains(c));
        let named =
            words.filter(|word| word.starts_with("pipelines/") && word.ends_with(".ron") && !word.contains(['<', '*']));
        let gone = named.filter(|path| !root().join(path).exists());
        missing.extend(gone.map(|path| format!("{}: {path}", page.path)));
    }
    assert_none("a page names a pipeline that does not exist", missing);
}
