//! Annotation files of the real data sets' sizes, to measure readers with. What they hold is drawn and means nothing.
//!
//! ```text
//! cargo run --release -p simvg-datasets --example annotations -- refcocog|grefcoco|flickr30k|mixed FOLDER
//! ```
//!
//! - `refcocog`: 49,822 references with 95,010 expressions as a pickle, 25,799 pictures and 208,960 objects with polygons.
//! - `grefcoco`: 278,232 expressions as JSON with none, one or two targets, over the same kind of `instances.json`.
//! - `flickr30k`: 31,783 pictures with five captions and an XML file each.
//! - `mixed`: SeqTR's form, 174,000 pictures with four records each.
//!
//! The same words give the same files everywhere. Pictures are files without content, which conversion does not open.

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};

const WORDS: [&str; 12] =
    ["the", "man", "on", "left", "red", "cup", "with", "a", "striped", "shirt", "behind", "table"];
const SOURCES: [&str; 4] = ["coco", "flickr", "visual-genome", "saiaprtc12"];
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 480.0;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [set, folder] = &arguments[..] else { bail!("give a data set and a folder") };
    let folder = Path::new(folder);
    match set.as_str() {
        "refcocog" => refcocog(folder),
        "grefcoco" => grefcoco(folder),
        "flickr30k" => flickr30k(folder),
        "mixed" => mixed(folder),
        _ => bail!("`{set}` is none of refcocog, grefcoco, flickr30k, mixed"),
    }
}

/// The generator of item `index` of a kind: a pure function of both.
fn random(kind: u64, index: usize) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(kind);
    random.set_stream(index as u64);
    random
}

fn text(random: &mut ChaCha8Rng, words: usize) -> String {
    (0..words).map(|_| WORDS[random.random_range(0..WORDS.len())]).collect::<Vec<_>>().join(" ")
}

fn hundredths(random: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    (random.random_range(low..high) * 100.0).round() / 100.0
}

fn bbox(random: &mut ChaCha8Rng) -> [f64; 4] {
    let (x, y) = (hundredths(random, 0.0, WIDTH / 2.0), hundredths(random, 0.0, HEIGHT / 2.0));
    [x, y, hundredths(random, 5.0, WIDTH / 2.0), hundredths(random, 5.0, HEIGHT / 2.0)]
}

fn create(path: &Path) -> Result<BufWriter<fs_err::File>> {
    fs_err::create_dir_all(path.parent().context("a file in a folder")?)?;
    Ok(BufWriter::new(fs_err::File::create(path)?))
}

/// COCO's form, one object after the other, with a polygon of 50 to 179 points each.
fn instances(folder: &Path, pictures: usize, objects: usize) -> Result<()> {
    let mut out = create(&folder.join("instances.json"))?;
    write!(out, "{{\"info\": {{}}, \"licenses\": [], \"images\": [")?;
    for id in 1..=pictures {
        let name = format!("COCO_train2014_{id:012}.jpg");
        let comma = if id > 1 { ", " } else { "" };
        write!(
            out,
            "{comma}{}",
            json!({ "license": 3, "file_name": name, "width": WIDTH, "height": HEIGHT, "id": id,
            "coco_url": format!("http://mscoco.org/images/{id}"), "date_captured": "2013-11-14 11:18:45" })
            .to_string()
            .replace("640.0", "640")
            .replace("480.0", "480")
        )?;
    }
    write!(out, "], \"annotations\": [")?;
    for id in 1..=objects {
        let mut random = random(1, id);
        let points = random.random_range(50..180);
        let polygon: Vec<f64> = (0..2 * points).map(|_| hundredths(&mut random, 0.0, HEIGHT)).collect();
        let comma = if id > 1 { ", " } else { "" };
        write!(
            out,
            "{comma}{}",
            json!({ "segmentation": [polygon], "area": 1234.5, "iscrowd": 0,
            "image_id": (id - 1) % pictures + 1, "bbox": bbox(&mut random), "category_id": id % 80 + 1, "id": id })
        )?;
    }
    write!(out, "], \"categories\": []}}")?;
    Ok(out.flush()?)
}

fn empty_pictures(folder: &Path, names: impl Iterator<Item = String>) -> Result<()> {
    for name in names {
        create(&folder.join(name))?;
    }
    Ok(())
}

/// A reference in REFER's fields; `targets` as a number or a list.
fn reference(number: usize, image: usize, targets: Value, split: &str, sentences: Vec<Value>) -> Value {
    json!({ "ref_id": number, "ann_id": targets, "category_id": targets, "image_id": image, "split": split,
        "file_name": format!("COCO_train2014_{image:012}_{number}.jpg"), "sentences": sentences })
}

fn sentence(number: usize, random: &mut ChaCha8Rng, words: usize) -> Value {
    let sent = text(random, words);
    json!({ "sent_id": number, "sent": sent, "raw": sent.to_uppercase(), "tokens": sent.split(' ').collect::<Vec<_>>() })
}

