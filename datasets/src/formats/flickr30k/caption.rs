//! The marks in a caption: `[/EN#1/people Two young guys] with [/EN#2/bodyparts shaggy hair] look on .`

use anyhow::{Context, Result, ensure};

use super::short;

/// How a mark begins.
const MARK: &str = "[/EN#";

/// A marked phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase<'a> {
    /// Number of the coreference chain, 0 for what is not visual.
    pub(super) chain: i64,
    /// Its words.
    pub(super) text: &'a str,
}

/// The marked phrases of a caption, in order.
///
/// # Errors
/// Where a mark is not closed, or has no number, type or words.
pub(super) fn phrases(caption: &str) -> impl Iterator<Item = Result<Phrase<'_>>> {
    let mut rest = caption;
    std::iter::from_fn(move || {
        // Marks are near each other: looking at every byte finds them soonest.
        let start = rest.bytes().zip(0..).position(|(byte, at)| byte == b'[' && rest[at..].starts_with(MARK))?;
        let column = || format!("column {}", caption.len() - rest.len() + start + 1);
        let marked = &rest[start + MARK.len()..];
        let Some(end) = marked.bytes().position(|byte| byte == b']') else {
            let error = anyhow::anyhow!("the mark is not closed").context(column());
            rest = "";
            return Some(Err(error));
        };
        let found = phrase(&marked[..end]).with_context(column);
        rest = &marked[end + 1..];
        Some(found)
    })
}

/// `1/people/clothing Two young guys`, what is between the brackets. The kinds of thing are people, clothing, bodyparts,
/// animals, vehicles, instruments, scene, other, notvisual; nothing here asks which.
fn phrase(marked: &str) -> Result<Phrase<'_>> {
    let (head, text) = split(marked, b' ').context("a mark without words")?;
    let (number, types) = split(head, b'/').unwrap_or((head, ""));
    let chain = number.parse().ok();
    let chain = chain.with_context(|| format!("`{}` does not begin with the number of a chain", short(head)))?;
    let no_type = types.is_empty() || types.starts_with('/') || types.ends_with('/') || types.contains("//");
    ensure!(!no_type, "`{}` has no type", short(head));
    Ok(Phrase { chain, text: text.trim() })
}

/// What stands before the first `byte` and behind it.
fn split(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|other| other == byte)?;
    Some((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_and_the_rest_is_not() {
        let all = |caption| phrases(caption).collect::<Result<Vec<_>>>();
        let found = all("[/EN#1/people Two guys] with [/EN#255545/bodyparts/people their hands] look on .").unwrap();
        let told: Vec<_> = found.iter().map(|p| (p.chain, p.text)).collect();
        assert_eq!(told, [(1, "Two guys"), (255545, "their hands")]);
        assert_eq!(all("no mark [here] \u{e9}.").unwrap(), []);
    }

    #[test]
    fn broken_marks_are_told_with_their_place() {
        for wrong in ["a [/EN#1/people Two", "[/EN#x/people a]", "[/EN#1 a]", "[/EN#1/people]", "[/EN#1/ a]", "[/EN#]"]
        {
            let error = phrases(wrong).collect::<Result<Vec<_>>>().unwrap_err();
            assert!(format!("{error:#}").starts_with("column"), "{wrong}: {error:#}");
        }
    }
}
