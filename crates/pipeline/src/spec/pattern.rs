//! Patterns over stage names, in which `*` stands for any run of characters.

/// Whether `name` fits `pattern`. A pattern without `*` fits only itself.
pub fn matches_pattern(pattern: &str, name: &str) -> bool {
    let Some((head, mut rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(head) else { return false };
    while let Some((part, after)) = rest.split_once('*') {
        let Some(at) = name.find(part) else { return false };
        name = &name[at + part.len()..];
        rest = after;
    }
    name.ends_with(rest)
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn star_stands_for_any_run_of_characters() {
        for (pattern, name, fits) in [
            ("eval", "eval", true),
            ("eval", "evals", false),
            ("eval_*", "eval_1", true),
            ("eval_*", "eval_", true),
            ("eval_*", "train_1", false),
            ("*_b_*", "a_b_c", true),
            ("*_b_*", "a_c", false),
            ("a*a", "a", false),
            ("*", "anything", true),
        ] {
            assert_eq!(matches_pattern(pattern, name), fits, "{pattern} {name}");
        }
    }
}
