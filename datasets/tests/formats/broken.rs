//! Files that are wrong in one way each: every one is an error that names its file.

use super::samples::*;

/// Asserts that the folder is refused and that the message names the file and says `part`.
#[track_caller]
fn refused(files: &[(&str, Vec<u8>)], part: &str) {
    let error = read_files(files).err().unwrap_or_else(|| panic!("read without an error; expected `{part}`"));
    let told = format!("{error:#}");
    assert!(told.contains(part), "`{part}` is not in: {told}");
}

#[track_caller]
fn refused_change(name: &str, text: &str, changes: &[(&str, &str, &str)]) {
    for (from, to, part) in changes {
        assert!(text.contains(from), "{from}");
        refused(&[(name, text.replacen(from, to, 1).into_bytes())], part);
    }
}

#[test]
fn mdetr() {
    refused_change(
        "x_val.json",
        MDETR,
        &[
            ("\"caption\": \"a cow\", ", "", "missing field `caption`"),
            ("\"caption\": \"a cow\"", "\"caption\": 5", "expected a string"),
            ("\"width\": 480, \"id\": 1", "\"width\": -480, \"id\": 1", "expected u32"),
            ("\"width\": 480, \"id\": 1", "\"width\": 481, \"id\": 1", "has the size"),
            ("\"bbox\": [1, 2, 30, 40]", "\"bbox\": [1, 2, 30]", "x_val.json"),
            ("\"bbox\": [1, 2, 30, 40]", "\"bbox\": [1, 2, 30, NaN]", "x_val.json"),
            ("\"bbox\": [1, 2, 30, 40]", "\"bbox\": [1, 2, 30, 1e999]", "number out of range"),
            ("\"bbox\": [1, 2, 30, 40]", "\"bbox\": null", "x_val.json"),
            ("\"image_id\": 1,", "\"image_id\": 9,", "entry 1 of `images`: image 1 has no annotation"),
            (
                "\"annotations\": [",
                "\"annotations\": [{\"image_id\": 5, \"bbox\": [1,1,1,1]}, ",
                "annotations of image 5",
            ),
            ("\"tokens_negative\"", "\"tokens_positive_eval\"", "Flickr30k"),
        ],
    );
}

#[test]
fn seqtr() {
    refused_change(
        "instances.json",
        SEQTR,
        &[
            ("\"bbox\": [5, 6, 7, 8]", "\"bbox\": \"left\"", "`bbox` is [x, y, width, height]"),
            ("\"bbox\": [5, 6, 7, 8]", "\"bbox\": [5, 6, 7]", "`bbox` is [x, y, width, height]"),
            ("\"val\": [", "\"train\": [", "the key `train` occurs twice"),
            ("\"expressions\": [\"a cow\"], ", "", "missing field `expressions`"),
            ("\"expressions\": [\"a cow\"]", "\"expressions\": \"a cow\"", "expected a sequence"),
            ("\"image_id\": 7, \"bbox\": [5", "\"image_id\": 7.5, \"bbox\": [5", "instances.json"),
            ("\"category_id\": 2", "\"category_id\": 2, \"image_id\": 8", "duplicate field `image_id`"),
            (
                "\"category_id\": 2",
                "\"category_id\": 2, \"data_source\": \"imagenet\"",
                "entry 0 of `val`, at byte 168: data_source is `imagenet`",
            ),
        ],
    );
    let short = SEQTR_GROUPED.replace("\"two men\", \"a cow\"", "\"two men\"");
    refused(&[("instances.json", short.into())], "1 expressions but boxes for 2");
    refused(&[("a.json", SEQTR.into()), ("b.json", SEQTR.into())], "there are 2");
}

