//! `simvg-pipe data`, and what `Convert` and `Merge` leave for people.

use fs_err as fs;

use super::support::{Folder, assert_contains};

/// A few drawn scenes, converted and merged.
const DRAWN: &str = r#"Pipeline(
    name: "drawn",
    stages: {
        "scenes": Synthesize(train: 6, val: 3, test: 3),
        "refcoco": Convert(raw: Stage("scenes"), dataset: "refcoco", split_by: "synthetic", copy_images: true),
        "refcocog": Convert(raw: Stage("scenes"), dataset: "refcocog", split_by: "synthetic"),
        "mix": Merge(datasets: [Stage("refcoco"), Stage("refcocog")]),
    },
)
"#;

#[test]
fn list_tells_counts_files_and_where_they_are_to_be_had() {
    let folder = Folder::with("");
    assert_contains(&folder.expect("data list", 0).0, &["RefCOCOg", "42226", "~80512", "mixed:", "pretrain_mixed.ron"]);
    let (one, _) = folder.expect("data list flickr30k_entities", 0);
    assert_contains(&one, &["29284070 bytes", "annotations.zip of BryanPlummer/flickr30k_entities"]);
    assert_contains(&folder.expect("data list refcocg", 1).1, &["did you mean `refcoco"]);
    assert_eq!(folder.json("data list", 0)[0]["mixes"][1]["parts"][4][0], "flickr30k");
}

#[test]
fn doctor_names_what_is_missing() {
    let folder = Folder::with("");
    assert_contains(&folder.expect("data doctor .", 0).0, &["no data set of the catalog", "refcocog_umd"]);
    fs::create_dir(folder.path().join("refcocog")).expect("writable");
    folder.put("refcocog/refs(umd).p", "");
    let (told, _) = folder.expect("data doctor .", 4);
    assert_contains(
        &told,
        &["LACKING RefCOCOg", "missing instances.json", "refcocog.zip of lichengunc/refer", "train2014.zip"],
    );
    assert_eq!(folder.json("data doctor .", 4)[0]["found"][0]["missing"][0]["path"], "instances.json");
    assert_contains(&folder.expect("data doctor nowhere", 1).1, &["nowhere is no folder"]);
}

#[test]
fn doctor_names_references_by_what_they_hold() {
    let folder = Folder::with("");
    fs::create_dir(folder.path().join("mine")).expect("writable");
    folder.put(
        "mine/expressions.dat",
        r#"[{"ref_id": 1, "ann_id": 1, "image_id": 1, "split": "val", "sentences": [{"sent_id": 1, "sent": "a cup"}]}]"#,
    );
    let (told, _) = folder.expect("data doctor .", 4);
    let parts = ["Refer by content: expressions.dat", "val: 1 references, 1 pictures", "missing instances.json"];
    assert_contains(&told, &parts);
    folder.put("mine/coco.dat", r#"{"images": [{"file_name": "1.jpg"}], "annotations": []}"#);
    let (told, _) = folder.expect("data doctor .", 0);
    assert_contains(&told, &["coco.dat: pictures and objects in COCO's form", "Convert(raw: \".\", dataset: \"mine\""]);
}

#[test]
fn a_converted_data_set_is_described_and_shown() {
    let folder = Folder::with(DRAWN);
    folder.run("", 0);
    assert_contains(
        &folder.expect("data stats p.ron mix", 0).0,
        &["RefCOCOg-like", "longer than 20", "Most frequent words"],
    );
    let card = &folder.json("data stats p.ron refcoco", 0)[0];
    assert_eq!((&card["splits"][0]["split"], &card["pictures"]), (&"train".into(), &12.into()));
    assert_eq!(card["tokenized"], false);
    folder.expect("data browse p.ron refcoco --split val --count 2 --out b.html", 0);
    let page = fs::read_to_string(folder.path().join("b.html")).expect("a page");
    assert_eq!(page.matches("<article>").count(), 2);
    assert!(!page.contains("http"), "the page fetches nothing");
    assert_contains(
        &folder.expect("data browse p.ron refcoco --split tset", 1).1,
        &["RefCOCO-like (test, train, val)"],
    );
    assert_contains(&folder.expect("data stats p.ron refcco", 1).1, &["did you mean `refcoco`?"]);
    let (found, _) = folder.expect("data doctor artifacts", 0);
    assert_contains(&found, &["ok      RefCOCO-like", "converted data set"]);
}

#[test]
fn what_stops_a_conversion_is_all_in_a_file() {
    let folder = Folder::with(
        r#"Pipeline(name: "bad", stages: {"c": Convert(raw: "raw", dataset: "mine", split_by: "x", images: "raw")})"#,
    );
    fs::create_dir_all(folder.path().join("raw/mine")).expect("writable");
    let sentences = |i: usize| format!(r#"[{{"sent_id":{i},"sent":"..."}}]"#);
    let reference = |i: usize| {
        let sentences = sentences(i);
        format!(r#"{{"ref_id":{i},"ann_id":1,"image_id":7,"split":"train","sentences":{sentences}}}"#)
    };
    let refs: Vec<String> = (0..25).map(reference).collect();
    folder.put("raw/mine/refs(x).json", &format!("[{}]", refs.join(",")));
    folder.put("raw/mine/instances.json", r#"{"images":[],"annotations":[]}"#);
    let (_, stderr) = folder.expect("run p.ron", 1);
    assert_contains(&stderr, &["50 defects, the first 20 of which are shown", "all of them, one a line: "]);
    let path = stderr.split("all of them, one a line: ").nth(1).and_then(|rest| rest.lines().next()).expect("a path");
    let list = fs::read_to_string(folder.path().join(path.trim())).expect("it outlives the failure");
    assert_eq!(list.lines().count(), 50);
    assert_contains(&list, &[r#""defect":"missing_image""#, r#""message":"ref 24: image 7 is not in instances.json""#]);
}
