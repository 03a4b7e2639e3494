//! `Convert`: raw data in its published layout to samples.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use serde::Deserialize;
use serde_json::Value;
use simvg_datasets::card::CardCounter;
use simvg_datasets::catalog::ExpectedFile;
use simvg_datasets::convert::{self, ConvertOptions, CountPolicy};
use simvg_datasets::formats::{self, Boxes, Format, PictureNames};
use simvg_datasets::refer::defect::write_lines;
use simvg_datasets::refer::{Defect, Defects};
use simvg_pipeline::{Field, Problem, RawHash, RawInput, StageContext, StageKind, Type};

use crate::card::{self, LOGS};

/// Everything that stopped a conversion, in the work folder.
const DEFECTS: &str = "defects.jsonl";
/// Everything that a lenient conversion left out, in its output.
const DROPPED: &str = "dropped.jsonl";
/// How many defects are shown at once.
const SHOWN: usize = 20;

/// The words of [`Format`].
const FORMATS: &[&str] =
    &["Auto", "Refer", "Mdetr", "SeqTr", "TransVg", "ReferIt", "Flickr30k", "ReferCsv", "Csv", "JsonLines"];

const FIELDS: &[Field] = &[
    Field::required("raw", Type::StageOrPath, "folder that holds the data set's own folder"),
    Field::required("dataset", Type::Str, "name of that folder: refcoco, refcoco+, refcocog, grefcoco, flickr30k"),
    Field::optional(
        "split_by",
        Type::Str,
        "\"\"",
        "who split it: unc, umd, google; synthetic for the embedded data set; may be left out where there is but one split",
    ),
    Field::optional(
        "format",
        Type::OneOf(FORMATS),
        "Auto",
        "form of the annotations; Auto: what the folder's content shows",
    ),
    Field::optional(
        "files",
        Type::Map(&Type::Str),
        "{}",
        "file of each split, for forms with one a split; left out: those whose names end in a split, as x_val.json",
    ),
    Field::optional(
        "picture_names",
        Type::Optional(&Type::Str),
        "None",
        "names of pictures that are known by number, as \"COCO_train2014_{:012}.jpg\"; left out: those of the collection",
    ),
    Field::optional(
        "boxes",
        Type::OneOf(&["Union", "All", "Any"]),
        "Union",
        "a Flickr30k phrase with several boxes means the one around them, all of them, or any one (training takes the largest)",
    ),
    Field::optional(
        "images",
        Type::Optional(&Type::StageOrPath),
        "None",
        "folder of the pictures; `images` within `raw` where it is left out",
    ),
    Field::optional("name", Type::Optional(&Type::Str), "None", "name in reports; the catalog's where it is left out"),
    Field::optional("group", Type::Optional(&Type::Str), "None", "sub-group in reports"),
    Field::optional("lenient", Type::Bool, "false", "leave out defective records instead of stopping"),
    Field::optional("decode", Type::Bool, "false", "decode every picture, to find damaged ones at once"),
    Field::optional("counts", Type::OneOf(&["Warn", "Fail"]), "Warn", "where counts differ from the published"),
    Field::optional("copy_images", Type::Bool, "false", "copy the pictures into the output, which then stands alone"),
    Field::optional("tokenizer", Type::Optional(&Type::Path), "None", "counts tokens in the data card; words without"),
    Field::optional("max_token", Type::Int, "20", "the data card tells how many texts are longer, in tokens"),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    raw: Value,
    dataset: String,
    split_by: String,
    format: String,
    files: BTreeMap<String, String>,
    picture_names: Option<String>,
    boxes: String,
    images: Option<Value>,
    name: Option<String>,
    group: Option<String>,
    lenient: bool,
    decode: bool,
    counts: String,
    copy_images: bool,
    tokenizer: Option<String>,
    max_token: usize,
}

/// The kind.
pub struct Convert;

