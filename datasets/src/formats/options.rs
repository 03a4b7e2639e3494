//! What a reader can be told.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Result, ensure};

/// The form of a data set's annotations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Whichever the content shows.
    #[default]
    Auto,
    /// `refs(<split by>).p` or `grefs(<split by>).json` beside `instances.json` (lichengunc/refer, gRefCOCO).
    Refer,
    /// MDETR's COCO form, one file a split and one "image" an expression (also gRefCOCO's GREC files).
    Mdetr,
    /// `instances.json` keyed by split (SeqTR, SimVG).
    SeqTr,
    /// Lists of tuples saved by PyTorch, one file a split (ReSC, TransVG).
    TransVg,
    /// ReferItGame as text_objseg has it: queries, boxes and picture sizes in JSON.
    ReferIt,
    /// Flickr30k Entities: captions with marked phrases, and one XML file a picture.
    Flickr30k,
    /// The CSV form of MarkHershey/refer.
    ReferCsv,
    /// One's own data as CSV.
    Csv,
    /// One's own data as JSON lines.
    JsonLines,
}

impl Format {
    /// All formats with the words that pipeline files use.
    pub const NAMES: [(&'static str, Self); 10] = [
        ("Auto", Self::Auto),
        ("Refer", Self::Refer),
        ("Mdetr", Self::Mdetr),
        ("SeqTr", Self::SeqTr),
        ("TransVg", Self::TransVg),
        ("ReferIt", Self::ReferIt),
        ("Flickr30k", Self::Flickr30k),
        ("ReferCsv", Self::ReferCsv),
        ("Csv", Self::Csv),
        ("JsonLines", Self::JsonLines),
    ];

    /// The format of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(name, _)| *name == word).map(|(_, format)| *format)
    }

    /// What to look for, in a line.
    pub fn signs(self) -> &'static str {
        match self {
            Self::Auto => "any of the others",
            Self::Refer => "a pickle or JSON list of objects with `ref_id`, beside instances.json",
            Self::Mdetr => "JSON with `images` that have a `caption`, one file a split",
            Self::SeqTr => "JSON with a list of objects with `expressions` for each split",
            Self::TransVg => "lists of tuples saved by torch.save, one file a split",
            Self::ReferIt => "JSON of queries by region (`\"7023_1\": [\"...\"]`), with boxes and picture sizes",
            Self::Flickr30k => "folders Sentences and Annotations",
            Self::ReferCsv => "CSV with the columns ref_id, img_id, sent_id, sent, bbox",
            Self::Csv => "CSV with the columns image, expression, x, y, width, height",
            Self::JsonLines => "lines of JSON objects with `image` and `expression`",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(_, format)| format == self).map_or("", |(name, _)| name);
        formatter.write_str(name)
    }
}

/// What a phrase with several boxes means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Boxes {
    /// The one box around them all, as TransVG, SeqTR and SimVG have it.
    #[default]
    Union,
    /// Every one is a target and must be found.
    All,
    /// Any one is a right answer, as MDETR's "any-box" protocol has it.
    Any,
}

impl Boxes {
    /// All of them with the words that pipeline files use.
    pub const NAMES: [(&'static str, Self); 3] = [("Union", Self::Union), ("All", Self::All), ("Any", Self::Any)];

    /// The one of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(name, _)| *name == word).map(|(_, boxes)| *boxes)
    }
}

/// How a picture's file is called where annotations give its number only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureNames {
    before: String,
    after: String,
    digits: usize,
}

impl PictureNames {
    /// Reads `COCO_train2014_{:012}.jpg` or `{}.jpg`: the number stands where the braces are.
    ///
    /// # Errors
    /// Where there are no such braces.
    pub fn parse(text: &str) -> Result<Self> {
        let parts = text.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
        let parsed = parts.and_then(|(before, (width, after))| Some((before, digits(width)?, after)));
        let usage = "write {} or {:012} where the picture's number stands, as in COCO_train2014_{:012}.jpg";
        ensure!(parsed.is_some_and(|(.., after)| !after.contains(['{', '}'])), "picture name `{text}`: {usage}");
        let (before, digits, after) = parsed.expect("looked at just above");
        Ok(Self { before: before.to_owned(), after: after.to_owned(), digits })
    }

    /// The names of a collection's pictures.
    pub fn of_collection(collection: &str) -> Self {
        let (before, digits) = if collection == "coco2014" { ("COCO_train2014_", 12) } else { ("", 0) };
        Self { before: before.to_owned(), after: ".jpg".to_owned(), digits }
    }

    /// The name of picture `number`.
    pub fn name(&self, number: i64) -> String {
        format!("{}{number:0width$}{}", self.before, self.after, width = self.digits)
    }
}

/// `""` or `":012"`; more digits than a number of 64 bits has are refused.
fn digits(width: &str) -> Option<usize> {
    match width {
        "" => Some(0),
        _ => width.strip_prefix(":0")?.parse().ok().filter(|&digits| digits <= 19),
    }
}

/// Where annotations are and how to take them.
#[derive(Clone, Debug)]
pub struct ReadOptions<'a> {
    /// The data set's own folder.
    pub dir: &'a Path,
    /// REFER: which of several splits.
    pub split_by: &'a str,
    /// The form, if it is known.
    pub format: Format,
    /// File within `dir` of each split, for forms with one file a split; empty: those whose names end in a split.
    pub files: &'a BTreeMap<String, String>,
    /// Names of pictures that are known by number.
    pub picture_names: &'a PictureNames,
    /// What several boxes of one phrase mean.
    pub boxes: Boxes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_names() {
        let coco = PictureNames::parse("COCO_train2014_{:012}.jpg").unwrap();
        assert_eq!(coco, PictureNames::of_collection("coco2014"));
        assert_eq!(coco.name(581857), "COCO_train2014_000000581857.jpg");
        assert_eq!(PictureNames::of_collection("saiaprtc12").name(7023), "7023.jpg");
        assert_eq!(PictureNames::parse("a/{}_b.png").unwrap().name(5), "a/5_b.png");
        for wrong in ["x.jpg", "{", "}{", "{:12}", "{:0999999}", "{}{}", ""] {
            assert!(PictureNames::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_format_has_a_word() {
        for (name, format) in Format::NAMES {
            assert_eq!(Format::named(name), Some(format));
            assert_eq!(format.to_string(), name);
        }
        assert_eq!(Format::named("Xml"), None);
    }
}
