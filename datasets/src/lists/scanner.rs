//! Finds the entries of the lists in a JSON file without reading what they hold.

use std::collections::HashSet;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail, ensure};

use super::super::refer::checked_length;

/// Bytes that are handed on at a time, and that are read at a time.
const BLOCK: usize = 1 << 22;
/// The longest entry, a record with the masks of all of a picture's objects, has a few megabytes.
const LONGEST: usize = 1 << 28;
/// Annotation files have a dozen keys.
const MOST_KEYS: usize = 1000;

/// A part of the file that ends behind a whole value.
pub(super) struct Block {
    pub(super) bytes: Vec<u8>,
    /// The values in it, in order.
    pub(super) items: Vec<Item>,
}

/// An entry of a list, or the value of a key that is no list or was not asked for.
pub(super) struct Item {
    pub(super) key: Arc<str>,
    /// Place in its list.
    pub(super) index: usize,
    pub(super) is_entry: bool,
    /// Place in the block.
    pub(super) range: Range<usize>,
    /// Place in the file.
    at: u64,
}

impl Item {
    pub(super) fn place(&self) -> String {
        match (self.is_entry, &*self.key) {
            (true, "") => format!("entry {}, at byte {}", self.index, self.at),
            (true, key) => format!("entry {} of `{key}`, at byte {}", self.index, self.at),
            (false, key) => format!("`{key}`, at byte {}", self.at),
        }
    }
}

/// Where in the file's structure the next byte is.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Start,
    /// In the outer object; whether something stands before.
    Keys(bool),
    /// In a list; whether something stands before.
    Entries(bool),
    End,
}

/// Reads a file forwards.
pub(super) struct Scanner<'a> {
    file: fs_err::File,
    keys: &'a [&'a str],
    /// The bytes that were read and not handed on, the place of the first in the file, and how many are scanned.
    bytes: Vec<u8>,
    first: u64,
    at: usize,
    ended: bool,
    state: State,
    is_object: bool,
    key: Arc<str>,
    index: usize,
    items: Vec<Item>,
    seen: HashSet<Arc<str>>,
    /// Keys whose lists of entries were found.
    pub(super) lists: HashSet<Arc<str>>,
}

