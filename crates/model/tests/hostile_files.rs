//! Damaged files and files that were made to harm end in an error that names them: no panic, no flood of memory.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "common/checkpoints.rs"]
mod checkpoints;

use std::io::{Cursor, Write};
use std::path::Path;

use simvg_model::checkpoint::{Checkpoint, CheckpointError};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Small files of every form.
const FILES: [&str; 4] =
    ["misc_types.pth", "misc_types_legacy.pth", "strided_shared_legacy.pth", "misc_types.safetensors"];

fn read(folder: &Path, bytes: &[u8]) -> Result<Checkpoint, CheckpointError> {
    let path = folder.join("suspect.pth");
    fs_err::write(&path, bytes).unwrap();
    Checkpoint::load(&path)
}

/// The error, which must name the file.
#[track_caller]
fn refusal(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let error = read(folder.path(), bytes).unwrap_err().to_string();
    assert!(error.contains("suspect.pth"), "{error}");
    error
}

/// A file of PyTorch's zip form with this pickle, and eight zero bytes in storage `0`.
fn zipped(pickle: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [("archive/data.pkl", pickle), ("archive/data/0", &[0; 8]), ("archive/version", b"3\n")] {
        zip.start_file(name, SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// `{"state_dict": {"w": <value>}}` with the opcodes of a value.
fn around(value: &[u8]) -> Vec<u8> {
    [b"\x80\x02}X\x0a\0\0\0state_dict}X\x01\0\0\0w".as_slice(), value, b"ss."].concat()
}

/// A tensor over storage `0`, with opcodes for the number of elements stored, offset, shape and strides.
fn tensor(stored: &str, offset: &str, shape: &str, strides: &str) -> Vec<u8> {
    let text = |text: &str| format!("X{}\0\0\0{text}", text.len() as u8 as char);
    let place = [text("0"), text("cpu")].concat();
    let storage = format!("({}ctorch\nFloatStorage\n{place}{stored}tQ", text("storage"));
    let call = format!("ctorch._utils\n_rebuild_tensor_v2\n({storage}{offset}({shape}t({strides}tI00\n}}tR");
    call.into_bytes()
}

#[test]
fn an_honest_tensor_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = read(folder.path(), &zipped(&around(&tensor("I2\n", "I0\n", "I2\n", "I1\n")))).unwrap();
    assert_eq!(*file.tensors()["w"].values().unwrap(), [0.0, 0.0]);
}

#[test]
fn files_cut_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    for file in FILES {
        let bytes = fs_err::read(checkpoints::path(file)).unwrap();
        for end in (0..bytes.len()).step_by(97) {
            let error = read(folder.path(), &bytes[..end]).expect_err(file).to_string();
            assert!(error.contains("suspect.pth"), "{file} cut at {end}: {error}");
        }
    }
}

/// A flip may hit a value, which no form but zip protects; what matters is that nothing worse than an error happens.
#[test]
fn files_with_a_flipped_byte() {
    let folder = tempfile::tempdir().unwrap();
    for file in FILES {
        let mut bytes = fs_err::read(checkpoints::path(file)).unwrap();
        for place in (0..bytes.len()).step_by(61) {
            for flip in [0x01, 0xff] {
                bytes[place] ^= flip;
                if let Err(error) = read(folder.path(), &bytes) {
                    assert!(error.to_string().contains("suspect.pth"), "{file} at {place}: {error}");
                }
                bytes[place] ^= flip;
            }
        }
    }
}

#[test]
fn pickles_that_call_something() {
    let calls: [(&[u8], &str); 4] = [
        (b"cos\nsystem\n(X\x0b\0\0\0touch ownedtR", "os.system"),
        (b"cbuiltins\neval\n(X\x01\0\0\x001tR", "builtins.eval"),
        (b"csubprocess\nPopen\n)\x81", "subprocess.Popen"),
        (b"]cbuiltins\nexec\na", "builtins.exec"),
    ];
    for (call, callee) in calls {
        for bytes in [zipped(&around(call)), around(call), [b"\x80\x02", call, b"."].concat()] {
            let error = refusal(&bytes);
            let expected = format!("asks Python to call or make `{callee}`");
            assert!(error.contains(&expected) && error.contains("nothing was run"), "{error}");
        }
    }
    assert!(!Path::new("owned").exists());
}

#[test]
fn tensors_larger_than_their_storage() {
    let sizes = [
        ("I2\n", "I0\n", "I3\n", "I1\n"),
        ("I2\n", "I2\n", "I1\n", "I1\n"),
        ("I2\n", "I0\n", "I2\n", "I1000000000000\n"),
        ("I1000000000\n", "I0\n", "I1000000000\n", "I1\n"),
        ("I4611686018427387904\n", "I0\n", "I4611686018427387904\n", "I1\n"),
        ("I2\n", "I-1\n", "I1\n", "I1\n"),
        ("I-2\n", "I0\n", "I-2\n", "I1\n"),
    ];
    for (stored, offset, shape, strides) in sizes {
        refusal(&zipped(&around(&tensor(stored, offset, shape, strides))));
    }
}

/// One element, shown two thousand million times.
#[test]
fn a_view_without_end() {
    let error = refusal(&zipped(&around(&tensor("I2\n", "I0\n", "I2000000000\n", "I0\n"))));
    assert!(error.contains("its tensors have 2000000000 elements"), "{error}");
}

#[test]
fn pickles_that_grow() {
    let nested = [b"\x80\x02".as_slice(), &b"]".repeat(1 << 20), &b"a".repeat((1 << 20) - 1), b"."].concat();
    refusal(&nested);
    refusal(&zipped(&nested));
    let doubling = [b"\x80\x02]".as_slice(), &b"2a]2a".repeat(40), b"."].concat();
    refusal(&doubling);
    let mut squared = b"\x80\x02]q\x00".to_vec();
    for level in 1..60u8 {
        squared.extend([b']', b'(', b'h', level - 1, b'h', level - 1, b'e', b'q', level]);
    }
    refusal(&[&squared[..], b"."].concat());
}

#[test]
fn lengths_out_of_all_proportion() {
    refusal(b"\x80\x02X\xff\xff\xff\xffabc.");
    refusal(b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fabc.");
    refusal(b"\xff\xff\xff\xff\xff\xff\xff\x7f{\"a\":1}");
    refusal(b"\x80\x02r\xff\xff\xff\xff.");
}

#[test]
fn other_files() {
    refusal(b"");
    refusal(b"just text");
    refusal(&[0; 4096]);
    refusal(b"\x89PNG\r\n\x1a\n");
    assert!(refusal(b"\x80\x02}.").contains("it holds no tensors"));
}