#[test]
fn referit() {
    let sound = files(simvg_datasets::formats::Format::ReferIt);
    let changed = |name: &str, text: &str| -> Vec<(&'static str, Vec<u8>)> {
        sound.iter().map(|(n, bytes)| (*n, if *n == name { text.into() } else { bytes.clone() })).collect()
    };
    let without = |name: &str| -> Vec<_> { sound.iter().filter(|(n, _)| *n != name).cloned().collect() };
    refused(&without("referit_bbox.json"), "referit_bbox.json");
    refused(&without("referit_imsize.json"), "referit_imsize.json");
    refused(&changed("referit_query_val.json", r#"{"9_1": ["x"]}"#), "region `9_1`: no box");
    refused(&changed("referit_query_val.json", r#"{"7_2": ["x"], "7_2": ["y"]}"#), "the key `7_2` occurs twice");
    refused(&changed("referit_bbox.json", r#"{"7_1": [0, 0, 479]}"#), "referit_bbox.json");
    refused(&changed("referit_bbox.json", r#"{"../../etc/passwd_1": [0, 0, 4, 9]}"#), "not called <picture>_<region>");
    refused(&changed("referit_imsize.json", r#"{"7.jpg": [480, 360]}"#), "picture 8.jpg, whose size");
    refused(&changed("referit_imsize.json", r#"{"a.jpg": [480, 360]}"#), "`a.jpg` is no number");
}

#[test]
fn flickr30k() {
    let with = |name: &str, text: &str| -> Vec<(&'static str, Vec<u8>)> {
        let sound = files(simvg_datasets::formats::Format::Flickr30k);
        sound.into_iter().map(|(n, bytes)| (n, if n == name { text.into() } else { bytes })).collect()
    };
    refused(&with("train.txt", "7\n8\n"), "8.xml");
    refused(&with("train.txt", "../../etc/passwd\n"), "line 1: `../../etc/passwd` is no number");
    refused(&with("UNRELATED_CAPTIONS", "7 two\n"), "line 1 is no picture and caption");
    refused(&with("Sentences/7.txt", "[/EN#1/people Two"), "7.txt: line 1: column 1: the mark is not closed");
    for (xml, part) in [
        ("", "7.xml"),
        ("<a>", "7.xml"),
        ("<annotation/>", "`annotation` has no `size`"),
        ("<a/>", "the outermost element is `a`"),
        ("<annotation", "`<` without `>`"),
        ("words", "text outside of the outermost element"),
        (&XML.replace("</bndbox>", ""), "`</object>` where `bndbox` is open"),
        ("<annotation><size><width>-3</width><height>4</height></size></annotation>", "`width` is `-3`"),
        (&XML.replace("<name>4</name>", ""), "has no name"),
        (&XML.replace("<xmin>51</xmin>", "<xmin>&x;</xmin>"), "7.xml"),
        (&format!("<!DOCTYPE a [<!ENTITY x \"{}\">]>{XML}", "y".repeat(99)), "DTD"),
        (&("<a>".repeat(100_000) + &"</a>".repeat(100_000)), "7.xml"),
        (&"<annotation>".repeat(80_000), "deeper than"),
        (&"<annotation>".repeat(300_000), "is larger than 1048576 bytes"),
    ] {
        refused(&with("Annotations/7.xml", xml), part);
    }
    let none: Vec<_> = with("", "").into_iter().filter(|(name, _)| *name != "train.txt").collect();
    refused(&none, "holds none of train.txt");
}

#[test]
fn csv() {
    refused_change(
        "x_val.csv",
        REFER_CSV,
        &[
            ("45_1,45,581282", "45_1,45,5", "row 3: ref_id 45 had another picture or box"),
            ("45_1,45,", "45_1,forty,", "row 3"),
            ("\"[1, 2, 3, 4]\"", "\"[1, 2, 3]\"", "row 4: `bbox` is no [x, y, width, height]"),
            ("\"[1, 2, 3, 4]\"", "\"[1, 2, 3, inf]\"", "row 4: `bbox` is no [x, y, width, height]"),
            ("46_0,46,581282,130,left,", "46_0,46,581282,left,", "row 4"),
        ],
    );
    refused_change(
        "mine.csv",
        OWN_CSV,
        &[
            ("10,20,30.5,40", "10,20,-30.5,40", "row 2: the box [10, 20, -30.5, 40] must be finite"),
            ("10,20,30.5,40", "10,20,NaN,40", "must be finite"),
            ("10,20,30.5,40", "10,,30.5,40", "row 2: x, y, width and height must all be given"),
            ("10,20,30.5,40", "ten,20,30.5,40", "row 2"),
            (",train,", ",trian,", "row 2: the split is `trian`"),
            ("640,480", "640,", "must be given together"),
            ("640,480", "0,480", "must be positive"),
            ("image_height", "image_heigth", "unknown field `image_heigth`"),
        ],
    );
}

#[test]
fn json_lines() {
    refused_change(
        "mine.jsonl",
        LINES,
        &[
            ("\"bbox\": [10, 20, 30.5, 40]", "\"bbox\": [10, 20, 0, 40]", "line 1: the box [10, 20, 0, 40]"),
            ("\"bbox\"", "\"box\"", "line 1: unknown field `box`"),
            ("\"expression\": \"two cups\", ", "", "line 3: give either `expression` or `expressions`"),
            ("\"bboxes\": []", "\"bboxes\": [], \"bbox\": [1, 2, 3, 4]", "line 4: give either `bbox` or `bboxes`"),
            ("[\"the cup\", \"it\"]", "[]", "line 1: `expressions` is empty"),
            ("\"split\": \"val\"}\n", "\"split\": \"val\"}{\n", "line 3"),
            ("\"width\": 640, ", "", "must be given together"),
            ("\"image\": \"a/2.jpg\", \"width\": 320", "\"image\": \"a/2.jpg\", \"width\": 321", "has the size"),
        ],
    );
    refused(&[("x.jsonl", b"{\"image\": \"a\", \"expression\": \"\xff\xfe\"}".to_vec())], "neither a pickle nor text");
}

#[test]
fn torch_lists() {
    let sound = include_bytes!("files/unc_testA.pth").to_vec();
    let call = [&sound[..15 + 6], b"cposix\nsystem\n(S'true'\ntR."].concat();
    refused(&[("x_val.pth", call)], "x_val.pth");
    refused(&[("x_val.pth", b"PK\x03\x04 no archive".to_vec())], "x_val.pth");
    let replaced = |from: &[u8], to: &[u8]| {
        let at = sound.windows(from.len()).position(|window| window == from).unwrap();
        [&sound[..at], to, &sound[at + from.len()..]].concat()
    };
    refused(&[("x_val.pth", replaced(b"000000000025.jpg", b"00000000000x.jpg"))], "does not end in a number");
    refused(&[("x_val.pth", replaced(b"\x4b\x3c", b"N"))], "entry 0 of the list: box: expected four numbers");
}
