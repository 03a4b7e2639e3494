//! Bounds-checked reading of a pickle's bytes.

use super::PickleError;

/// The file and how far it was read.
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Length of the whole file.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], PickleError> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..length).ok_or(PickleError::Ended { at: self.bytes.len() })?;
        self.at += length;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        Ok(self.take(N)?.try_into().expect("take gives as many bytes as asked for"))
    }

    pub(super) fn byte(&mut self) -> Result<u8, PickleError> {
        Ok(self.array::<1>()?[0])
    }

    /// An unsigned little-endian number of `width` bytes, at most 8.
    pub(super) fn unsigned(&mut self, width: usize) -> Result<u64, PickleError> {
        let bytes = self.take(width)?;
        Ok(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// Bytes whose length stands before them as a number of `width` bytes.
    pub(super) fn counted(&mut self, width: usize) -> Result<&'a [u8], PickleError> {
        let length = self.unsigned(width)?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// A little-endian two's complement number, as LONG1 and LONG4 hold it.
    pub(super) fn long(&mut self, width: usize) -> Result<i64, PickleError> {
        let at = self.at;
        let bytes = self.counted(width)?;
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut wide = if negative { [0xff; 8] } else { [0; 8] };
        let room = wide.get_mut(..bytes.len());
        let room = room.ok_or(PickleError::Malformed { at, what: "an integer of more than 64 bits" })?;
        room.copy_from_slice(bytes);
        Ok(i64::from_le_bytes(wide))
    }

    /// The rest of the line, without its end.
    pub(super) fn line(&mut self) -> Result<&'a [u8], PickleError> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|&b| b == b'\n').ok_or(PickleError::Ended { at: self.bytes.len() })?;
        self.at += end + 1;
        Ok(rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]))
    }

    /// A number written in decimal on a line of its own; Python 2 ends long ones with an `L`.
    pub(super) fn decimal<T: std::str::FromStr>(&mut self) -> Result<T, PickleError> {
        let at = self.at;
        let line = self.line()?;
        let digits = std::str::from_utf8(line.strip_suffix(b"L").unwrap_or(line)).ok();
        digits.and_then(|d| d.parse().ok()).ok_or(PickleError::Malformed { at, what: "not a number" })
    }
}
