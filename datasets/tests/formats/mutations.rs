//! Hundreds of damaged files, made from the sound ones: none may panic, take long, or ask for much memory.

use simvg_datasets::formats::Format;

use super::bounds::Usage;
use super::samples::{files, read_files};

/// Texts that stand in for others in damaged files.
const STRANGE: [&[u8]; 14] = [
    b"null",
    b"-1",
    b"NaN",
    b"1e999",
    b"99999999999999999999",
    b"\"\"",
    b"[]",
    b"{}",
    b"[[[[[[[[",
    b"\xff\xfe",
    b"\0",
    b"../../etc/passwd",
    b"&lol;",
    b"I01\n.",
];

/// Every way in which a file is damaged here.
fn damaged(bytes: &[u8]) -> Vec<Vec<u8>> {
    let length = bytes.len();
    let cuts = (0..12).map(|i| bytes[..length * i / 12].to_vec());
    let flips = (0..24).map(|i| {
        let mut changed = bytes.to_vec();
        changed[(i * 7919 + 13) % length] ^= 1 << (i % 8);
        changed
    });
    let strange = STRANGE.iter().enumerate().map(|(i, text)| {
        let at = (i + 1) * length / (STRANGE.len() + 2);
        [&bytes[..at], text, &bytes[(at + text.len()).min(length)..]].concat()
    });
    let lengths = (0..6).map(|i| {
        let at = i * length / 6;
        [&bytes[..at], &[0xff; 8][..], &bytes[(at + 8).min(length)..]].concat()
    });
    let doubled = [bytes, bytes].concat();
    let nested = [&b"[".repeat(200_000)[..], bytes].concat();
    let deep = b"{\"a\":".repeat(100_000);
    cuts.chain(flips).chain(strange).chain(lengths).chain([doubled, nested, deep]).collect()
}

#[test]
fn damaged_files_are_refused_or_read_in_no_time() {
    let (mut tried, mut refused) = (0, 0);
    for (_, format) in Format::NAMES.into_iter().skip(1) {
        let sound = files(format);
        for changed in 0..sound.len() {
            for bytes in damaged(&sound[changed].1) {
                let mut files = sound.clone();
                files[changed].1 = bytes;
                let usage = Usage::now();
                let read = read_files(&files);
                if let Some(usage) = usage {
                    usage.assert_little(&format!("{format}: {}", sound[changed].0));
                }
                tried += 1;
                if let Err(error) = read {
                    refused += 1;
                    assert!(error.to_string().len() < 20_000, "a message that nobody can read");
                }
            }
        }
    }
    assert!(tried > 800 && refused > 400, "{tried} tried, {refused} refused");
}
