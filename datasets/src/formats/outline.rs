//! The outline of a JSON text from its first bytes: which keys there are, and where.

use std::collections::BTreeSet;

/// The longest number or text that is none too long.
const LONGEST: usize = 1 << 14;

/// Keys deeper than this say nothing about the format.
const DEPTH: usize = 3;

/// What the first bytes of a JSON text show.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outline {
    /// Paths like `images[].caption`, and once more with `*` for the first key; `*[]"` is a list of texts, `*[]0` one
    /// of numbers.
    pub(super) paths: BTreeSet<String>,
    /// Keys of the outermost object.
    pub(super) keys: Vec<String>,
    /// Where a number or text begins that takes all of the rest, and far more than any that annotations have.
    pub(super) endless: Option<usize>,
}

enum Level {
    List,
    /// An object, with the key whose value comes next.
    Object(Option<String>),
}

/// The outline of `head`, which may end anywhere; `None` where it does not begin like JSON.
pub(super) fn outline(head: &str) -> Option<Outline> {
    if !head.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let (mut outline, mut levels, mut rest) = (Outline::default(), Vec::new(), head);
    while let Some(at) = rest.find(|c: char| !c.is_whitespace() && c != ':') {
        let character = rest[at..].chars().next()?;
        rest = &rest[at + character.len_utf8()..];
        match character {
            '{' => levels.push(Level::Object(None)),
            '[' => levels.push(Level::List),
            '}' | ']' => drop(levels.pop()),
            ',' => {
                if let Some(Level::Object(key)) = levels.last_mut() {
                    *key = None;
                }
            }
            '"' => {
                let Some(end) = end_of_text(rest) else {
                    outline.endless = Some(head.len() - rest.len()).filter(|_| rest.len() > LONGEST);
                    break;
                };
                outline.text(&mut levels, &rest[..end]);
                rest = &rest[end + 1..];
            }
            _ => {
                outline.value(&levels, "0");
                let number = rest.len();
                rest = rest.trim_start_matches(|c: char| c.is_alphanumeric() || "+-.".contains(c));
                if rest.is_empty() && number > LONGEST {
                    outline.endless = Some(head.len() - number - 1);
                }
            }
        }
    }
    Some(outline)
}

/// Where the text that `rest` begins with ends.
fn end_of_text(rest: &str) -> Option<usize> {
    let mut escaped = false;
    rest.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

impl Outline {
    /// A text is a key where an object waits for one, else a value.
    fn text(&mut self, levels: &mut [Level], text: &str) {
        let depth = levels.len();
        let Some(Level::Object(key @ None)) = levels.last_mut() else {
            self.value(levels, "\"");
            return;
        };
        *key = Some(text.to_owned());
        if depth == 1 {
            self.keys.push(text.to_owned());
        }
        self.value(levels, "");
    }

    fn value(&mut self, levels: &[Level], kind: &str) {
        if levels.len() > DEPTH {
            return;
        }
        let path = |first: Option<&str>| -> String {
            let name = |(depth, level): (usize, &Level)| match level {
                Level::List => "[]".to_owned(),
                Level::Object(key) if depth == 0 => first.or(key.as_deref()).unwrap_or_default().to_owned(),
                Level::Object(key) => format!(".{}", key.as_deref().unwrap_or_default()),
            };
            levels.iter().enumerate().map(name).collect::<String>() + kind
        };
        self.paths.insert(path(None));
        self.paths.insert(path(Some("*")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, path: &str) -> bool {
        outline(text).unwrap().paths.contains(path)
    }

    #[test]
    fn paths_are_told_from_any_beginning() {
        let text = r#"{"info": {"a": 1}, "images": [{"id": 1, "caption": "a \"b\" ,}"}, {"id"#;
        assert!(has(text, "images[].caption") && has(text, "*[].caption") && has(text, "info.a"));
        assert_eq!(outline(text).unwrap().keys, ["info", "images"]);
        for end in 0..text.len() {
            let _ = outline(&text[..end]);
        }
    }

    #[test]
    fn a_value_without_an_end_is_told() {
        let endless = |value: String| outline(&format!("{{\"a\": {value}")).unwrap().endless;
        assert_eq!(endless("9".repeat(LONGEST + 5)), Some(6));
        assert_eq!(endless(format!("\"{}", "x".repeat(LONGEST + 5))), Some(7));
        assert_eq!((endless("99".to_owned()), endless("9".repeat(LONGEST + 5) + "}")), (None, None));
    }

    #[test]
    fn lists_tell_what_they_hold() {
        assert!(has(r#"{"7_1": ["the man"], "7_2": []}"#, "*[]\""));
        assert!(has(r#"{"7_1": [1, 2.5, -3e4]}"#, "*[]0") && !has(r#"{"7_1": [1]}"#, "*[]\""));
        assert!(has(r#"[{"ref_id": 1}]"#, "[].ref_id"));
        assert_eq!(outline("a,b"), None);
        assert_eq!(outline(""), None);
    }
}
