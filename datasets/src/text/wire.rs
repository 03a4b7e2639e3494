//! The protobuf wire format, as much of it as a SentencePiece model needs.
//!
//! Reading never trusts a length: every field is a slice of the input or an error that says at which byte.

use crate::varint::push_varint;

/// One field's value; groups (wire types 3 and 4) are not used by any SentencePiece file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed32(u32),
    /// Skipped by every reader here; kept so that unknown fields can be stepped over.
    Fixed64,
    Bytes(&'a [u8]),
}

/// Iterates over the fields of one message.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next (field number, value), or `None` at the end of the message.
    pub(crate) fn next_field(&mut self) -> Result<Option<(u64, Value<'a>)>, String> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => self.take(8).map(|_| Value::Fixed64)?,
            2 => {
                let len = self.varint()?;
                Value::Bytes(self.take(len)?)
            }
            5 => {
                let b = self.take(4)?;
                Value::Fixed32(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            }
            other => return Err(format!("unknown wire type {other} at byte {}", self.at)),
        };
        Ok(Some((key >> 3, value)))
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(format!("a number longer than 64 bits ends at byte {}", self.at))
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], String> {
        let left = self.bytes.len() - self.at;
        if len > left as u64 {
            return Err(format!("{len} bytes wanted at byte {}, {left} left (truncated?)", self.at));
        }
        let taken = &self.bytes[self.at..self.at + len as usize];
        self.at += len as usize;
        Ok(taken)
    }
}

/// Appends a varint field.
pub(crate) fn put_varint(out: &mut Vec<u8>, field: u64, value: u64) {
    push_varint(out, field << 3);
    push_varint(out, value);
}

/// Appends a 32-bit float field.
pub(crate) fn put_f32(out: &mut Vec<u8>, field: u64, value: f32) {
    push_varint(out, field << 3 | 5);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a length-delimited field: a string, bytes, or a nested message.
pub(crate) fn put_bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    push_varint(out, field << 3 | 2);
    push_varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        put_varint(&mut bytes, 3, 300);
        put_f32(&mut bytes, 2, -1.5);
        put_bytes(&mut bytes, 1, b"piece");
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.next_field(), Ok(Some((3, Value::Varint(300)))));
        let float = Value::Fixed32((-1.5f32).to_bits());
        assert_eq!(reader.next_field(), Ok(Some((2, float))));
        assert_eq!(reader.next_field(), Ok(Some((1, Value::Bytes(b"piece")))));
        assert_eq!(reader.next_field(), Ok(None));
    }

    #[test]
    fn a_length_beyond_the_end_is_an_error() {
        let error = Reader::new(&[0x0a, 0xff, 0xff, 0xff, 0x7f, 1]).next_field();
        assert!(error.unwrap_err().contains("truncated"));
    }
}
