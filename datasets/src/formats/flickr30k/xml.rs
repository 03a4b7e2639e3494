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
            let rest = &self.text[self.at..];
            let Some(start) = rest.find('<') else { return self.end(rest) };
            if let Some(text) = self.content(&rest[..start])? {
                self.at += start;
                return Ok(Some(Event::Text(text)));
            }
            self.at += start;
            if let Some(event) = self.tag(&rest[start..])? {
                return Ok(Some(event));
            }
        }
    }

    fn end(&mut self, rest: &str) -> Result<Option<Event<'a>>> {
        ensure!(rest.trim().is_empty(), "text behind the last element");
        ensure!(self.path.is_empty(), "the file ends within `{}`", short(&self.path.join("/")));
        Ok(None)
    }

    fn content<'t>(&self, text: &'t str) -> Result<Option<&'t str>> {
        let text = text.trim_ascii();
        ensure!(!text.contains('&'), "`{}` has an entity, which these files do not have", short(text));
        ensure!(text.is_empty() || !self.path.is_empty(), "text outside of the outermost element");
        Ok((!text.is_empty()).then_some(text))
    }

    /// What stands between `<` and `>`; `None` for what tells nothing.
    fn tag(&mut self, rest: &'a str) -> Result<Option<Event<'a>>> {
        if rest.starts_with("<!--") || rest.starts_with("<?") {
            let end = if rest.starts_with("<?") { "?>" } else { "-->" };
            self.at += rest.find(end).with_context(|| format!("`<` without `{end}`"))? + end.len();
            return Ok(None);
        }
        ensure!(!rest.starts_with("<!"), "a document type (DTD), which these files do not have");
        let length = rest.find('>').context("`<` without `>`")? + 1;
        self.at += length;
        let tag = &rest[1..length - 1];
        if let Some(name) = tag.strip_prefix('/') {
            let open = self.path.last().copied();
            ensure!(
                open == Some(name.trim_end()),
                "`</{}>` where `{}` is open",
                short(name),
                short(open.unwrap_or("nothing"))
            );
            self.closing = true;
            return Ok(Some(Event::Close));
        }
        self.open(tag)
    }

    fn open(&mut self, tag: &'a str) -> Result<Option<Event<'a>>> {
        self.empty = tag.ends_with('/');
        let name = tag.trim_end_matches('/').split_ascii_whitespace().next().unwrap_or_default();
        if name.is_empty() || self.path.len() == DEPTH {
            bail!("`<{}>` has no name or lies deeper than {DEPTH} elements", short(tag));
        }
        self.path.push(name);
        Ok(Some(Event::Open))
    }
}
