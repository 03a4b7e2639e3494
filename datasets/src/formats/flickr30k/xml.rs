//! The little of XML that the annotations of Flickr30k Entities use: elements and text.
//!
//! It is our own because a general reader takes most of the time that 31,783 files need, and offers what must not be
//! accepted here: document types and entities, which can name each other until memory is full.

use anyhow::{Context, Result, bail, ensure};

use super::short;

/// Elements within each other; the files have four.
const DEPTH: usize = 8;

/// A text with the elements that it lies in, or the end of an element.
pub(super) enum Event<'a> {
    /// An element begins.
    Open,
    /// Text that is not only space, without any around it.
    Text(&'a str),
    /// An element ends.
    Close,
}

/// The elements and texts of a file, one after the other.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Names of the elements that are open, the outermost first; after [`Event::Close`] the closed one is still there.
    path: Vec<&'a str>,
    closing: bool,
    empty: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, path: Vec::with_capacity(DEPTH), closing: false, empty: false }
    }

    /// The elements that the last event lies in, its own included.
    pub(super) fn path(&self) -> &[&'a str] {
        &self.path
    }

    /// Line of the place that was read last.
    pub(super) fn line(&self) -> usize {
        self.text[..self.at].matches('\n').count() + 1
    }

    /// The next event; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Event<'a>>> {
        if std::mem::take(&mut self.closing) {
            self.path.pop();
        }
        if std::mem::take(&mut self.empty) {
            self.closing = true;
            return Ok(Some(Event::Close));
        }
        loop {
            let start = self.at;
            let bytes = self.text.as_bytes();
            // Texts and names have a few letters: nothing finds their end sooner than looking at each.
            self.at += bytes[start..].iter().take_while(|byte| **byte != b'<').count();
            if let Some(text) = self.content(&self.text[start..self.at])? {
                return Ok(Some(Event::Text(text)));
            }
            if self.at == bytes.len() {
                ensure!(self.path.is_empty(), "the file ends within `{}`", short(&self.path.join("/")));
                return Ok(None);
            }
            if let Some(event) = self.tag()? {
                return Ok(Some(event));
            }
        }
    }

    fn content(&self, text: &'a str) -> Result<Option<&'a str>> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Ok(None);
        }
        ensure!(
            !text.bytes().any(|byte| byte == b'&'),
            "`{}` has an entity, which these files do not have",
            short(text)
        );
        ensure!(!self.path.is_empty(), "text outside of the outermost element");
        Ok(Some(text))
    }

    /// What stands between `<` and `>`; `None` for what tells nothing.
    fn tag(&mut self) -> Result<Option<Event<'a>>> {
        let rest = &self.text[self.at..];
        match rest.as_bytes().get(1) {
            Some(b'!' | b'?') => return self.aside(rest),
            Some(b'/') => {}
            _ => return self.open(rest),
        }
        let name = &rest[2..self.length(rest)? - 1];
        let open = self.path.last().copied();
        ensure!(
            open.is_some_and(|open| open == name || open == name.trim_end()),
            "`</{}>` where `{}` is open",
            short(name),
            short(open.unwrap_or("nothing"))
        );
        self.closing = true;
        Ok(Some(Event::Close))
    }

    /// Passes the tag that `rest` begins with; gives its length.
    fn length(&mut self, rest: &str) -> Result<usize> {
        let length = rest.bytes().position(|byte| byte == b'>').context("`<` without `>`")? + 1;
        self.at += length;
        Ok(length)
    }

    /// Passes a comment or an instruction.
    fn aside(&mut self, rest: &str) -> Result<Option<Event<'a>>> {
        let end = if rest.starts_with("<?") { "?>" } else { "-->" };
        ensure!(end == "?>" || rest.starts_with("<!--"), "a document type (DTD), which these files do not have");
        self.at += rest.find(end).with_context(|| format!("`<` without `{end}`"))? + end.len();
        Ok(None)
    }

    fn open(&mut self, rest: &'a str) -> Result<Option<Event<'a>>> {
        let tag = &rest[1..self.length(rest)? - 1];
        self.empty = tag.ends_with('/');
        let end = tag.bytes().position(|byte| byte == b'/' || byte.is_ascii_whitespace()).unwrap_or(tag.len());
        let name = &tag[..end];
        if name.is_empty() || self.path.len() == DEPTH {
            bail!("`<{}>` has no name or lies deeper than {DEPTH} elements", short(tag));
        }
        self.path.push(name);
        Ok(Some(Event::Open))
    }
}
