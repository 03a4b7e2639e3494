//! Which words can name a pipeline or a stage: they become names of files.

use super::findings::{Findings, Span};

/// Whether `name` can be the name of a file everywhere; reports it if not.
pub(crate) fn is_usable(what: &str, name: &str, span: Span, findings: &mut Findings) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-+.".contains(c);
    let usable = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && name.chars().all(allowed);
    if !usable {
        let help = "use letters, digits, `_`, `-`, `+` and `.`, and begin with a letter, a digit or `_`";
        findings.report(span, format!("`{name}` cannot be a {what}'s name"), "not usable", Some(help.to_owned()));
    }
    usable
}
