//! The precompiled character map of a SentencePiece normaliser (for instance `nmt_nfkc`).
//!
//! The blob is a little-endian length, a double-array trie of 32-bit units (Darts-clone layout) over UTF-8
//! bytes, and a pool of NUL-terminated replacements that the trie's values point into. The longest key at
//! the front of the text wins. Every index is checked, because the file may be damaged.

/// Replacement rules; the empty map leaves every character as it is.
#[derive(Debug, Clone, Default)]
pub struct CharsMap {
    units: Vec<u32>,
    pool: String,
}

impl CharsMap {
    /// Reads the blob; an empty one is the identity.
    ///
    /// # Errors
    /// When the lengths do not fit or the pool is not UTF-8.
    pub fn parse(blob: &[u8]) -> Result<Self, String> {
        if blob.is_empty() {
            return Ok(Self::default());
        }
        let (head, rest) = blob.split_at_checked(4).ok_or("character map: shorter than its header")?;
        let size = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if !size.is_multiple_of(4) || size > rest.len() {
            return Err(format!("character map: a trie of {size} bytes in {} bytes", rest.len()));
        }
        let (trie, pool) = rest.split_at(size);
        let unit = |b: &[u8]| u32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        Ok(Self {
            units: trie.chunks_exact(4).map(unit).collect(),
            pool: std::str::from_utf8(pool)
                .map_err(|e| format!("character map: replacements are not UTF-8: {e}"))?
                .to_owned(),
        })
    }

    /// The replacement at the front of `text`, and how many bytes of `text` it stands for.
    ///
    /// Without a rule that is the first character itself; `text` must not be empty.
    pub fn replace_front<'a>(&'a self, text: &'a str) -> (&'a str, usize) {
        let rule = self.longest(text.as_bytes()).and_then(|(offset, length)| {
            let tail = self.pool.get(offset..)?;
            let ends_on_char = text.is_char_boundary(length);
            ends_on_char.then(|| (tail.split('\0').next().unwrap_or(tail), length))
        });
        rule.unwrap_or_else(|| {
            let length = text.chars().next().map_or(0, char::len_utf8);
            (&text[..length], length)
        })
    }

    /// The value and length of the longest key that `text` starts with.
    fn longest(&self, text: &[u8]) -> Option<(usize, usize)> {
        let mut found = None;
        let mut node = offset_of(*self.units.first()?);
        for (at, &byte) in text.iter().enumerate() {
            node ^= usize::from(byte);
            let Some(&unit) = self.units.get(node) else { break };
            if byte == 0 || unit & 0x8000_00ff != u32::from(byte) {
                break;
            }
            node ^= offset_of(unit);
            let has_leaf = unit >> 8 & 1 == 1;
            if let (true, Some(&leaf)) = (has_leaf, self.units.get(node)) {
                found = Some(((leaf & 0x7fff_ffff) as usize, at + 1));
            }
        }
        found
    }
}

/// Distance to the children of a unit: 21 bits, scaled by 256 when bit 9 is set.
fn offset_of(unit: u32) -> usize {
    ((unit >> 10) << ((unit & 1 << 9) >> 6)) as usize
}

#[cfg(test)]
mod tests {
    use super::CharsMap;

    #[test]
    fn an_empty_map_is_the_identity() {
        let map = CharsMap::parse(&[]).unwrap();
        assert_eq!(map.replace_front("éa"), ("é", 2));
    }

    #[test]
    fn damaged_blobs_are_refused_or_harmless() {
        assert!(CharsMap::parse(&[1, 2]).is_err());
        assert!(CharsMap::parse(&[255, 255, 255, 255, 0]).is_err());
        let wild = [4u32.to_le_bytes(), u32::MAX.to_le_bytes()].concat();
        assert_eq!(CharsMap::parse(&wild).unwrap().replace_front("ab"), ("a", 1));
    }
}
