//! The lists of a JSON file, entry by entry: the file is never in memory as a whole, neither as bytes nor as values.
//!
//! Annotation files are a list, or an object of lists, of hundreds of thousands of small objects. `scanner` finds where
//! each begins and ends, serde reads them one by one, on all processors while the next part of the file is scanned.

mod scanner;

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use rayon::prelude::*;
use serde::de::IgnoredAny;

use scanner::{Block, Item, Scanner};

/// What to read, and how.
pub(crate) struct Lists<'a, P> {
    /// The file.
    pub(crate) path: &'a Path,
    /// The most bytes that it may have.
    pub(crate) limit: u64,
    /// Keys whose values are lists of entries, all of which must be there; all keys are where none is named. A file that
    /// is a list itself has the key "".
    pub(crate) keys: &'a [&'a str],
    /// Reads an entry of the list of that key.
    pub(crate) parse: P,
}

impl<P> Lists<'_, P> {
    /// Reads the file and hands over every entry with its key and its place in its list, in the order of the file. All
    /// bytes become part of `digest`.
    ///
    /// # Errors
    /// Where the file cannot be read, is no such JSON, or `take` refuses an entry; the message names file and place.
    pub(crate) fn read<T: Send>(
        &self,
        digest: &mut blake3::Hasher,
        mut take: impl FnMut(&str, usize, T) -> Result<()>,
    ) -> Result<()>
    where
        P: Fn(&str, &[u8]) -> serde_json::Result<T> + Sync,
    {
        let place = || format!("in {}", self.path.display());
        let mut scanner = Scanner::open(self.path, self.limit, self.keys)?;
        let mut next = scanner.next();
        while let Some(block) = next.with_context(place)? {
            let (scanned, (parsed, _)) =
                rayon::join(|| scanner.next(), || rayon::join(|| self.parse(&block), || digest.update(&block.bytes)));
            for (item, entry) in block.items.iter().zip(parsed) {
                // The line and column that the error tells count from the entry's beginning.
                let entry = entry.map_err(|error| anyhow!("{error} of it"));
                let Some(entry) = entry.with_context(|| item.place()).with_context(place)? else { continue };
                take(&item.key, item.index, entry).with_context(|| item.place()).with_context(place)?;
            }
            next = scanned;
        }
        let missing = self.keys.iter().find(|key| !scanner.lists.contains(**key));
        if let Some(missing) = missing {
            bail!("in {}: there is no list `{missing}`", self.path.display());
        }
        Ok(())
    }

    /// The entries of a block; nothing of what was not asked for, which must be JSON all the same.
    fn parse<T: Send>(&self, block: &Block) -> Vec<serde_json::Result<Option<T>>>
    where
        P: Fn(&str, &[u8]) -> serde_json::Result<T> + Sync,
    {
        let parse = |item: &Item| {
            let bytes = &block.bytes[item.range.clone()];
            if item.is_entry {
                return (self.parse)(&item.key, bytes).map(Some);
            }
            serde_json::from_slice::<IgnoredAny>(bytes).map(|_| None)
        };
        block.items.par_iter().with_min_len(64).map(parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], keys: &[&str]) -> Result<Vec<(String, usize, i64)>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs_err::write(file.path(), text).unwrap();
        let parse = |_: &str, bytes: &[u8]| serde_json::from_slice::<i64>(bytes);
        let (mut digest, mut found) = (blake3::Hasher::new(), Vec::new());
        let lists = Lists { path: file.path(), limit: 1 << 30, keys, parse };
        lists.read(&mut digest, |key, index, entry| {
            found.push((key.to_owned(), index, entry));
            Ok(())
        })?;
        assert_eq!(digest.finalize(), blake3::hash(text), "all bytes are digested");
        Ok(found)
    }

    #[test]
    fn entries_come_in_order_from_files_of_any_length() {
        let numbers: Vec<i64> = (0..2_000_000).collect();
        let text = format!("\u{feff} {{\"a\": {{\"b]\": [1, \"\\\"[\"]}}, \"c\": {numbers:?}, \"d\" : [ 7 ]}}\n");
        let found = read(text.as_bytes(), &["c"]).unwrap();
        assert!(found.iter().zip(0..).all(|((key, index, entry), i)| key == "c" && *index == i && *entry == i as i64));
        assert_eq!(found.len(), numbers.len());
        assert_eq!(read(b"[4, 5]", &[]).unwrap(), [(String::new(), 0, 4), (String::new(), 1, 5)]);
        assert_eq!(read(br#"{"x": [4], "y": []}"#, &[]).unwrap(), [("x".to_owned(), 0, 4)]);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            " ",
            "5",
            "{",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1]]",
            "[1] 2",
            "{\"a\"",
            "{\"a\":",
            "{\"a\": [1]",
            "{\"a\": [1],}",
            "{\"a\" [1]}",
            "{a: [1]}",
            "{5: [1]}",
            "{\"a\": [1], \"a\": [1]}",
            "{\"a\": 5}",
            "[\"1]",
            "[1}",
            "{\"a\": [1}}",
            "{\"b\": [1]}",
            "{\"a\": [1], \"c\": {]}",
            "{\"a\": [1], \"c\": tru}",
        ] {
            assert!(read(text.as_bytes(), &["a"]).is_err(), "{text}");
        }
        let error = format!("{:#}", read(br#"{"a": [1, 2, "3"]}"#, &["a"]).unwrap_err());
        assert!(error.contains("entry 2 of `a`, at byte 13: invalid type"), "{error}");
    }
}
