//! A small sound folder of each format, made by code.

use std::collections::BTreeMap;
use std::path::Path;

use simvg_datasets::formats::{Boxes, Format, PictureNames, ReadOptions, read};
use simvg_datasets::refer::{Ref, Refer};

pub const INSTANCES: &str = r#"{"info": {}, "images": [{"id": 7, "file_name": "7.jpg", "width": 480, "height": 360}],
 "annotations": [{"id": 3, "image_id": 7, "category_id": 1, "bbox": [10.5, 20, 30, 40], "segmentation": [[1, 2, 3, 4]]}],
 "categories": []}"#;

pub const GREFS: &str = r#"[{"ref_id": 1, "ann_id": [3], "image_id": 7, "split": "train", "no_target": false,
 "sentences": [{"sent_id": 10, "sent": "the man"}]},
 {"ref_id": 2, "ann_id": [-1], "image_id": 7, "split": "val", "no_target": true,
 "sentences": [{"sent_id": 11, "sent": "no such thing"}]}]"#;

/// What Python 2 wrote of a list of one reference: byte strings, a memo, protocol 0.
pub const REFS_PY2: &str = "(lp0\n(dp1\nS'ref_id'\np2\nI1\nsS'ann_id'\nI3\nsS'image_id'\nI7\nsS'split'\nS'train'\nsS'sentences'\n\
 (lp3\n(dp4\nS'sent_id'\nL10L\nsS'sent'\nS'the man\\'s caf\\xe9'\np5\nsS'raw'\ng5\nsasa.";

pub const MDETR: &str = r#"{"info": [], "licenses": [], "images": [
 {"file_name": "COCO_train2014_000000000007.jpg", "height": 360, "width": 480, "id": 0, "original_id": 7, "caption": "two men", "dataset_name": "grefcoco", "tokens_negative": [[0, 7]]},
 {"file_name": "COCO_train2014_000000000007.jpg", "height": 360, "width": 480, "id": 1, "original_id": 7, "caption": "a cow", "dataset_name": "grefcoco", "tokens_negative": [[0, 5]]}],
 "annotations": [
 {"area": 4, "iscrowd": 0, "image_id": 0, "category_id": 1, "id": 0, "bbox": [1, 2, 30, 40], "original_id": 3, "tokens_positive": [[0, 7]], "empty": false},
 {"area": 4, "iscrowd": 0, "image_id": 0, "category_id": 1, "id": 1, "bbox": [5, 6, 70, 80.5], "original_id": 4, "tokens_positive": [[0, 7]], "empty": false},
 {"area": -1, "iscrowd": -1, "image_id": 1, "category_id": -1, "id": 2, "bbox": [0, 0, 0, 0], "tokens_positive": [], "empty": true}],
 "categories": []}"#;

pub const SEQTR: &str = r#"{"train": [{"image_id": 7, "bbox": [1, 2, 30, 40], "expressions": ["the man", "him"], "height": 360, "width": 480, "category_id": 1, "mask": [[1, 2, 3, 4]]}],
 "val": [{"image_id": 7, "bbox": [5, 6, 7, 8], "expressions": ["a cow"], "height": 360, "width": 480, "category_id": 2, "mask": {"size": [360, 480], "counts": "Ua]}["}}]}"#;

pub const SEQTR_GROUPED: &str = r#"{"train": [{"image_id": 7, "height": 360, "width": 480, "expressions": ["two men", "a cow"],
 "bbox": [[[1, 2, 30, 40], [5, 6, 70, 80]], [[0, 0, 0, 0]]], "annotations": [[{"id": 1}, {"id": 2}], [{"empty": true}]]}],
 "val": [{"image_id": 7, "height": 360, "width": 480, "expressions": ["two men"], "bbox": [[1, 2, 30, 40], [5, 6, 70, 80]], "category_id": [1, 1]}]}"#;

pub const SEQTR_MIXED: &str = r#"{"train": [
 {"image_id": 7, "bbox": [1, 2, 30, 40], "expressions": ["the man"], "height": 360, "width": 480, "data_source": "coco"},
 {"image_id": 7, "bbox": [5, 6, 7, 8], "expressions": ["a cow"], "height": 300, "width": 400, "data_source": "flickr"}],
 "val_referitgame_berkeley": [{"image_id": 7, "bbox": [5, 6, 7, 8], "expressions": ["sky"], "height": 30, "width": 40, "data_source": "saiaprtc12"}]}"#;

pub const CAPTIONS: &str = "[/EN#1/people Two men] with [/EN#2/bodyparts their hands] in [/EN#0/notvisual the air] .\n\
 [/EN#1/people Men] beside [/EN#4/other/scene a tree] .\n";

pub const XML: &str = "<annotation><filename>7.jpg</filename><size><width>480</width><height>360</height><depth>3</depth></size>
 <object><name>1</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object>
 <object><name>1</name><name>2</name><bndbox><xmin>51</xmin><ymin>6</ymin><xmax>480</xmax><ymax>80</ymax></bndbox></object>
 <object><name>4</name><scene>0</scene><nobndbox>1</nobndbox></object></annotation>";

