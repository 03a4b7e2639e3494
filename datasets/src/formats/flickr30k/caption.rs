//! The marks in a caption: `[/EN#1/people Two young guys] with [/EN#2/bodyparts shaggy hair] look on .`

use anyhow::{Context, Result, ensure};

use super::short;

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
pub(super) fn phrases(caption: &str) -> Result<Vec<Phrase<'_>>> {
    let mut found = Vec::new();
    let mut rest = caption;
    while let Some(start) = rest.find("[/EN#") {
        let column = || format!("column {}", caption.len() - rest.len() + start + 1);
        let marked = &rest[start + "[/EN#".len()..];
        let end = marked.find(']').context("the mark is not closed").with_context(column)?;
        found.push(phrase(&marked[..end]).with_context(column)?);
        rest = &marked[end + 1..];
    }
    Ok(found)
}

/// `1/people/clothing Two young guys`, what is between the brackets. The kinds of thing are people, clothing, bodyparts,
/// animals, vehicles, instruments, scene, other, notvisual; nothing here asks which.
fn phrase(marked: &str) -> Result<Phrase<'_>> {
    let (head, text) = marked.split_once(' ').context("a mark without words")?;
    let (number, types) = head.split_once('/').unwrap_or((head, ""));
    let chain = number.parse().ok();
    let chain = chain.with_context(|| format!("`{}` does not begin with the number of a chain", short(head)))?;
    ensure!(types.split('/').all(|name| !name.is_empty()), "`{}` has no type", short(head));
    Ok(Phrase { chain, text: text.trim() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_and_the_rest_is_not() {
        let found =
            phrases("[/EN#1/people Two guys] with [/EN#255545/bodyparts/people their hands] look on .").unwrap();
        let told: Vec<_> = found.iter().map(|p| (p.chain, p.text)).collect();
        assert_eq!(told, [(1, "Two guys"), (255545, "their hands")]);
        assert_eq!(phrases("no mark [here] .").unwrap(), []);
    }

    #[test]
    fn broken_marks_are_told_with_their_place() {
        for wrong in ["a [/EN#1/people Two", "[/EN#x/people a]", "[/EN#1 a]", "[/EN#1/people]", "[/EN#1/ a]", "[/EN#]"]
        {
            let error = phrases(wrong).unwrap_err();
            assert!(format!("{error:#}").starts_with("column"), "{wrong}: {error:#}");
        }
    }
}
