//! The text cleaning that every published SimVG number went through.

/// Characters that are deleted without leaving a space, so "man's" becomes "mans".
const DELETED: &[char] = &['.', ',', '\'', '!', '?', '"', '(', ')', '*', '#', ':', ';'];

/// Lower-cases `expression`, deletes punctuation, and turns `-` and `/` into spaces.
///
/// The same rule as `clean_string` in the official `simvg/datasets/pipelines/loading.py`.
pub fn clean_string(expression: &str) -> String {
    let lower = expression.to_lowercase();
    let kept = lower.chars().filter(|c| !DELETED.contains(c));
    kept.map(|c| if c == '-' || c == '/' { ' ' } else { c }).collect()
}

/// Whether nothing but space is left of `expression` when it is cleaned, told without making the clean text.
pub fn is_empty_when_cleaned(expression: &str) -> bool {
    let kept = |c: char| !DELETED.contains(&c) && c != '-' && c != '/' && !c.is_whitespace();
    !expression.chars().any(|c| c.to_lowercase().any(kept))
}

#[cfg(test)]
mod tests {
    use super::{clean_string, is_empty_when_cleaned};

    #[test]
    fn emptiness_is_that_of_the_clean_text() {
        for text in ["", "?!", " - / ", "a", "\u{a0}", "- x", "\u{130}", "..\u{3000}.", "(é)"] {
            assert_eq!(is_empty_when_cleaned(text), clean_string(text).trim().is_empty(), "{text:?}");
        }
    }

    #[test]
    fn deletes_without_a_gap_and_opens_compounds() {
        assert_eq!(clean_string("The Man's hat"), "the mans hat");
        assert_eq!(clean_string("left-most black/white"), "left most black white");
        assert_eq!(clean_string("?!"), "");
    }
}
