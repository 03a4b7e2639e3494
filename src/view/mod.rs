//! What users see. Data goes to stdout, everything else to stderr.

pub mod checkpoint;
pub mod failure;
pub mod json;
pub mod kinds;
pub mod plan;
pub mod terminal;
pub mod why;

use std::io::{self, Write};

use serde::Serialize;

/// Writes text to stdout.
///
/// # Errors
/// If nobody reads it any more.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Writes a value as one line of JSON to stdout.
///
/// # Errors
/// If nobody reads it any more.
pub fn print_json(value: &impl Serialize) -> io::Result<()> {
    print(&format!("{}\n", serde_json::to_string(value)?))
}

/// Writes a line to stderr. If nobody reads that, there is nobody left to tell.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// The ending of a counted noun.
pub fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
