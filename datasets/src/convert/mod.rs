//! From a raw data set to records: reads, checks, counts.

mod converted;
mod counts;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::catalog::{self, Entry};
use crate::copying::copy_pictures;
use crate::formats::recognise::{Contents, contents};
use crate::formats::{self, Boxes, Format, PictureNames, ReadOptions, USUAL_SPLITS};
use crate::refer::{Defect, Defects, Joined, Refer, pictures};
use crate::sample::Picture;

pub use converted::Converted;
pub use counts::CountDifference;

use converted::Namer;

/// How many files of a folder a message names.
const SHOWN: usize = 8;

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
    /// Folder of the pictures; becomes [`Dataset::image_root`](crate::sample::Dataset) as it is written here.
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

/// Reads a raw data set. Training refs become a record each, other refs a record an expression.
///
/// # Errors
/// Where a file is missing (the message says where it is to be had) or unreadable; where anything is defective
/// and `lenient` is off or nothing would be left (all of it, as [`Defects`]); where counts differ and must not; where a picture cannot be copied.
pub fn convert(options: &ConvertOptions) -> Result<Converted> {
    check_files(options)?;
    let entry = catalog::find(&options.dataset, &options.split_by)?;
    let mut raw = read(options, entry.as_ref())?;
    // Pictures whose size neither the annotations nor the picture file tell.
    let unsized_pictures = formats::fill_sizes(&mut raw, Path::new(&options.images_dir));
    let (known, collection) = (known_splits(&raw, entry.as_ref()), collection(&raw, entry.as_ref()));
    let Refer { refs_file: file, refs, instances, .. } = raw;
    let (bad, unsized_pictures) = unsized_pictures.into_iter().unzip();
    let (mut joined, mut defects) = Joined::new(refs, instances, &known, &collection, &bad);
    defects.extend::<Vec<Defect>>(unsized_pictures);
    defects.extend(leave_out_bad_pictures(&mut joined, options));
    // Where nothing is left, it is the folder of pictures that is wrong, or the whole file.
    if !defects.is_empty() && (!options.lenient || joined.iter().next().is_none()) {
        bail!(Defects { file, found: defects });
    }
    let differences = entry.as_ref().map(|entry| counts::differences(&entry.counts, &joined)).unwrap_or_default();
    let failing: Vec<String> = differences.iter().filter(|d| d.sure).map(ToString::to_string).collect();
    if options.counts == CountPolicy::Fail && !failing.is_empty() {
        bail!("{}: counts are not the published ones\n  {}", file.display(), failing.join("\n  "));
    }
    let mut image_root = options.images_dir.clone();
    if let Some(folder) = &options.copy_to {
        let names = joined.iter().map(|reference| reference.picture.file.as_str()).collect();
        copy_pictures(names, Path::new(&image_root), folder)?;
        image_root = folder.to_string_lossy().into_owned();
    }
    let namer = Namer::new(options, entry.as_ref());
    Ok(Converted { image_root, joined, namer, dropped: defects, differences })
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
        let folder = raw_dir.join(dataset);
        bail!("raw files of {dataset} (split by {split_by}) are missing:{}{}", missing.concat(), holds(&folder));
    }
    Ok(())
}

/// What is there instead, for messages.
fn holds(folder: &Path) -> String {
    let Ok(Contents { annotations, parts, others }) = contents(folder) else { return String::new() };
    let named =
        annotations.iter().flat_map(|(format, names)| names.iter().map(move |name| format!("{name}: {format}")));
    let lines: Vec<String> = named.chain(parts).chain(others).take(SHOWN).map(|line| format!("\n  {line}")).collect();
    if lines.is_empty() { String::new() } else { format!("\n{} holds:{}", folder.display(), lines.concat()) }
}

/// Reads the annotations.
fn read(options: &ConvertOptions, entry: Option<&Entry>) -> Result<Refer> {
    let of_collection = || PictureNames::of_collection(entry.map_or("", |entry| &entry.collection));
    formats::read(&ReadOptions {
        dir: &options.raw_dir.join(&options.dataset),
        split_by: entry.map_or(&options.split_by, |entry| &entry.split_by),
        format: options.format,
        files: &options.files,
        picture_names: &options.picture_names.clone().unwrap_or_else(of_collection),
        boxes: options.boxes,
    })
}

/// Splits that references may name: REFER's files can have typing errors there, other readers take only what is a split.
fn known_splits(raw: &Refer, entry: Option<&Entry>) -> Vec<String> {
    if !raw.lists_splits {
        return entry.map_or_else(|| USUAL_SPLITS.map(str::to_owned).to_vec(), |entry| entry.splits.clone());
    }
    let mut splits: Vec<String> = raw.refs.splits().iter().map(|split| (**split).to_owned()).collect();
    splits.sort();
    splits
}

/// Leaves out references to missing or damaged pictures.
fn leave_out_bad_pictures(joined: &mut Joined, options: &ConvertOptions) -> Vec<Defect> {
    let mut seen = HashSet::new();
    let all: Vec<&Picture> = joined.iter().map(|r| &**r.picture).filter(|picture| seen.insert(picture.id)).collect();
    let found = pictures::check(&all, Path::new(&options.images_dir), options.decode);
    let (bad, defects): (HashSet<i64>, Vec<Defect>) = found.into_iter().unzip();
    if !bad.is_empty() {
        joined.leave_out(&bad);
    }
    defects
}

/// Where pictures come from, for those that do not tell it themselves. Pictures outside every known collection are told
/// apart by the file that lists them.
fn collection(raw: &Refer, entry: Option<&Entry>) -> String {
    let known = entry.map(|entry| entry.collection.clone()).filter(|collection| !collection.is_empty());
    known.unwrap_or_else(|| raw.instances.digest.clone())
}