pub const REFER_CSV: &str = "uid,ref_id,img_id,sent_id,sent,bbox\n45_0,45,581282,128,\"guy, in corner\",\"[3.24, 159.31, 156.4, 312.81]\"\n\
 45_1,45,581282,129,black shirt,\"[3.24, 159.31, 156.4, 312.81]\"\n46_0,46,581282,130,left,\"[1, 2, 3, 4]\"\n";

pub const OWN_CSV: &str = "image,expression,x,y,width,height,split,image_width,image_height\n\
 a/1.jpg,\"the red cup, left\",10,20,30.5,40,train,640,480\na/2.jpg,a cow,,,,,val,320,240\n";

pub const LINES: &str = "{\"image\": \"a/1.jpg\", \"width\": 640, \"height\": 480, \"expressions\": [\"the cup\", \"it\"], \"bbox\": [10, 20, 30.5, 40], \"split\": \"train\"}\n\n\
 {\"image\": \"a/2.jpg\", \"width\": 320, \"height\": 240, \"expression\": \"two cups\", \"bboxes\": [[1, 2, 3, 4], [5, 6, 7, 8]], \"split\": \"val\"}\n\
 {\"image\": \"a/2.jpg\", \"width\": 320, \"height\": 240, \"expression\": \"a cow\", \"bboxes\": [], \"split\": \"val\"}\n";

const PTH: &[u8] = include_bytes!("files/unc_val.pth");
const PTH_OLD: &[u8] = include_bytes!("files/unc_testA.pth");

/// The files of a sound folder.
pub fn files(format: Format) -> Vec<(&'static str, Vec<u8>)> {
    let texts: &[(&'static str, &str)] = match format {
        Format::Auto => &[],
        Format::Refer => &[("refs(unc).p", REFS_PY2), ("instances.json", INSTANCES)],
        Format::Mdetr => &[("finetune_grefcoco_val.json", MDETR)],
        Format::SeqTr => &[("instances.json", SEQTR)],
        Format::TransVg => return vec![("unc_val.pth", PTH.to_vec()), ("unc_testA.pth", PTH_OLD.to_vec())],
        Format::ReferIt => &[
            ("referit_query_train.json", r#"{"7_1": ["the man", "him"], "8_2": ["sky"]}"#),
            ("referit_query_val.json", r#"{"7_2": ["left"]}"#),
            (
                "referit_bbox.json",
                r#"{"7_1": [0, 0, 479, 132], "8_2": [1, 2, 3, 4], "7_2": [5, 6, 7, 8], "7_3": [9, 9, 10, 10]}"#,
            ),
            ("referit_imsize.json", r#"{"7.jpg": [480, 360], "8.jpg": [360, 480]}"#),
            ("referit_imcrop.json", r#"{"7.jpg": ["7_1", "7_2", "7_3"], "8.jpg": ["8_2"]}"#),
        ],
        Format::Flickr30k => &[
            ("Sentences/7.txt", CAPTIONS),
            ("Annotations/7.xml", XML),
            ("train.txt", "7\n"),
            ("UNRELATED_CAPTIONS", "# format: <imageID> <sentence number>\n7 2"),
        ],
        Format::ReferCsv => &[("refcoco_unc_testA.csv", REFER_CSV)],
        Format::Csv => &[("mine.csv", OWN_CSV)],
        Format::JsonLines => &[("mine.jsonl", LINES)],
    };
    texts.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect()
}

/// Writes files into `dir`, making folders on the way.
pub fn write(dir: &Path, files: &[(&str, Vec<u8>)]) {
    for (name, bytes) in files {
        fs_err::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
        fs_err::write(dir.join(name), bytes).unwrap();
    }
}

/// Reads a folder, in the format that its content shows.
pub fn read_dir(dir: &Path, files: &BTreeMap<String, String>, boxes: Boxes) -> anyhow::Result<Refer> {
    read(&ReadOptions {
        dir,
        split_by: "unc",
        format: Format::Auto,
        files,
        picture_names: &PictureNames::of_collection("coco2014"),
        boxes,
    })
}

/// Reads a folder that holds `files` and nothing else.
pub fn read_files(files: &[(&str, Vec<u8>)]) -> anyhow::Result<Refer> {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), files);
    read_dir(dir.path(), &BTreeMap::new(), Boxes::Union)
}

/// Reads a folder with one file.
pub fn read_one(name: &str, text: &str) -> anyhow::Result<Refer> {
    read_files(&[(name, text.as_bytes().to_vec())])
}

/// Split, expressions and boxes (x, y, width, height) of each reference.
pub fn told(read: &Refer) -> Vec<(String, String, Vec<[f64; 4]>)> {
    let bbox = |id: &i64| read.instances.annotations.iter().find(|a| a.id == *id).unwrap().bbox;
    let texts = |r: &Ref| r.sentences().map(|s| s.sent.to_owned()).collect::<Vec<_>>();
    let boxes = |r: &Ref| r.targets.iter().map(bbox).collect();
    read.refs.iter().map(|r| (r.split.to_string(), texts(&r).join("|"), boxes(&r))).collect()
}
