//! What users see. Data goes to stdout, everything else to stderr.

pub mod artifacts;
pub mod catalog;
pub mod checkpoint;
pub mod diagnosis;
pub mod diff;
pub mod epochs;
pub mod failure;
pub mod graph;
pub mod json;
pub mod kinds;
pub mod plan;
pub mod runs;
pub mod show;
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

/// The first digits of a fingerprint: enough to find it by.
pub fn digits(fingerprint: &str) -> &str {
    fingerprint.get(..12).unwrap_or(fingerprint)
}

/// A time for people: `0.21 s`, `1 min 40 s`, `3 h 20 min`.
pub fn time(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.2} s"),
        10..60 => format!("{seconds:.0} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A number as short as four digits allow: `94.52`, `0.01234`, `2000`.
pub fn number(number: f64) -> String {
    let digits = match number.abs() {
        0.0 => return "0".to_owned(),
        size if size >= 1000.0 => 0,
        size if size >= 10.0 => 2,
        size if size >= 1e-3 => 4,
        _ => return format!("{number:.2e}"),
    };
    let text = format!("{number:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::{number, time};

    #[test]
    fn times_and_numbers_are_short() {
        assert_eq!([0.214, 12.0, 100.0, 12_000.0].map(time), ["0.21 s", "12 s", "1 min 40 s", "3 h 20 min"]);
        assert_eq!(
            [0.0, 94.522, 0.0123, 2e-7, 2000.4, -1.5].map(number),
            ["0", "94.52", "0.0123", "2.00e-7", "2000", "-1.5"]
        );
    }
}
