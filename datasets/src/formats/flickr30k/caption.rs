//! The marks in a caption: `[/EN#1/people Two young guys] with [/EN#2/bodyparts shaggy hair] look on .`

use anyhow::{Context, Result, ensure};

/// A marked phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Number of the coreference chain, 0 for what is not visual.
    pub chain: i64,
    /// Kinds of thing: people, clothing, bodyparts, animals, vehicles, instruments, scene, other, notvisual.
    pub types: Vec<String>,
    /// Its words.
    pub text: String,
}

/// The marked phrases of a caption, in order.
///
/// # Errors
/// Where a mark is not closed, or has no number, type or words.
pub fn phrases(caption: &str) -> Result<Vec<Phrase>> {
    let mut found = Vec::new();
    let mut rest = caption;
    while let Some(start) = rest.find("[/EN#") {
        let column = caption.len() - rest.len() + start + 1;
        let marked = &rest[start + "[/EN#".len()..];
        let end = marked.find(']').with_context(|| format!("column {column}: the mark is not closed"))?;
        found.push(phrase(&marked[..end]).with_context(|| format!("column {column}"))?);
        rest = &marked[end + 1..];
    }
    Ok(found)
}

/// `1/people/clothing Two young guys`, what is between the brackets.
fn phrase(marked: &str) -> Result<Phrase> {
    let (head, text) = marked.split_once(' ').context("a mark without words")?;
    let mut parts = head.split('/');
    let chain = parts.next().and_then(|number| number.parse().ok());
    let chain = chain.with_context(|| format!("`{head}` does not begin with the number of a chain"))?;
    let types: Vec<String> = parts.map(str::to_owned).collect();
    ensure!(!types.is_empty() && types.iter().all(|name| !name.is_empty()), "`{head}` has no type");
    Ok(Phrase { chain, types, text: text.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_and_the_rest_is_not() {
        let found =
            phrases("[/EN#1/people Two guys] with [/EN#255545/bodyparts/people their hands] look on .").unwrap();
        let told: Vec<_> = found.iter().map(|p| (p.chain, p.types.join("+"), p.text.as_str())).collect();
        assert_eq!(told, [(1, "people".into(), "Two guys"), (255545, "bodyparts+people".into(), "their hands")]);
        assert_eq!(phrases("no mark [here] .").unwrap(), []);
    }

    #[test]
    fn broken_marks_are_told_with_their_place() {
        for wrong in ["a [/EN#1/people Two", "[/EN#x/people a]", "[/EN#1 a]", "[/EN#1/people]", "[/EN#1/ a]", "[/EN#]"]
        {
            let error = phrases(wrong).unwrap_err();
            assert!(format!("{error:#}").contains("column"), "{wrong}: {error:#}");
        }
    }
}
