//! How long the functions of a file are, read off its layout: `cargo fmt` puts the last brace under the first letter.

/// First line (from 1), name and number of lines of every function.
pub fn lengths(text: &str) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let functions = lines.iter().enumerate().filter_map(|(start, line)| Some((start, name(line)?)));
    functions.filter_map(|(start, name)| Some((start + 1, name, length(&lines[start..])?))).collect()
}

/// The name, if a function begins on the line.
fn name(line: &str) -> Option<String> {
    let (before, after) = line.split_once("fn ")?;
    let is_word =
        |word: &str| ["pub", "const", "async", "unsafe", "extern", "\"C\""].contains(&word) || word.starts_with("pub(");
    let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (before.split_whitespace().all(is_word) && !name.is_empty()).then_some(name)
}

/// Lines up to the closing brace; `None` of a declaration without a body.
fn length(lines: &[&str]) -> Option<usize> {
    let indent = lines[0].len() - lines[0].trim_start().len();
    let end =
        |line: &&&str| line.len() - line.trim_start().len() == indent && (line.ends_with('}') || line.ends_with(';'));
    let last = lines.iter().take_while(|line| !end(line)).count();
    lines.get(last).filter(|line| line.ends_with('}')).map(|_| last + 1)
}

#[test]
fn functions_are_measured() {
    let text =
        "trait T {\n    fn a(&self);\n\n    fn b() -> usize {\n        1\n    }\n}\n\npub(crate) fn c() {}\n// fn d\n";
    let found: Vec<_> = lengths(text).into_iter().map(|(line, name, length)| (line, length, name)).collect();
    assert_eq!(found, [(4, 3, "b".into()), (9, 1, "c".into())]);
}
