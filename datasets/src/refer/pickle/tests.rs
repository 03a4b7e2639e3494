//! Well-formed pickles of every protocol, and hostile ones written by hand.

use serde::Deserialize;

use super::{PickleError, read};

#[derive(Debug, Deserialize, PartialEq)]
struct Sentence {
    sent: String,
    sent_id: i64,
}

fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, PickleError> {
    T::deserialize(read(bytes)?.root())
}

fn message(bytes: &[u8]) -> String {
    decode::<Vec<Sentence>>(bytes).unwrap_err().to_string()
}

fn expected() -> Vec<Sentence> {
    vec![Sentence { sent: "the lady's hat".into(), sent_id: 7 }]
}

#[test]
fn protocol_0_of_python_2_is_read() {
    let bytes = b"(lp0\n(dp1\nS'sent'\np2\nS'the lady\\'s hat'\np3\nsS'sent_id'\np4\nI7\nsS'box'\nF1.5\nsa.";
    assert_eq!(decode::<Vec<Sentence>>(bytes).unwrap(), expected());
}

#[test]
fn protocol_0_unicode_long_and_latin_1_are_read() {
    let bytes = b"(lp0\n(dp1\nS'sent'\np2\nVcaf\\u00e9 \\ud83d\\ude00\np3\nsS'sent_id'\np4\nL7L\nsa.";
    assert_eq!(decode::<Vec<Sentence>>(bytes).unwrap()[0].sent, "caf\u{e9} \u{1f600}");
    assert_eq!(decode::<String>(b"S'caf\xe9'\n.").unwrap(), "caf\u{e9}");
}

#[test]
fn protocol_2_with_binary_strings_and_memo_is_read() {
    let mut bytes = b"\x80\x02]q\x00}q\x01(U\x04sentq\x02X\x0e\x00\x00\x00the lady's hatq\x03".to_vec();
    bytes.extend(b"U\x07sent_idq\x04\x8a\x01\x07ua.");
    assert_eq!(decode::<Vec<Sentence>>(&bytes).unwrap(), expected());
}

#[test]
fn protocol_4_with_frames_is_read() {
    let mut bytes = b"\x80\x04\x95\x30\x00\x00\x00\x00\x00\x00\x00]\x94}\x94(\x8c\x04sent\x94".to_vec();
    bytes.extend(b"\x8c\x0ethe lady's hat\x94\x8c\x07sent_id\x94K\x07ua.");
    assert_eq!(decode::<Vec<Sentence>>(&bytes).unwrap(), expected());
}

#[test]
fn numbers_of_all_widths_are_read() {
    let bytes =
        b"(I-3\nL12345678901L\nK\x05M\x00\x01J\xfe\xff\xff\xff\x8a\x00\x8a\x02\x00\xff\x8b\x01\x00\x00\x00\x05l.";
    assert_eq!(decode::<Vec<i64>>(bytes).unwrap(), [-3, 12345678901, 5, 256, -2, 0, -256, 5]);
    assert_eq!(decode::<(bool, bool, bool)>(b"I01\nI00\n\x88\x87.").unwrap(), (true, false, true));
    assert_eq!(decode::<Vec<f64>>(b"(G\x3f\xf8\0\0\0\0\0\0F2.5\nl.").unwrap(), [1.5, 2.5]);
}

#[test]
fn what_serde_pickle_writes_is_read() {
    let value = serde_json::json!([{"sent": "the lady's hat", "sent_id": 7, "more": [1.5, null, true]}]);
    for options in [serde_pickle::SerOptions::new().proto_v2(), serde_pickle::SerOptions::new()] {
        let bytes = serde_pickle::to_vec(&value, options).unwrap();
        assert_eq!(decode::<Vec<Sentence>>(&bytes).unwrap(), expected());
    }
}

