//! A corpus of malformed inputs by kind, for pickles, JSON and XML: each is an error that says where, or is harmless and
//! changes nothing; and an error leaves nothing behind.

use std::collections::BTreeMap;
use std::path::Path;

use simvg_datasets::convert::{ConvertOptions, convert};
use simvg_datasets::sample::Dataset;

use super::bounds::Usage;
use super::samples::*;

/// A sound folder and the file of it that is changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Form {
    Pickle,
    Refs,
    Instances,
    Mdetr,
    SeqTr,
    Xml,
}

use Form::{Instances, Mdetr, Pickle, Refs, SeqTr, Xml};

impl Form {
    fn file(self) -> (&'static str, &'static str) {
        match self {
            Pickle => ("refs(unc).p", REFS_PY2),
            Refs => ("grefs(unc).json", GREFS),
            Instances => ("instances.json", INSTANCES),
            Mdetr => ("finetune_grefcoco_val.json", MDETR),
            SeqTr => ("instances.json", SEQTR),
            Xml => ("Annotations/7.xml", XML),
        }
    }

    /// The whole folder, with `bytes` as its changed file.
    fn folder(self, bytes: Vec<u8>) -> Vec<(&'static str, Vec<u8>)> {
        let rest: &[(&str, &str)] = match self {
            Pickle | Refs => &[("instances.json", INSTANCES)],
            Instances => &[("refs(unc).p", REFS_PY2)],
            Mdetr | SeqTr => &[],
            Xml => &[("Sentences/7.txt", CAPTIONS), ("train.txt", "7\n")],
        };
        let rest = rest.iter().map(|(name, text)| (*name, text.as_bytes().to_vec()));
        rest.chain([(self.file().0, bytes)]).collect()
    }
}

/// Converts and saves, as the stage does. In the process that [`bounds`](super::bounds) starts, that may take little.
fn attempt(form: Form, bytes: Vec<u8>) -> (anyhow::Result<Dataset>, bool) {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("set"), &form.folder(bytes));
    for name in ["7.jpg", "COCO_train2014_000000000007.jpg"] {
        write(&dir.path().join("images"), &[(name, Vec::new())]);
    }
    let before = listing(dir.path());
    let (out, usage) = (dir.path().join("out"), Usage::now());
    let done = run(dir.path(), &out);
    if let Some(usage) = usage {
        usage.assert_little(&format!(
            "{form:?} {:.300}",
            done.as_ref().err().map_or(String::new(), |e| format!("{e:#}"))
        ));
    }
    let untouched = !out.exists() && listing(dir.path()) == before;
    (done, untouched)
}

fn run(dir: &Path, out: &Path) -> anyhow::Result<Dataset> {
    let options = ConvertOptions {
        raw_dir: dir.into(),
        dataset: "set".into(),
        split_by: "unc".into(),
        images_dir: dir.join("images").to_str().unwrap().into(),
        copy_to: Some(out.join("images")),
        ..ConvertOptions::default()
    };
    let dataset = convert(&options)?.dataset();
    dataset.save(out)?;
    Ok(dataset)
}

/// Every file below `dir` with its size.
fn listing(dir: &Path) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for entry in fs_err::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        found.insert(entry.path().display().to_string(), entry.metadata().unwrap().len());
        if entry.path().is_dir() {
            found.extend(listing(&entry.path()));
        }
    }
    found
}

/// Asserts that the sound file with `from` made `to` is refused, with a message that names a file, and leaves nothing.
#[track_caller]
fn refused(form: Form, from: &str, to: impl AsRef<[u8]>) {
    let (name, text) = form.file();
    let at = text.find(from).unwrap_or_else(|| panic!("{form:?} has no {from}"));
    let bytes = [&text.as_bytes()[..at], to.as_ref(), &text.as_bytes()[at + from.len()..]].concat();
    refused_bytes(form, bytes, name);
}

