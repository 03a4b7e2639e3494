//! The forms in which annotations of visual grounding are handed around, each read into what REFER's files hold.
//!
//! Every reader gives the same intermediate form, [`Refer`]: references, pictures and objects. Checks, counts and the
//! writing of samples come after it and know no format. [`recognise`] tells formats apart by their content.

mod collect;
mod expected;
mod flickr30k;
mod json;
mod mdetr;
mod options;
mod outline;
mod own;
pub mod recognise;
mod refer_csv;
mod refer_files;
mod referit;
mod seqtr;
mod sizes;
mod split_files;
mod transvg;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub use expected::expected_files;
pub use options::{Boxes, Format, PictureNames, ReadOptions};
pub use recognise::recognise;
pub use refer_files::{ReferFiles, refer_files};
pub use sizes::fill_sizes;

use recognise::{Sign, sign};

use crate::refer::{self, Refer, refs_file_names};

/// Splits that a data set may have where neither its file nor the catalog lists them.
pub const USUAL_SPLITS: [&str; 5] = ["train", "val", "test", "testA", "testB"];

/// Reads the annotations of one data set, in the format that `options` names or, where it names none, the one that the
/// folder's content shows.
///
/// # Errors
/// Where the format is not to be recognised, or a file is missing, damaged, too large or of another form; the message
/// names the file and the place in it.
pub fn read(options: &ReadOptions) -> Result<Refer> {
    let format = format_of(options)?;
    let read = match format {
        Format::Auto | Format::Refer => return refer::read(&refer_files(options.dir, options.split_by)),
        Format::Mdetr => mdetr::read(options),
        Format::SeqTr => seqtr::read(options),
        Format::TransVg => transvg::read(options),
        Format::ReferIt => referit::read(options),
        Format::Flickr30k => flickr30k::read(options),
        Format::ReferCsv => refer_csv::read(options),
        Format::Csv => own::csv::read(options),
        Format::JsonLines => own::lines::read(options),
    };
    read.with_context(|| format!("reading {} as {format}", options.dir.display()))
}

/// The format that [`read`] reads. Where REFER's files are there by their names but do not look like them, it is REFER's,
/// whose reader can say what is wrong with them.
fn format_of(options: &ReadOptions) -> Result<Format> {
    if options.format != Format::Auto {
        return Ok(options.format);
    }
    recognise(options.dir).or_else(|error| {
        let mut named = refs_file_names(options.split_by).into_iter().map(|name| options.dir.join(name));
        let unlike = |path: PathBuf| path.is_file() && !matches!(sign(&path), Ok(Sign::Of(_)));
        if named.any(unlike) { Ok(Format::Refer) } else { Err(error) }
    })
}

/// Whether a file name leads nowhere but into the folder that it is looked for in.
pub(crate) fn stays_inside(name: &Path) -> bool {
    use std::path::Component;
    name.components().next().is_some() && name.components().all(|part| matches!(part, Component::Normal(_)))
}
