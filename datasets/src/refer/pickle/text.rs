//! Python's ways of writing strings.
//!
//! Python 2 did not say which encoding its `str` was in: bytes that are UTF-8 are read as such, others as Latin-1,
//! which is what people pass to Python's own reader as `encoding="latin1"`.

use std::borrow::Cow;

/// Text of a byte string.
pub(super) fn of_bytes(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Text of a STRING line: quotes around it, backslash escapes within. `None` where it is malformed.
pub(super) fn of_quoted(line: &[u8]) -> Option<Cow<'_, str>> {
    let quote = *line.first().filter(|&&byte| byte == b'\'' || byte == b'"')?;
    let inner = line[1..].strip_suffix(&[quote])?;
    if !inner.contains(&b'\\') {
        return Some(of_bytes(inner));
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        bytes.push(if byte == b'\\' { escape(&mut rest)? } else { byte });
    }
    Some(Cow::Owned(of_bytes(&bytes).into_owned()))
}

fn escape(rest: &mut &[u8]) -> Option<u8> {
    let (&code, after) = rest.split_first()?;
    *rest = after;
    Some(match code {
        b'\\' | b'\'' | b'"' => code,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'x' => u8::try_from(hexadecimal(rest, 2)?).ok()?,
        _ => return None,
    })
}

/// Text of a UNICODE line: Latin-1 with `\uXXXX` and `\UXXXXXXXX`, other backslashes standing for themselves.
pub(super) fn of_unicode_line(line: &[u8]) -> Option<Cow<'_, str>> {
    if line.is_ascii() && !line.contains(&b'\\') {
        return Some(of_bytes(line));
    }
    // Code units, because Python 2 writes characters beyond 16 bits as two escapes.
    let mut units = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let digits = match (byte, rest.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => {
                units.push(byte.into());
                continue;
            }
        };
        rest = &rest[1..];
        push_unit(&mut units, hexadecimal(&mut rest, digits)?)?;
    }
    Some(Cow::Owned(String::from_utf16_lossy(&units)))
}

fn push_unit(units: &mut Vec<u16>, code: u32) -> Option<()> {
    match u16::try_from(code) {
        Ok(unit) => units.push(unit),
        Err(_) => units.extend_from_slice(char::from_u32(code)?.encode_utf16(&mut [0; 2])),
    }
    Some(())
}

fn hexadecimal(rest: &mut &[u8], digits: usize) -> Option<u32> {
    let (number, after) = rest.split_at_checked(digits)?;
    *rest = after;
    number.iter().try_fold(0, |sum, &digit| Some(sum * 16 + char::from(digit).to_digit(16)?))
}