#[track_caller]
fn refused_bytes(form: Form, bytes: Vec<u8>, name: &str) {
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
    let (done, untouched) = attempt(form, bytes);
    let error = format!("{:#}", done.err().unwrap_or_else(|| panic!("{form:?} was read: {shown}")));
    assert!(untouched, "{form:?} left something: {error}");
    assert!(error.contains(name) || error.contains("defects"), "{form:?} does not say where: {error}");
    assert!(error.len() < 5_000, "a message that nobody can read");
}

/// Asserts that the bytes are read as the sound file is.
#[track_caller]
fn harmless(form: Form, bytes: Vec<u8>) {
    let sound = attempt(form, form.file().1.as_bytes().to_vec()).0.unwrap();
    let texts =
        |data: &Dataset| data.records.iter().map(|r| (r.expressions.clone(), r.boxes.clone())).collect::<Vec<_>>();
    assert_eq!(texts(&attempt(form, bytes).0.unwrap()), texts(&sound), "{form:?}");
}

/// A field of each form and values that it may not have.
const FIELDS: [(Form, &str, &[&str]); 12] = [
    (Pickle, "I1\n", &["N", "S'one'\n", "F1.5\n", "]", "}", "I01\n"]),
    (Pickle, "S'train'", &["N", "I5", "]", "}", "F1.0"]),
    (Pickle, "L10L", &["N", "S'ten'", "F2.5", "]", "}"]),
    (
        Refs,
        "\"ref_id\": 1",
        &["\"ref_id\": null", "\"ref_id\": \"1\"", "\"ref_id\": 1.5", "\"ref_id\": [1]", "\"ref\": 1"],
    ),
    (Refs, "[3]", &["null", "\"3\"", "[\"3\"]", "[3.5]", "{}", "[[3]]"]),
    (Instances, "480", &["null", "\"480\"", "480.5", "-480", "4294967296", "[480]"]),
    (
        Instances,
        "[10.5, 20, 30, 40]",
        &["null", "[]", "[1, 2, 3]", "[1, 2, 3, 4, 5]", "\"1 2 3 4\"", "{}", "[1, 2, 3, null]"],
    ),
    (Mdetr, "[1, 2, 30, 40]", &["null", "[]", "[1, 2, 3]", "\"1\"", "{}", "[\"1\", 2, 3, 4]"]),
    (Mdetr, "\"a cow\"", &["null", "5", "[\"a cow\"]", "{}", "true"]),
    (SeqTr, "[5, 6, 7, 8]", &["null", "[5, 6, 7]", "\"5\"", "{}", "[5, 6, 7, \"8\"]", "[[5, 6, 7]]"]),
    (SeqTr, "[\"a cow\"]", &["null", "\"a cow\"", "[5]", "[[\"a cow\"]]", "{}"]),
    (Xml, "<xmin>1<", &["<xmin>one<", "<xmin><", "<xmin>1 2<", "<xmin>0x1<", "<xmin>1,5<", "<xmin>1</xmin><xmin>2<"]),
];

#[test]
fn wrong_types() {
    for (form, from, values) in FIELDS {
        values.iter().for_each(|to| refused(form, from, to));
    }
    refused(Xml, "<width>480<", "<width>480.5<");
    refused(Xml, "<name>1<", "<name>one<");
    for form in [Pickle, Refs, Instances, Mdetr, SeqTr, Xml] {
        for bytes in [&b""[..], b"null", b"5", b"[]", b"{}", b"\"x\"", b"<a/>", b"N.", b"\xff\xd8\xff", b"PK\x03\x04"] {
            // An empty list of references is no more a data set than a file of another kind.
            refused_bytes(form, bytes.to_vec(), "set");
        }
    }
}

