//! A place in RON text, and what can be taken from there on.

use ron::value::RawValue;

/// Characters besides ASCII that RON takes for blanks.
const BLANKS: [char; 5] = ['\u{85}', '\u{200E}', '\u{200F}', '\u{2028}', '\u{2029}'];

/// A place in a text.
pub(super) struct Cursor<'s> {
    source: &'s str,
    /// The place in bytes.
    pub at: usize,
}

impl<'s> Cursor<'s> {
    /// The begin of `source`.
    pub fn new(source: &'s str) -> Self {
        Self { source, at: 0 }
    }

    /// The next byte; 0 at the end.
    pub fn peek(&self) -> u8 {
        self.source.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// Whether nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.at == self.source.len()
    }

    /// Goes past `byte` if it is next.
    pub fn take(&mut self, byte: u8) -> bool {
        let found = !self.is_at_end() && self.peek() == byte;
        self.at += usize::from(found);
        found
    }

    /// Goes past blanks and comments. A comment without an end is left.
    pub fn skip_blank(&mut self) {
        loop {
            // Nearly always one of these is all there is.
            while matches!(self.peek(), b' ' | b'\n') {
                self.at += 1;
            }
            if self.peek().is_ascii_graphic() && self.peek() != b'/' {
                return;
            }
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches(is_blank).len();
            self.at += blank;
            let comment = comment(&rest[blank..]);
            if comment == 0 {
                return;
            }
            self.at += comment;
        }
    }

    /// Goes past an attribute such as `#![enable(implicit_some)]`, if one is next.
    pub fn skip_attribute(&mut self) -> bool {
        let rest = self.rest();
        let end = if rest.starts_with("#![") { rest.find(']') } else { None };
        self.at += end.map_or(0, |end| end + 1);
        end.is_some()
    }

    /// Whether `ron` can read the whole text.
    pub fn is_ron(&self) -> bool {
        ron::from_str::<&RawValue>(self.source).is_ok()
    }

    /// Takes a word, or nothing.
    pub fn word(&mut self) -> &'s str {
        let rest = self.rest();
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            return "";
        }
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let letters = rest.bytes().take_while(|byte| is_part(byte)).count();
        if rest.as_bytes().get(letters).is_none_or(u8::is_ascii) {
            return self.advance(letters);
        }
        self.advance(rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()))
    }

    /// Takes the letters and signs of a number.
    pub fn number(&mut self) -> &'s str {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
        self.advance(rest.find(|c| !is_part(c)).unwrap_or(rest.len()))
    }

    /// Takes a string with its quotes, if it ends.
    pub fn string(&mut self) -> Option<&'s str> {
        let bytes = self.rest().as_bytes();
        let mut at = 1;
        while *bytes.get(at)? != b'"' {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        Some(self.advance(at + 1))
    }

    /// Whether `r"` or `r#"`, with any number of signs, is next.
    pub fn is_raw_string(&self) -> bool {
        self.rest()[1..].trim_start_matches('#').starts_with('"')
    }

    /// Takes a raw string with its quotes, if it ends.
    pub fn raw_string(&mut self) -> Option<&'s str> {
        let signs = self.rest()[1..].bytes().take_while(|byte| *byte == b'#').count();
        let close = format!("\"{}", "#".repeat(signs));
        let start = 2 + signs;
        let end = self.rest()[start..].find(&close)?;
        Some(self.advance(start + end + close.len()))
    }

    /// What stands at `start`, up to the next blank or separator: for messages.
    pub fn token(&self, start: usize) -> &'s str {
        let rest = &self.source[start..];
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest[first..].find(|c: char| is_blank(c) || ",:()[]{}".contains(c));
        &rest[..end.map_or(rest.len(), |end| first + end)]
    }

    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn advance(&mut self, length: usize) -> &'s str {
        let taken = &self.rest()[..length];
        self.at += length;
        taken
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{B}' | '\u{C}') || BLANKS.contains(&c)
}

/// Length of the comment with which `rest` begins; 0 if there is none, or none that ends.
fn comment(rest: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if !rest.starts_with("/*") {
        return 0;
    }
    let (bytes, mut depth, mut at) = (rest.as_bytes(), 0_usize, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" if depth == 1 => return at + 2,
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    0
}
