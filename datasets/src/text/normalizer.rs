//! SentencePiece text preparation: character replacement, spaces squeezed and written as U+2581.

use super::charsmap::CharsMap;
use super::proto::NormalizerSpec;

/// How SentencePiece writes a space.
pub const SPACE: &str = "\u{2581}";

/// A normaliser ready for use.
#[derive(Debug, Clone)]
pub struct Normalizer {
    map: CharsMap,
    add_dummy_prefix: bool,
    remove_extra_whitespaces: bool,
    space: &'static str,
}

impl Normalizer {
    /// Compiles the specification.
    ///
    /// # Errors
    /// When the character map is damaged.
    pub fn new(spec: &NormalizerSpec) -> Result<Self, String> {
        Ok(Self {
            map: CharsMap::parse(&spec.charsmap)?,
            add_dummy_prefix: spec.add_dummy_prefix,
            remove_extra_whitespaces: spec.remove_extra_whitespaces,
            space: if spec.escape_whitespaces { SPACE } else { " " },
        })
    }

    /// The prepared text; empty if nothing but spaces came in.
    pub fn normalize(&self, text: &str) -> String {
        let replaced = self.replace_all(text);
        let squeeze = self.remove_extra_whitespaces;
        let body = if squeeze { replaced.trim_matches(' ') } else { &replaced };
        if body.is_empty() {
            return String::new();
        }
        let mut out = String::with_capacity(body.len() + 3);
        if self.add_dummy_prefix {
            out.push_str(self.space);
        }
        let mut after_space = false;
        for c in body.chars() {
            match c {
                ' ' if squeeze && after_space => {}
                ' ' => out.push_str(self.space),
                other => out.push(other),
            }
            after_space = c == ' ';
        }
        out
    }

    fn replace_all(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let (replacement, used) = self.map.replace_front(rest);
            out.push_str(replacement);
            rest = &rest[used..];
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_are_squeezed_and_marked() {
        let normalizer = Normalizer::new(&NormalizerSpec::default()).unwrap();
        assert_eq!(normalizer.normalize("  red   cross "), "▁red▁cross");
        assert_eq!(normalizer.normalize("   "), "");
    }
}
