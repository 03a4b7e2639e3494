//! The nearest right word for a misspelt one.

/// How alike two words must be (Jaro-Winkler, 0 to 1) before one is offered for the other.
const LIKENESS: f64 = 0.8;

/// The one of `known` that `word` was probably meant to be.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |other: &str| strsim::jaro_winkler(&word.to_lowercase(), &other.to_lowercase());
    let scored = known.into_iter().map(|other| (likeness(other), other));
    let (likeness, best) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (likeness >= LIKENESS).then_some(best)
}

/// ``did you mean `right`?`` if one of `known` is close to `word`, else the list of what there is.
///
/// `None` when `known` is empty.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(word, known.iter().copied()) {
        Some(best) => Some(format!("did you mean `{best}`?")),
        None if known.is_empty() => None,
        None => Some(format!("there is: {}", shortened(&known))),
    }
}

/// The first words of a list that may be long.
fn shortened(known: &[&str]) -> String {
    const SHOWN: usize = 12;
    let more = if known.len() > SHOWN { format!(", ... ({} in all)", known.len()) } else { String::new() };
    known[..known.len().min(SHOWN)].join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn offers_the_nearest_word_or_the_list() {
        assert_eq!(did_you_mean("epoch", ["lr", "epochs"]).as_deref(), Some("did you mean `epochs`?"));
        assert_eq!(did_you_mean("zzz", ["lr", "epochs"]).as_deref(), Some("there is: lr, epochs"));
        assert_eq!(did_you_mean("zzz", []), None);
    }
}
