//! What a file looks like.

use super::files::{File, with_extension};
use super::functions::lengths;
use super::{assert_none, bad_lines};

/// More than this is several concepts in one file.
const LONGEST_FILE: usize = 400;
/// More than this is several steps in one function.
const LONGEST_FUNCTION: usize = 60;

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

#[test]
fn every_module_says_why_it_exists() {
    let silent = with_extension(&["rs"]).into_iter().filter(|file| !file.text.starts_with("//! "));
    assert_none("a file begins with `//! ` and what it is for", silent.map(|file| file.path).collect());
}

#[test]
fn files_are_short() {
    let lines = |file: &File| file.text.lines().count();
    let long = with_extension(&["rs"]).into_iter().filter(|file| lines(file) > LONGEST_FILE);
    let long = long.map(|file| format!("{}: {} lines", file.path, lines(&file)));
    assert_none(&format!("no file has more than {LONGEST_FILE} lines"), long.collect());
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    for file in with_extension(&["rs"]) {
        let too_long = lengths(&file.text).into_iter().filter(|(.., lines)| *lines > LONGEST_FUNCTION);
        long.extend(too_long.map(|(at, name, lines)| format!("{}:{at}: `{name}` has {lines} lines", file.path)));
    }
    assert_none(&format!("no function has more than {LONGEST_FUNCTION} lines"), long);
}

#[test]
fn only_the_program_prints() {
    // A build script talks to cargo that way.
    let may = |path: &str| path.starts_with("src/") || path == "build.rs";
    let libraries: Vec<_> =
        with_extension(&["rs"]).into_iter().filter(|file| !may(&file.path) && !file.is_test()).collect();
    let words = ["println!(", "print!(", "dbg!("];
    let printing = bad_lines(&libraries, |_, line| !is_comment(line) && words.iter().any(|word| line.contains(word)));
    assert_none("only src/ prints", printing);
}

#[test]
fn unsafe_code_stays_in_the_kernels() {
    let others: Vec<_> =
        with_extension(&["rs"]).into_iter().filter(|file| !file.path.starts_with("crates/kernels/")).collect();
    let forms = ["{", "fn", "impl", "extern"].map(|what| format!("unsafe {what}"));
    let used = bad_lines(&others, |file, line| {
        let quotes_it = file.path.starts_with("tests/rules/");
        !quotes_it && !is_comment(line) && forms.iter().any(|form| line.contains(form))
    });
    assert_none("`unsafe` is for crates/kernels alone", used);
}

#[test]
fn no_path_of_a_machine() {
    let text = with_extension(&["rs", "toml", "md", "ron", "json", "css", "csv", "sh"]);
    let folders = ["root", "home", "work", "Users"].map(|folder| format!("/{folder}/"));
    let starts_path = |line: &str, folder: &String| {
        let before = |at: usize| line[..at].chars().next_back();
        line.match_indices(folder.as_str()).any(|(at, _)| before(at).is_none_or(|c| " \"'`(=:".contains(c)))
    };
    let bad = bad_lines(&text, |_, line| folders.iter().any(|folder| starts_path(line, folder)));
    assert_none("no absolute path of somebody's machine", bad);
}

#[test]
fn no_space_at_the_end_of_a_line() {
    let text = with_extension(&["rs", "toml", "md", "ron", "css"]);
    let bad = bad_lines(&text, |_, line| line.ends_with([' ', '\t']));
    assert_none("no space at the end of a line", bad);
    let endless = text.iter().filter(|file| !file.text.ends_with('\n')).map(|file| file.path.clone());
    assert_none("a file ends with a line break", endless.collect());
}