#[test]
fn calls_are_refused_by_name_and_place() {
    let reduce = message(b"cos\nsystem\n(S'touch owned'\ntR.");
    assert!(reduce.contains("tries to call `os.system` at byte 0"), "{reduce}");
    let stack_global = message(b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x85R.");
    assert!(stack_global.contains("`posix.system` at byte 19"), "{stack_global}");
    let inst = message(b"(S'id'\nios\nsystem\n.");
    assert!(inst.contains("`os.system`"), "{inst}");
    for other in [&b"]R."[..], b"]b.", b"]o.", b"]\x81.", b"]\x92.", b"Pname\n.", b"]Q.", b"\x82\x01."] {
        assert!(message(other).contains("tries to call"), "{other:?}");
    }
}

#[test]
fn every_truncation_is_an_error() {
    let whole = b"\x80\x02]q\x00}q\x01(U\x04sentq\x02X\x03\x00\x00\x00hatq\x03U\x07sent_idK\x07ua.";
    assert!(decode::<Vec<Sentence>>(whole).is_ok());
    for end in 0..whole.len() {
        let error = read(&whole[..end]).unwrap_err();
        assert!(matches!(error, PickleError::Ended { .. }), "{end}: {error}");
    }
}

#[test]
fn huge_lengths_cost_nothing() {
    for bytes in [&b"B\xff\xff\xff\xff"[..], b"T\xff\xff\xff\x7f", b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff"] {
        assert!(message(bytes).contains("cut short"));
    }
    assert!(message(b"\x8b\x10\x00\x00\x00aaaaaaaaaaaaaaaa.").contains("more than 64 bits"));
}

#[test]
fn deep_nesting_and_self_reference_are_harmless() {
    let mut deep = vec![b']'; 1_000_000];
    deep.extend(vec![b'a'; 999_999]);
    deep.push(b'.');
    assert!(message(&deep).contains("expected a string"));
    assert!(message(b"]q\x00h\x00a.").contains("expected a string"));
    let unread = b"(l(dS'sent'\nS'a'\nsS'sent_id'\nI1\nsS'more'\n]]]]aaasa.";
    assert_eq!(decode::<Vec<Sentence>>(unread).unwrap().len(), 1);
}

#[test]
fn values_that_double_do_not_fill_the_memory() {
    // Each round makes a pair of the last value and itself: 2^500 leaves, were they copied.
    let mut bytes = vec![b']'];
    bytes.extend(b"2\x86".repeat(500));
    bytes.push(b'.');
    assert!(read(&bytes).is_ok());
    assert!(!message(&bytes).is_empty());
}

#[test]
fn shared_lists_cannot_multiply_the_work() {
    // A list of a thousand references to one list of a thousand numbers, in three thousand bytes.
    let mut bytes = b"(".to_vec();
    bytes.extend(b"K\x01".repeat(1000));
    bytes.extend(b"lq\x000(");
    bytes.extend(b"h\x00".repeat(1000));
    bytes.extend(b"l.");
    let error = decode::<Vec<Vec<i64>>>(&bytes).unwrap_err().to_string();
    assert!(error.contains("beyond all bounds"), "{error}");
}

#[test]
fn malformed_stacks_are_errors() {
    for bytes in
        [&b"."[..], b"a.", b"]K\x01s.", b"K\x01K\x02a.", b"(K\x01d.", b"e.", b"t.", b"h\x05.", b"(a.", b"0.", b"2."]
    {
        assert!(matches!(read(bytes), Err(PickleError::Malformed { .. })), "{bytes:?}");
    }
    assert!(message(b"Ifive\n.").contains("not a number"));
    assert!(message(b"S'open\n.").contains("bad quote"));
    assert!(message(b"{\"json\": 1}").contains("no pickle opcode"));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = decode::<Vec<Sentence>>(&bytes);
    }

    #[test]
    fn no_changed_byte_makes_it_panic(at in 0usize..60, byte in proptest::num::u8::ANY) {
        let mut bytes = b"(lp0\n(dp1\nS'sent'\np2\nS'the hat'\np3\nsS'sent_id'\np4\nI7\nsa.".to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = decode::<Vec<Sentence>>(&bytes);
    }
}
