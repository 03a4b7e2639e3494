//! The levels that stand before the values of a page: which values begin a list, and which lists are empty.
//!
//! Every column may hold nulls for its readers' sake, but none does. A value of a list has definition level 3 (the list
//! is there, the value is there), the place of an empty list 1. Repetition level 0 begins a list, 1 goes on with it.

use crate::varint::push_varint;

/// Definition levels of a column of values: one run.
pub(super) fn for_values(out: &mut Vec<u8>, count: usize) {
    with_length(out, |out| {
        push_varint(out, (count as u64) << 1);
        out.push(1);
    });
}

/// Both levels of a column of lists; gives the number of levels.
pub(super) fn for_lists(out: &mut Vec<u8>, lengths: impl Iterator<Item = usize> + Clone) -> usize {
    let count: usize = lengths.clone().map(|length| length.max(1)).sum();
    let places = || lengths.clone().flat_map(|length| (0..length.max(1)).map(move |at| (length, at)));
    with_length(out, |out| packed(out, 1, count, places().map(|(_, at)| u8::from(at > 0))));
    with_length(out, |out| packed(out, 2, count, places().map(|(length, _)| if length > 0 { 3 } else { 1 })));
    count
}

/// Puts the length of what `write` writes before it.
fn with_length(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend([0; 4]);
    write(out);
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// One run of `count` levels of `bits` bits each, the first in the lowest bits, filled up to a multiple of eight.
fn packed(out: &mut Vec<u8>, bits: usize, count: usize, levels: impl Iterator<Item = u8>) {
    let groups = count.div_ceil(8);
    push_varint(out, (groups as u64) << 1 | 1);
    let end = out.len() + groups * bits;
    let (mut byte, mut used) = (0, 0);
    for level in levels {
        byte |= level << used;
        used += bits;
        if used == 8 {
            out.push(byte);
            (byte, used) = (0, 0);
        }
    }
    out.push(byte);
    out.resize(end, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_the_format() {
        let mut out = Vec::new();
        for_values(&mut out, 200);
        assert_eq!(out, [3, 0, 0, 0, 0x90, 0x03, 1]);
        out.clear();
        // A list of three values, an empty one, one of a value.
        assert_eq!(for_lists(&mut out, [3, 0, 1].into_iter()), 5);
        assert_eq!(out, [2, 0, 0, 0, 0b11, 0b00110, 3, 0, 0, 0, 0b11, 0b01_11_11_11, 0b11]);
    }
}
