//! From a raw REFER folder to records: reads, checks, counts.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::catalog::{self, Entry, PublishedCount};
use crate::copying::copy_pictures;
use crate::formats::{self, Boxes, Format, PictureNames, ReadOptions, USUAL_SPLITS};
use crate::refer::{self, Defect, Defects, Joined, Refer, pictures};
use crate::sample::{Count, Dataset, Picture, Record};

/// What to convert, and how strictly.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConvertOptions {
    /// Folder that holds the data set's own folder.
    pub raw_dir: PathBuf,
    /// Name of that folder: "refcocog".
    pub dataset: String,
    /// Which split: "umd". Empty where there is but one.
    pub split_by: String,
    /// The form of the annotations.
    pub format: Format,
    /// File of each split, for forms with one file a split; see [`ReadOptions::files`].
    pub files: BTreeMap<String, String>,
    /// Names of pictures that are known by number; those of the catalog's collection where none is given.
    pub picture_names: Option<PictureNames>,
    /// What several boxes of one phrase mean.
    pub boxes: Boxes,
    /// Folder of the pictures; becomes [`Dataset::image_root`] as it is written here.
    pub images_dir: String,
    /// Name in reports; the catalog's where none is given.
    pub name: Option<String>,
    /// Sub-group in reports; the name where none is given.
    pub group: Option<String>,
    /// Leave out what is defective instead of stopping.
    pub lenient: bool,
    /// Decode every picture, instead of only looking whether it is there.
    pub decode: bool,
    /// What to do where counts are not the published ones.
    pub counts: CountPolicy,
    /// Folder that the pictures are copied into; without one they stay where they are.
    pub copy_to: Option<PathBuf>,
}

/// What to do where counts are not the published ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CountPolicy {
    /// Tell the caller.
    #[default]
    Warn,
    /// Stop, unless the published number is not sure.
    Fail,
}

/// The outcome of converting.
#[derive(Clone, Debug, PartialEq)]
pub struct Converted {
    /// The records.
    pub dataset: Dataset,
    /// What was left out; empty unless lenient.
    pub dropped: Vec<Defect>,
    /// Counts that are not the published ones.
    pub differences: Vec<CountDifference>,
}

/// A count that is not the published one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CountDifference {
    /// The split.
    pub split: String,
    /// Refs, pictures or expressions.
    pub what: &'static str,
    /// As counted here.
    pub found: usize,
    /// As published.
    pub published: usize,
    /// Who published it.
    pub source: String,
    /// Whether the published number can be relied on.
    pub sure: bool,
}

impl fmt::Display for CountDifference {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { split, what, found, published, source, sure } = self;
        let doubt = if *sure { "" } else { ", not sure" };
        write!(formatter, "{split}: {found} {what}, published are {published} ({source}{doubt})")
    }
}

/// Reads a raw data set. Training refs become a record each, other refs a record an expression.
///
/// # Errors
/// Where a file is missing (the message says where it is to be had) or unreadable; where anything is defective
/// and `lenient` is off (all of it, as [`Defects`]); where counts differ and must not; where a picture cannot be copied.
pub fn convert(options: &ConvertOptions) -> Result<Converted> {
    check_files(options)?;
    let entry = catalog::find(&options.dataset, &options.split_by)?;
    let (raw, unsized_pictures) = read(options, entry.as_ref())?;
    let (known, collection) = (known_splits(&raw, entry.as_ref()), collection(&raw, entry.as_ref()));
    let Refer { refs_file: file, refs, instances, .. } = raw;
    let (mut joined, mut defects) = refer::join::join(refs, instances, &known, &collection);
    defects.extend(unsized_pictures);
    defects.extend(drop_bad_pictures(&mut joined, options));
    if !defects.is_empty() && !options.lenient {
        bail!(Defects { file, found: defects });
    }
    let differences = entry.as_ref().map(|entry| differences(&entry.counts, &joined)).unwrap_or_default();
    let failing: Vec<String> = differences.iter().filter(|d| d.sure).map(ToString::to_string).collect();
    if options.counts == CountPolicy::Fail && !failing.is_empty() {
        bail!("{}: counts are not the published ones\n  {}", file.display(), failing.join("\n  "));
    }
    let namer = Namer::new(options, entry.as_ref());
    let records = joined.into_iter().flat_map(|reference| namer.records(reference)).collect();
    let dataset = Dataset { image_root: options.images_dir.clone(), records };
    let dataset = match &options.copy_to {
        Some(folder) => copy_pictures(dataset, folder)?,
        None => dataset,
    };
    Ok(Converted { dataset, dropped: defects, differences })
}

fn check_files(options: &ConvertOptions) -> Result<()> {
    let images = Path::new(&options.images_dir);
    let ConvertOptions { format, dataset, split_by, raw_dir, .. } = options;
    let expected = formats::expected_files(*format, dataset, split_by, raw_dir, images)?;
    let missing: Vec<String> = expected
        .iter()
        .filter(|file| file.is_missing())
        .map(|file| format!("\n  {}: {}, from {}", file.path.display(), file.what, file.where_from))
        .collect();
    if !missing.is_empty() {
        bail!("raw files of {} (split by {}) are missing:{}", options.dataset, options.split_by, missing.concat());
    }
    Ok(())
}