#[test]
fn huge_lengths() {
    for opcode in
        [&b"B\xff\xff\xff\xff"[..], b"T\xff\xff\xff\x7f", b"X\xff\xff\xff\xff", b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7f"]
    {
        refused_bytes(Pickle, [b"\x80\x02", opcode].concat(), "refs(unc).p");
    }
    for opcode in [&b"r\xff\xff\xff\xff"[..], b"\x8b\xff\xff\xff\x7f", b"\x8a\xff", b"p99999999999\n"] {
        refused_bytes(Pickle, [b"\x80\x02]", opcode, b"."].concat(), "refs(unc).p");
    }
    let digits = "9".repeat(1_000_000);
    refused(Pickle, "I1\n", format!("I{digits}\n"));
    refused(Refs, "\"ref_id\": 1", format!("\"ref_id\": {digits}"));
    for (form, from) in [(Instances, "480"), (Mdetr, "480"), (SeqTr, "360")] {
        // The beginning of such a file does not show its format any more, but what is the matter with it.
        refused_bytes(form, form.file().1.replacen(from, &digits, 1).into_bytes(), form.file().0);
    }
    refused(Xml, "<width>480<", format!("<width>{}<", &digits[..100_000]));
    refused(Xml, "<name>1<", format!("<name>{}<", &digits[..100_000]));
    refused_bytes(Xml, XML.repeat(5_000).into_bytes(), "7.xml");
}

#[test]
fn deep_nesting() {
    let deep = |open: &str, close: &str, count| open.repeat(count) + &close.repeat(count);
    refused(Pickle, "I1\n", deep("]", "a", 500_000));
    refused(Pickle, "I1\n", "(".repeat(500_000));
    for (form, from) in [(Refs, "\"the man\""), (Mdetr, "\"a cow\""), (SeqTr, "\"a cow\""), (Instances, "480")] {
        for nested in [deep("[", "]", 500_000), "[".repeat(500_000), deep("{\"a\":", "}", 100_000)] {
            refused_bytes(form, form.file().1.replacen(from, &nested, 1).into_bytes(), "set");
        }
    }
    harmless(Instances, INSTANCES.replace("[[1, 2, 3, 4]]", &deep("[", "]", 500_000)).into_bytes());
    refused(Instances, "[[1, 2, 3, 4]]", "[".repeat(500_000));
    refused(Xml, "<name>1<", "<name>".repeat(50_000) + "1<");
    refused_bytes(Xml, deep("<annotation>", "</annotation>", 30_000).into_bytes(), "7.xml");
}

#[test]
fn entity_bombs_and_values_that_double() {
    let laughs: String = (1..40).map(|i| format!("<!ENTITY l{i} \"&l{};&l{};\">", i - 1, i - 1)).collect();
    for doctype in [
        format!("<!DOCTYPE a [<!ENTITY l0 \"ha\">{laughs}]>"),
        format!("<!DOCTYPE a [<!ENTITY x \"{}\">]>", "y".repeat(100_000)),
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>".to_owned(),
        "<!DOCTYPE a SYSTEM \"http://127.0.0.1/x.dtd\">".to_owned(),
    ] {
        refused(Xml, "<annotation>", format!("{doctype}<annotation>"));
    }
    refused(Xml, "<name>1<", "<name>&l39;<");
    refused(Xml, "<name>1<", "<name>&#49;<");
    refused(Pickle, "I1\n", [&b"]"[..], &b"2\x86".repeat(500)].concat());
    refused_bytes(Pickle, [&b"(lq\x00"[..], &b"h\x00a".repeat(100_000), b"."].concat(), "refs(unc).p");
}

#[test]
fn paths_that_lead_out() {
    for name in ["../../etc/passwd7", "/etc/passwd7", "a/../../7", "..", "", "./../7", "images/../../7"] {
        refused(Instances, "7.jpg", name);
        refused(Mdetr, "COCO_train2014_000000000007.jpg\", \"height\": 360, \"width\": 480, \"id\": 0", {
            format!("{name}\", \"height\": 360, \"width\": 480, \"id\": 0")
        });
    }
    refused(SeqTr, "\"category_id\": 2", "\"category_id\": 2, \"data_source\": \"../../etc\"");
    let folder = [("Sentences/7.txt", CAPTIONS), ("Annotations/7.xml", XML), ("train.txt", "../../etc/passwd\n")];
    let files: Vec<_> = folder.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect();
    assert!(format!("{:#}", read_files(&files).unwrap_err()).contains("is no number"));
}

#[test]
fn boxes_that_are_no_numbers_or_no_boxes() {
    for number in ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "nan"] {
        refused(Instances, "10.5", number);
        refused(Mdetr, "80.5", number);
        refused(SeqTr, "[5, 6", format!("[5, {number}"));
    }
    for number in ["NaN", "inf", "-inf", "1e999", "-1e999", "1e308"] {
        refused(Xml, "<xmax>30<", format!("<xmax>{number}<"));
    }
    for side in ["-30", "0", "1e300", "99999"] {
        refused(Instances, "30, 40", format!("{side}, 40"));
        refused(Mdetr, "30, 40", format!("{side}, 40"));
        refused(SeqTr, "7, 8", format!("{side}, 8"));
    }
}

