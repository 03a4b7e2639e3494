//! `Convert`: raw data in its published layout to samples.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;
use simvg_datasets::catalog;
use simvg_datasets::convert::{self, ConvertOptions, CountPolicy};
use simvg_pipeline::{Field, RawHash, RawInput, StageContext, StageKind, Type};

const FIELDS: &[Field] = &[
    Field::required("raw", Type::StageOrPath, "folder that holds the data set's own folder"),
    Field::required("dataset", Type::Str, "name of that folder: refcoco, refcoco+, refcocog, grefcoco"),
    Field::required("split_by", Type::Str, "who split it: unc, umd, google; synthetic for the embedded data set"),
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
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    raw: Value,
    dataset: String,
    split_by: String,
    images: Option<Value>,
    name: Option<String>,
    group: Option<String>,
    lenient: bool,
    decode: bool,
    counts: String,
}

/// The kind.
pub struct Convert;

impl StageKind for Convert {
    fn name(&self) -> &'static str {
        "Convert"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "Reads a data set in the raw REFER layout, checks every record and its counts, and writes samples as Parquet."
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn raw_inputs(&self, params: &Value) -> Vec<RawInput> {
        let text = |field: &str| params[field].as_str().unwrap_or_default();
        let Some(raw) = params["raw"].as_str().map(Path::new) else { return Vec::new() };
        let images = params["images"].as_str().map_or_else(|| raw.join("images"), PathBuf::from);
        let expected = catalog::expected_files(text("dataset"), text("split_by"), raw, &images).unwrap_or_default();
        let input = |file: catalog::ExpectedFile| RawInput {
            name: file.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
            hash: if file.path == images { RawHash::Listing } else { RawHash::Content },
            path: file.path,
            what: file.what,
            origin: file.where_from,
        };
        expected.into_iter().map(input).collect()
    }

    fn run(&self, context: &StageContext) -> Result<()> {
        let options: Options = context.read_params()?;
        let converted = convert::convert(&options.resolved(context)?)?;
        for defect in converted.dropped.iter().take(20) {
            context.warn(format!("left out: {defect}"));
        }
        if converted.dropped.len() > 20 {
            context.warn(format!("and {} more were left out", converted.dropped.len() - 20));
        }
        converted.differences.iter().for_each(|difference| context.warn(difference.to_string()));
        converted.dataset.save(&context.out)
    }
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
            images_dir: images_dir.to_string_lossy().into_owned(),
            name: self.name,
            group: self.group,
            lenient: self.lenient,
            decode: self.decode,
            counts: match self.counts.as_str() {
                "Fail" => CountPolicy::Fail,
                _ => CountPolicy::Warn,
            },
        })
    }
}
