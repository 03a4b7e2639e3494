//! Reads RON text into nodes that know their place.
//!
//! `ron` keeps places only for syntax errors, so the tree is built here, in one pass. What cannot be read is given to `ron`,
//! which says what is wrong with it; so is every text with an escape in it, and every number. A property test holds the two
//! against each other: what is read here is RON.

use bumpalo::Bump;
use ron::value::RawValue;

use super::{
    cursor::Cursor,
    findings::Span,
    node::{Entry, Node, Pair, Shape},
};

/// Why a text could not be read, and where.
pub(crate) type ReadError = (Span, String);

/// How deep brackets may be nested; `ron` itself stops at twice that.
const DEEPEST: usize = 64;

/// Reads `source`, which is the text with index `text` among the [`Findings`](super::findings::Findings), into `arena`.
pub(crate) fn read<'t>(arena: &'t Bump, text: usize, source: &'t str) -> Result<Node<'t>, ReadError> {
    let mut reader = Reader { arena, text, cursor: Cursor::new(source), depth: 0 };
    reader.whole().map_err(|error| match ron::from_str::<&RawValue>(source) {
        Ok(_) => error,
        Err(error) => {
            let start = error.span.start;
            (place(text, source, start.line, start.col), format!("syntax error: {}", error.code))
        }
    })
}

struct Reader<'t> {
    arena: &'t Bump,
    text: usize,
    cursor: Cursor<'t>,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn whole(&mut self) -> Result<Node<'t>, ReadError> {
        self.skip_header()?;
        let node = self.value()?;
        self.cursor.skip_blank();
        if self.cursor.is_at_end() { Ok(node) } else { Err(self.unusable(self.cursor.at)) }
    }

    /// Goes past `#![enable(...)]`: what RON has to be allowed, pipeline files may do anyway.
    fn skip_header(&mut self) -> Result<(), ReadError> {
        self.cursor.skip_blank();
        let start = self.cursor.at;
        while self.cursor.skip_attribute() {
            self.cursor.skip_blank();
        }
        // Whether such extensions exist is for `ron` to say.
        let is_sound = start == self.cursor.at || self.cursor.is_ron();
        if is_sound { Ok(()) } else { Err(self.unusable(start)) }
    }

    fn value(&mut self) -> Result<Node<'t>, ReadError> {
        self.cursor.skip_blank();
        let start = self.cursor.at;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err((self.span_from(start), "brackets are nested too deeply".to_owned()));
        }
        let shape = match self.cursor.peek() {
            b'[' => Shape::List(self.items(b']')?),
            b'{' => Shape::Map(self.pairs()?),
            b'(' => self.body(None)?,
            b'"' => Shape::Str(self.string(start)?),
            b'r' if self.cursor.is_raw_string() => Shape::Str(self.raw_string(start)?),
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.number()?,
            _ => self.named(start)?,
        };
        self.depth -= 1;
        Ok(Node { span: self.span_from(start), shape })
    }

    /// A value that begins with a word.
    fn named(&mut self, start: usize) -> Result<Shape<'t>, ReadError> {
        let word = self.cursor.word();
        let end = self.cursor.at;
        if !is_name(word) {
            return Err(self.unusable(start));
        }
        self.cursor.skip_blank();
        if self.cursor.peek() == b'(' {
            let body = self.body(Some(word))?;
            let is_sound = match word {
                "Some" => matches!(&body, Shape::Tuple(_, items) if items.len() == 1),
                "None" | "true" | "false" => false,
                _ => true,
            };
            return if is_sound { Ok(body) } else { Err(self.unusable(start)) };
        }
        if word == "Some" {
            return Err(self.unusable(start));
        }
        self.cursor.at = end;
        Ok(match word {
            "true" => Shape::Bool(true),
            "false" => Shape::Bool(false),
            _ => Shape::Word(word),
        })
    }

    /// What stands in round brackets: fields with names or values without.
    fn body(&mut self, name: Option<&'t str>) -> Result<Shape<'t>, ReadError> {
        if !self.has_fields() {
            return Ok(Shape::Tuple(name, self.items(b')')?));
        }
        let mut entries = Vec::new();
        self.cursor.at += 1;
        while !self.closes(b')') {
            let start = self.cursor.at;
            let field = self.cursor.word();
            if !is_name(field) {
                return Err(self.unusable(start));
            }
            let name_span = self.span_from(start);
            self.expect(b':')?;
            entries.push(Entry { name: field, name_span, value: self.value()? });
            self.separator(b')')?;
        }
        Ok(Shape::Record(name, self.arena.alloc_slice_copy(&entries)))
    }

    /// Whether a name and a colon follow the bracket at the cursor, which stays where it is.
    fn has_fields(&mut self) -> bool {
        let start = self.cursor.at;
        self.cursor.at += 1;
        self.cursor.skip_blank();
        let is_named = !self.cursor.word().is_empty();
        self.cursor.skip_blank();
        let has_fields = is_named && self.cursor.peek() == b':';
        self.cursor.at = start;
        has_fields
    }

    /// Values up to the bracket `close`, from the bracket at the cursor on.
    fn items(&mut self, close: u8) -> Result<&'t [Node<'t>], ReadError> {
        let mut items = Vec::new();
        self.cursor.at += 1;
        while !self.closes(close) {
            items.push(self.value()?);
            self.separator(close)?;
        }
        Ok(self.arena.alloc_slice_copy(&items))
    }

    fn pairs(&mut self) -> Result<&'t [Pair<'t>], ReadError> {
        let mut pairs = Vec::new();
        self.cursor.at += 1;
        while !self.closes(b'}') {
            let key = self.value()?;
            self.expect(b':')?;
            pairs.push((key, self.value()?));
            self.separator(b'}')?;
        }
        Ok(self.arena.alloc_slice_copy(&pairs))
    }

    /// Whether the bracket follows, which is taken.
    fn closes(&mut self, close: u8) -> bool {
        self.cursor.skip_blank();
        self.cursor.take(close)
    }

    /// A comma, or the bracket `close`, which is left.
    fn separator(&mut self, close: u8) -> Result<(), ReadError> {
        self.cursor.skip_blank();
        if self.cursor.take(b',') || self.cursor.peek() == close { Ok(()) } else { Err(self.unusable(self.cursor.at)) }
    }

    fn expect(&mut self, byte: u8) -> Result<(), ReadError> {
        self.cursor.skip_blank();
        if self.cursor.take(byte) { Ok(()) } else { Err(self.unusable(self.cursor.at)) }
    }

    fn string(&mut self, start: usize) -> Result<&'t str, ReadError> {
        let quoted = self.cursor.string().ok_or_else(|| self.unusable(start))?;
        if quoted.contains('\\') {
            return self.ron_string(quoted, start);
        }
        Ok(&quoted[1..quoted.len() - 1])
    }

    fn raw_string(&mut self, start: usize) -> Result<&'t str, ReadError> {
        let quoted = self.cursor.raw_string().ok_or_else(|| self.unusable(start))?;
        self.ron_string(quoted, start)
    }

    fn ron_string(&self, quoted: &str, start: usize) -> Result<&'t str, ReadError> {
        let text: String = ron::from_str(quoted).map_err(|_| self.unusable(start))?;
        Ok(self.arena.alloc_str(&text))
    }

    /// A number that JSON can carry.
    fn number(&mut self) -> Result<Shape<'t>, ReadError> {
        let start = self.cursor.at;
        let slice = self.cursor.number();
        // Most numbers are plain, and Rust reads them as RON does.
        let int = slice.parse().ok().or_else(|| ron::from_str(slice).ok());
        let float = || ron::from_str(slice).ok().filter(|float: &f64| float.is_finite()).map(Shape::Float);
        let found = int.map(Shape::Int).or_else(float);
        found.ok_or_else(|| (self.span_from(start), format!("{slice} is not a usable number")))
    }

    /// Something at `start` that `ron` may understand, but pipeline files do not use.
    fn unusable(&self, start: usize) -> ReadError {
        let slice = self.cursor.token(start);
        let span = Span { text: self.text, start, len: slice.len() };
        (span, format!("{slice} is not a kind of value that pipeline files use"))
    }

    /// From `start` to the cursor.
    fn span_from(&self, start: usize) -> Span {
        Span { text: self.text, start, len: self.cursor.at - start }
    }
}