#[test]
fn keys_that_occur_twice() {
    refused(Pickle, "S'ref_id'\np2\nI1\ns", "S'ref_id'\np2\nI1\nsS'ref_id'\nI2\ns");
    refused(Refs, "\"ref_id\": 1", "\"ref_id\": 1, \"ref_id\": 1");
    refused(Instances, "\"height\": 360", "\"height\": 360, \"width\": 5");
    refused(Instances, "\"categories\"", "\"images\": [], \"categories\"");
    refused(Mdetr, "\"caption\": \"a cow\"", "\"caption\": \"a cow\", \"caption\": \"a dog\"");
    refused(SeqTr, "\"val\"", "\"train\"");
    refused(SeqTr, "\"category_id\": 2", "\"category_id\": 2, \"category_id\": 3");
    for (from, to) in [
        ("<ymin>2</ymin>", "<ymin>2</ymin><ymin>3</ymin>"),
        ("<width>480</width>", "<width>480</width><width>4</width>"),
        ("<bndbox>", "<bndbox><xmin>7</xmin></bndbox><bndbox>"),
    ] {
        refused(Xml, from, to);
    }
}

#[test]
fn marks_of_byte_order_line_ends_and_encodings() {
    for form in [Refs, Instances, Mdetr, SeqTr, Xml] {
        let text = form.file().1;
        harmless(form, format!("\u{feff}{text}").into_bytes());
        harmless(form, text.replace('\n', "\r\n").into_bytes());
        let wide: Vec<u16> = std::iter::once(0xfeff).chain(text.encode_utf16()).collect();
        refused_bytes(form, wide.iter().flat_map(|unit| unit.to_le_bytes()).collect(), "set");
        refused_bytes(form, wide.iter().flat_map(|unit| unit.to_be_bytes()).collect(), "set");
        let middle = text.len() / 2;
        let latin = [&text.as_bytes()[..middle], b"\xe9", &text.as_bytes()[middle..]].concat();
        refused_bytes(form, latin, "set");
    }
    harmless(Pickle, REFS_PY2.replace('\n', "\r\n").into_bytes());
    refused_bytes(Pickle, format!("\u{feff}{REFS_PY2}").into_bytes(), "set");
}

#[test]
fn strings_of_python_2() {
    let said = |text: &[u8]| {
        let (before, after) = REFS_PY2.split_once("S'the man\\'s caf\\xe9'").unwrap();
        let bytes = [before.as_bytes(), text, after.as_bytes()].concat();
        attempt(Pickle, bytes).0.unwrap().records[0].expressions[0].clone()
    };
    assert_eq!(said(b"S'the man\\'s caf\\xe9'"), "the man's caf\u{e9}");
    assert_eq!(said(b"S\"the man's caf\\xc3\\xa9\""), "the man's caf\u{e9}");
    assert_eq!(said(b"Vcaf\\u00e9"), "caf\u{e9}");
    assert_eq!(said(b"S'caf\xe9 \\t'"), "caf\u{e9} \t");
    for text in
        ["S'open", "S'a\"", "S'", "S", "Sbare", "S'\\x4'", "S'\\q'", "S'a\\'", "V\\u12", "V\\U99999999", "U\u{7f}a"]
    {
        refused(Pickle, "S'the man\\'s caf\\xe9'", text);
    }
}
