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

#[cfg(test)]
mod tests {
    use super::clean_string;

    #[test]
    fn deletes_without_a_gap_and_opens_compounds() {
        assert_eq!(clean_string("The Man's hat"), "the mans hat");
        assert_eq!(clean_string("left-most black/white"), "left most black white");
        assert_eq!(clean_string("?!"), "");
    }
}