/// Reads the annotations; pictures whose size neither they nor the picture file tell are left out as defects.
fn read(options: &ConvertOptions, entry: Option<&Entry>) -> Result<(Refer, Vec<Defect>)> {
    let of_collection = || PictureNames::of_collection(entry.map_or("", |entry| &entry.collection));
    let mut raw = formats::read(&ReadOptions {
        dir: &options.raw_dir.join(&options.dataset),
        split_by: entry.map_or(&options.split_by, |entry| &entry.split_by),
        format: options.format,
        files: &options.files,
        picture_names: &options.picture_names.clone().unwrap_or_else(of_collection),
        boxes: options.boxes,
    })?;
    let defects = formats::fill_sizes(&mut raw, Path::new(&options.images_dir));
    Ok((raw, defects))
}

/// Splits that references may name: REFER's files can have typing errors there, other readers take only what is a split.
fn known_splits(raw: &Refer, entry: Option<&Entry>) -> Vec<String> {
    if !raw.lists_splits {
        return entry.map_or_else(|| USUAL_SPLITS.map(str::to_owned).to_vec(), |entry| entry.splits.clone());
    }
    let splits: BTreeSet<&String> = raw.refs.iter().map(|reference| &reference.split).collect();
    splits.into_iter().cloned().collect()
}

/// Takes references to missing or damaged pictures out of `joined`.
fn drop_bad_pictures(joined: &mut Vec<Joined>, options: &ConvertOptions) -> Vec<Defect> {
    let mut seen = HashSet::new();
    let all: Vec<&Picture> = joined.iter().map(|r| &*r.picture).filter(|picture| seen.insert(picture.id)).collect();
    let found = pictures::check(&all, Path::new(&options.images_dir), options.decode);
    let bad: HashSet<i64> = found.iter().map(|(image_id, _)| *image_id).collect();
    if !bad.is_empty() {
        joined.retain(|reference| !bad.contains(&reference.picture.id));
    }
    found.into_iter().map(|(_, defect)| defect).collect()
}

fn differences(published: &[PublishedCount], joined: &[Joined]) -> Vec<CountDifference> {
    let found = count(joined);
    let mut differences = Vec::new();
    for expected in published {
        let count = found.get(expected.split.as_str()).copied().unwrap_or_default();
        let pairs = [
            ("refs", count.records, expected.refs),
            ("pictures", count.images, expected.images),
            ("expressions", count.expressions, expected.expressions),
        ];
        for (what, found, published) in pairs {
            let Some(published) = published.filter(|&published| published != found) else { continue };
            let PublishedCount { split, source, sure, .. } = expected.clone();
            differences.push(CountDifference { split, what, found, published, source, sure });
        }
    }
    differences
}

/// References, pictures and expressions of each split.
fn count(joined: &[Joined]) -> HashMap<&str, Count> {
    let mut counts: HashMap<&str, Count> = HashMap::new();
    let mut seen = HashSet::new();
    for reference in joined {
        let count = counts.entry(&reference.split).or_default();
        count.records += 1;
        count.expressions += reference.sentences.len();
        count.images += usize::from(seen.insert((&reference.split, reference.picture.id)));
    }
    counts
}

/// Where pictures come from, for those that do not tell it themselves. Pictures outside every known collection are told
/// apart by the file that lists them.
fn collection(raw: &Refer, entry: Option<&Entry>) -> String {
    let known = entry.map(|entry| entry.collection.clone()).filter(|collection| !collection.is_empty());
    known.unwrap_or_else(|| raw.instances.digest.clone())
}

/// Makes records out of references.
struct Namer {
    name: Arc<str>,
    group: Arc<str>,
}

impl Namer {
    fn new(options: &ConvertOptions, entry: Option<&Entry>) -> Self {
        let listed = entry.map(|entry| entry.name.clone());
        let name: Arc<str> = options.name.clone().or(listed).unwrap_or_else(|| options.dataset.clone()).into();
        Self { group: options.group.as_deref().map_or_else(|| Arc::clone(&name), Arc::from), name }
    }

    /// One record for training, and one an expression for evaluation.
    fn records(&self, reference: Joined) -> Vec<Record> {
        let Joined { split, picture, boxes, any_box, sentences, .. } = reference;
        let record = |id, expressions| Record {
            id,
            picture: Arc::clone(&picture),
            expressions,
            boxes: boxes.clone(),
            any_box,
            split: Arc::clone(&split),
            dataset: Arc::clone(&self.name),
            group: Arc::clone(&self.group),
        };
        if &*split == "train" {
            return vec![record(sentences[0].sent_id, sentences.into_iter().map(|s| s.sent).collect())];
        }
        sentences.into_iter().map(|sentence| record(sentence.sent_id, vec![sentence.sent])).collect()
    }
}