impl<'a> Scanner<'a> {
    pub(super) fn open(path: &Path, limit: u64, keys: &'a [&'a str]) -> Result<Self> {
        let file = fs_err::File::open(path)?;
        checked_length(&file, limit)?;
        let (key, state): (Arc<str>, _) = ("".into(), State::Start);
        let (bytes, items, seen, lists) = (Vec::new(), Vec::new(), HashSet::new(), HashSet::new());
        Ok(Self {
            file,
            keys,
            bytes,
            first: 0,
            at: 0,
            ended: false,
            state,
            is_object: false,
            key,
            index: 0,
            items,
            seen,
            lists,
        })
    }

    /// The next part; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Block>> {
        while self.at < BLOCK {
            let Some(byte) = self.peek()? else {
                ensure!(self.state == State::End, "the file ends in the middle, at byte {}", self.place());
                break;
            };
            match self.state {
                State::Start => self.start(byte)?,
                State::Keys(follows) => self.key(byte, follows)?,
                State::Entries(follows) => self.entry(byte, follows)?,
                State::End => bail!("something follows the end of the JSON value, at byte {}", self.place()),
            }
        }
        if self.at == 0 {
            return Ok(None);
        }
        let rest = self.bytes.split_off(self.at);
        self.first += self.at as u64;
        self.at = 0;
        let bytes = std::mem::replace(&mut self.bytes, rest);
        Ok(Some(Block { bytes, items: std::mem::take(&mut self.items) }))
    }

    fn start(&mut self, byte: u8) -> Result<()> {
        self.is_object = byte == b'{';
        self.state = match byte {
            b'{' => State::Keys(false),
            b'[' if self.keys.is_empty() => State::Entries(false),
            _ => bail!("byte {} begins no {}", self.place(), if self.keys.is_empty() { "list" } else { "object" }),
        };
        self.at += 1;
        Ok(())
    }

    fn key(&mut self, byte: u8, follows: bool) -> Result<()> {
        if byte == b'}' {
            self.at += 1;
            self.state = State::End;
            return Ok(());
        }
        self.comma(byte, follows)?;
        ensure!(self.peek()? == Some(b'"'), "byte {} begins no key", self.place());
        let range = self.value()?;
        let key: Arc<str> = serde_json::from_slice::<String>(&self.bytes[range])?.into();
        ensure!(self.seen.insert(Arc::clone(&key)), "the key `{key:.60}` occurs twice");
        ensure!(self.seen.len() <= MOST_KEYS, "more than {MOST_KEYS} keys");
        ensure!(self.peek()? == Some(b':'), "no colon follows the key `{key:.60}`");
        self.at += 1;
        (self.key, self.index, self.state) = (key, 0, State::Keys(true));
        let wanted = self.keys.is_empty() || self.keys.contains(&&*self.key);
        if !wanted {
            return self.push(false);
        }
        ensure!(self.peek()? == Some(b'['), "the value of `{:.60}` is no list", self.key);
        self.at += 1;
        self.lists.insert(Arc::clone(&self.key));
        self.state = State::Entries(false);
        Ok(())
    }

    fn entry(&mut self, byte: u8, follows: bool) -> Result<()> {
        if byte == b']' {
            self.at += 1;
            self.state = if self.is_object { State::Keys(true) } else { State::End };
            return Ok(());
        }
        self.comma(byte, follows)?;
        self.push(true)?;
        self.index += 1;
        self.state = State::Entries(true);
        Ok(())
    }

    fn comma(&mut self, byte: u8, follows: bool) -> Result<()> {
        ensure!(!follows || byte == b',', "a comma or a bracket is missing before byte {}", self.place());
        self.at += usize::from(follows);
        Ok(())
    }

    fn push(&mut self, is_entry: bool) -> Result<()> {
        self.peek()?;
        let at = self.place();
        let range = self.value()?;
        self.items.push(Item { key: Arc::clone(&self.key), index: self.index, is_entry, range, at });
        Ok(())
    }

    fn place(&self) -> u64 {
        self.first + self.at as u64
    }

    /// The next byte that is not space, which is not passed.
    fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            if self.first == 0 && self.at == 0 && self.bytes.starts_with(b"\xef\xbb\xbf") {
                self.at = 3;
            }
            let rest = &self.bytes[self.at..];
            if let Some(spaces) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) {
                self.at += spaces;
                return Ok(Some(self.bytes[self.at]));
            }
            self.at = self.bytes.len();
            if !self.read_on()? {
                return Ok(None);
            }
        }
    }

    /// Reads more; false where there is no more.
    fn read_on(&mut self) -> Result<bool> {
        ensure!(self.bytes.len() < LONGEST, "an entry has more than {LONGEST} bytes, at byte {}", self.place());
        if !self.ended {
            self.bytes.reserve(BLOCK);
            self.ended = self.file.by_ref().take(BLOCK as u64).read_to_end(&mut self.bytes)? == 0;
        }
        Ok(!self.ended)
    }

    /// Passes the value that begins here.
    fn value(&mut self) -> Result<Range<usize>> {
        let (start, mut end, mut within) = (self.at, self.at, Within::default());
        while !within.reaches_end(&self.bytes, &mut end) {
            ensure!(self.read_on()?, "the file ends in the middle of the value at byte {}", self.place());
        }
        ensure!(end > start, "byte {} begins no value", self.place());
        self.at = end;
        Ok(start..end)
    }
}

/// What the place in a value is within.
#[derive(Default)]
struct Within {
    depth: usize,
    text: bool,
    word: bool,
}

impl Within {
    /// Goes on from `at` to the end of the value; false where the bytes end before it does.
    fn reaches_end(&mut self, bytes: &[u8], at: &mut usize) -> bool {
        while *at < bytes.len() {
            *at += self.plain(&bytes[*at..]);
            let Some(&byte) = bytes.get(*at) else { return false };
            match byte {
                // What it escapes may not be read yet.
                b'\\' if *at + 1 == bytes.len() => return false,
                b'\\' if self.text => *at += 1,
                b'"' if !self.word => self.text = !self.text,
                b'{' | b'[' if !self.word => self.depth += 1,
                b'}' | b']' if self.depth > 0 => self.depth -= 1,
                b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\r' | b'\n' => return true,
                _ => {
                    (self.word, *at) = (true, *at + 1);
                    continue;
                }
            }
            *at += 1;
            if self.depth == 0 && !self.text {
                return true;
            }
        }
        false
    }

    /// How many bytes from here on neither begin nor end anything.
    fn plain(&self, bytes: &[u8]) -> usize {
        if self.text {
            return bytes.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(bytes.len());
        }
        if self.depth == 0 {
            return 0;
        }
        // Setting this bit makes both kinds of bracket one.
        let ends = |byte: &u8| *byte == b'"' || byte | 0x20 == b'{' || byte | 0x20 == b'}';
        let chunks = bytes.chunks_exact(32);
        let skipped = 32 * chunks.take_while(|chunk| !chunk.iter().fold(false, |any, byte| any | ends(byte))).count();
        skipped + bytes[skipped..].iter().position(ends).unwrap_or(bytes.len() - skipped)
    }
}