/// Whether RON takes a word for a name. Of the letters of other alphabets, it knows which.
fn is_name(word: &str) -> bool {
    !word.is_empty() && (word.is_ascii() || ron::from_str::<&RawValue>(word).is_ok())
}

/// The place of a line and a column, both counted from one, the column in characters.
fn place(text: usize, source: &str, line: usize, column: usize) -> Span {
    let before: usize = source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = &source[before..];
    let within = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    let len = rest[within..].chars().next().map_or(0, char::len_utf8);
    Span { text, start: before + within, len }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ron::value::RawValue;

    use super::{Bump, read};

    const TEXTS: [&str; 4] = [
        "Pipeline(name: \"x\", stages: {\"a\": Kind(n: 1, f: -1.5e3, s: r#\"a\"b\"#, l: [None, Some(2), ()])})",
        "/* a /* b */ */ (a: \"\\u{41}\\n\", b: {\"k\": [1, 0x1F, 1_000,],}, // c\n c: Word (x), d: true)",
        "#![enable(implicit_some)] [A, B(1, 2), (3), C(), \"\", 'c', b\"d\", inf, +1, .5]",
        "{1: {2: {3: [[[[]]]]}}}",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn what_is_read_is_ron(
            text in prop::sample::select(&TEXTS[..]),
            cut in any::<prop::sample::Index>(),
            drop in 0_usize..4,
            put in "[A-Za-z\"(){}\\[\\]:,#'r!/*.0-9_+ \\\\-]{0,3}",
        ) {
            let at = cut.index(text.len() + 1);
            let end = (at + drop).min(text.len());
            let changed = format!("{}{put}{}", &text[..at], &text[end..]);
            if read(&Bump::new(), 0, &changed).is_ok() {
                let judged = ron::from_str::<&RawValue>(&changed);
                prop_assert!(judged.is_ok(), "{changed}: {judged:?}");
            }
        }
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "K( /* x */ name : [ 1.5 , \"a\" ] )";
        let arena = Bump::new();
        let node = read(&arena, 0, text).expect("sound");
        assert_eq!(&text[node.span.start..][..node.span.len], text);
        let super::Shape::Record(Some(name), entries) = node.shape else { panic!("a record") };
        let cut = |span: super::Span| &text[span.start..][..span.len];
        assert_eq!((name, cut(entries[0].name_span), cut(entries[0].value.span)), ("K", "name", "[ 1.5 , \"a\" ]"));
    }
}