fn refcocog(folder: &Path) -> Result<()> {
    let (pictures, objects, references, sentences) = (25_799, 208_960, 49_822, 95_010);
    instances(&folder.join("refcocog"), pictures, objects)?;
    let split = |number: usize| match number {
        0..42_226 => "train",
        42_226..44_799 => "val",
        _ => "test",
    };
    let refs: Vec<Value> = (0..references)
        .map(|number| {
            let mut random = random(2, number);
            let own = sentences * number / references..sentences * (number + 1) / references;
            let sentences = own.map(|id| sentence(id, &mut random, 8)).collect();
            // Object `id` is of picture `(id - 1) % pictures + 1`.
            reference(number, number % pictures + 1, json!(number + 1), split(number), sentences)
        })
        .collect();
    let mut out = create(&folder.join("refcocog/refs(umd).p"))?;
    serde_pickle::to_writer(&mut out, &refs, serde_pickle::SerOptions::new().proto_v2())?;
    out.flush()?;
    empty_pictures(&folder.join("images"), (1..=pictures).map(|id| format!("COCO_train2014_{id:012}.jpg")))
}

fn grefcoco(folder: &Path) -> Result<()> {
    let (pictures, objects, expressions) = (19_994, 196_771, 278_232);
    instances(&folder.join("grefcoco"), pictures, objects)?;
    let mut out = create(&folder.join("grefcoco/grefs(unc).json"))?;
    write!(out, "[")?;
    for number in 0..expressions {
        let image = number % pictures + 1;
        let targets = match number % 8 {
            0 => json!([-1]),
            1 | 2 => json!([image, image + pictures]),
            _ => json!([image]),
        };
        let split = if number % 10 == 0 { "val" } else { "train" };
        let mut one = reference(number, image, targets, split, vec![sentence(number, &mut random(3, number), 4)]);
        one["no_target"] = json!(number % 8 == 0);
        write!(out, "{}{one}", if number > 0 { ", " } else { "" })?;
    }
    write!(out, "]")?;
    out.flush()?;
    empty_pictures(&folder.join("images"), (1..=pictures).map(|id| format!("COCO_train2014_{id:012}.jpg")))
}

fn flickr30k(folder: &Path) -> Result<()> {
    let set = folder.join("flickr30k");
    let (mut train, mut val, mut test) =
        (create(&set.join("train.txt"))?, create(&set.join("val.txt"))?, create(&set.join("test.txt"))?);
    fs_err::create_dir_all(set.join("Sentences"))?;
    fs_err::create_dir_all(set.join("Annotations"))?;
    for index in 0..31_783 {
        let (id, mut random) = (1_000_000 + index, random(4, index));
        let list = match index {
            0..29_783 => &mut train,
            29_783..30_783 => &mut val,
            _ => &mut test,
        };
        writeln!(list, "{id}")?;
        let mut mark = |chain: usize| format!("[/EN#{}/people {}]", index * 10 + chain + 1, text(&mut random, 3));
        let captions: Vec<String> =
            (0..5).map(|i| format!("{} beside {} in {} .\n", mark(i), mark(i + 1), mark(i + 3))).collect();
        fs_err::write(set.join(format!("Sentences/{id}.txt")), captions.concat())?;
        fs_err::write(set.join(format!("Annotations/{id}.xml")), xml(index, id, &mut random))?;
    }
    empty_pictures(&folder.join("images"), (0..31_783).map(|index| format!("{}.jpg", 1_000_000 + index)))
}

/// Nine objects with boxes and two without, in the layout of the official files.
fn xml(index: usize, id: usize, random: &mut ChaCha8Rng) -> String {
    let mut file = format!(
        "<annotation>\n\t<filename>{id}.jpg</filename>\n\t<size>\n\t\t<width>640</width>\n\t\t<height>480</height>\n\t\t<depth>3</depth>\n\t</size>\n"
    );
    for object in 0..11 {
        let chain = index * 10 + object % 9 + 1;
        file += &format!("\t<object>\n\t\t<name>{chain}</name>\n");
        let [x, y, width, height] = bbox(random).map(|v| v as u32 + 1);
        file += &if object == 9 {
            "\t\t<scene>1</scene>\n\t\t<nobndbox>0</nobndbox>\n".to_owned()
        } else {
            format!(
                "\t\t<bndbox>\n\t\t\t<xmin>{x}</xmin>\n\t\t\t<ymin>{y}</ymin>\n\t\t\t<xmax>{}</xmax>\n\t\t\t<ymax>{}</ymax>\n\t\t</bndbox>\n",
                x + width,
                y + height
            )
        };
        file += "\t</object>\n";
    }
    file + "</annotation>"
}

fn mixed(folder: &Path) -> Result<()> {
    let pictures = 174_000;
    let mut out = create(&folder.join("mixed/instances.json"))?;
    write!(out, "{{\"train\": [")?;
    for number in 0..4 * pictures {
        let (mut random, picture) = (random(5, number), number / 4);
        let record = json!({ "image_id": picture + 1, "bbox": bbox(&mut random), "expressions": [text(&mut random, 4)],
            "width": WIDTH as u32, "height": HEIGHT as u32, "category_id": 1, "data_source": SOURCES[picture % 4] });
        write!(out, "{}{record}", if number > 0 { ", " } else { "" })?;
    }
    write!(out, "]}}")?;
    out.flush()?;
    let name = |picture: usize| match SOURCES[picture % 4] {
        "coco" => format!("coco/COCO_train2014_{:012}.jpg", picture + 1),
        source => format!("{source}/{}.jpg", picture + 1),
    };
    empty_pictures(&folder.join("images"), (0..pictures).map(name))
}