impl StageKind for Convert {
    fn name(&self) -> &'static str {
        "Convert"
    }

    fn version(&self) -> u32 {
        5
    }

    fn doc(&self) -> &'static str {
        "Reads a raw data set in any form that its annotations are handed around in, checks every record and its counts, and \
         writes samples and pictures as Parquet. logs/card.html and logs/card.md in its output describe them; logs/dropped.jsonl lists \
         what was left out."
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn check(&self, params: &Value) -> Vec<Problem> {
        let names = params["picture_names"].as_str().map(PictureNames::parse);
        let wrong = names.and_then(Result::err).map(|error| Problem::new("picture_names", error.to_string()));
        wrong.into_iter().chain(card::check_length(params)).collect()
    }

    fn raw_inputs(&self, params: &Value) -> Vec<RawInput> {
        let text = |field: &str| params[field].as_str().unwrap_or_default();
        let Some(raw) = params["raw"].as_str().map(Path::new) else { return Vec::new() };
        let images = params["images"].as_str().map_or_else(|| raw.join("images"), PathBuf::from);
        let format = Format::named(text("format")).unwrap_or_default();
        let expected = formats::expected_files(format, text("dataset"), text("split_by"), raw, &images);
        let input = |file: ExpectedFile| RawInput {
            name: file.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
            hash: if file.path == images { RawHash::Listing } else { RawHash::Content },
            path: file.path,
            what: file.what,
            origin: file.where_from,
        };
        let tokenizer = (!params["tokenizer"].is_null()).then(|| crate::raw::tokenizer(&params["tokenizer"]));
        expected.unwrap_or_default().into_iter().map(input).chain(tokenizer).collect()
    }

    fn run(&self, context: &StageContext) -> Result<()> {
        let options: Options = context.read_params()?;
        let length = card::Length::open(context, options.tokenizer.as_deref(), options.max_token)?;
        let converted = convert::convert(&options.resolved(context)?).map_err(|error| listed(error, context))?;
        converted.differences.iter().for_each(|difference| context.warn(difference.to_string()));
        tell_dropped(&converted.dropped, context)?;
        let limit = length.limit();
        let mut counter = CardCounter::new(&limit);
        converted.save(&context.out, |records| counter.add(records))?;
        card::write(context, &counter.finish())
    }
}

/// Defects that stop the conversion are all written down where they outlive it; the message shows the first of them.
fn listed(error: anyhow::Error, context: &StageContext) -> anyhow::Error {
    let Some(defects) = error.downcast_ref::<Defects>() else { return error };
    let list = context.work.join(DEFECTS);
    match write_lines(&list, &defects.found) {
        Ok(()) => anyhow!("{defects}\nall of them, one a line: {}", list.display()),
        Err(unwritten) => error.context(unwritten),
    }
}

/// Lists what was left out, and shows the first of it.
fn tell_dropped(dropped: &[Defect], context: &StageContext) -> Result<()> {
    if dropped.is_empty() {
        return Ok(());
    }
    dropped.iter().take(SHOWN).for_each(|defect| context.warn(format!("left out: {defect}")));
    context.warn(format!("{} defects in all, listed in {LOGS}/{DROPPED} of the output", dropped.len()));
    let logs = context.out.join(LOGS);
    fs_err::create_dir_all(&logs)?;
    write_lines(&logs.join(DROPPED), dropped)
}

impl Options {
    fn resolved(self, context: &StageContext) -> Result<ConvertOptions> {
        let raw_dir = context.input(&self.raw)?;
        let images_dir = match &self.images {
            Some(images) => context.input(images)?,
            None => raw_dir.join("images"),
        };
        Ok(ConvertOptions {
            raw_dir,
            dataset: self.dataset,
            split_by: self.split_by,
            format: Format::named(&self.format).unwrap_or_default(),
            files: self.files,
            picture_names: self.picture_names.as_deref().map(PictureNames::parse).transpose()?,
            boxes: Boxes::named(&self.boxes).unwrap_or_default(),
            images_dir: images_dir.to_string_lossy().into_owned(),
            name: self.name,
            group: self.group,
            lenient: self.lenient,
            decode: self.decode,
            counts: match self.counts.as_str() {
                "Fail" => CountPolicy::Fail,
                _ => CountPolicy::Warn,
            },
            copy_to: self.copy_images.then(|| context.out.join("images")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_can_be_named() {
        assert_eq!(FORMATS, Format::NAMES.map(|(name, _)| name));
    }
}
