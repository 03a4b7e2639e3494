//! Which files of a folder are REFER's: those of the official names, or else those that hold the same.

use std::path::{Path, PathBuf};

use super::Format;
use super::recognise::{PICTURES_AND_OBJECTS, Sign, signs};
use crate::refer::refs_file_names;

/// The two files that REFER's reader needs, there or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferFiles {
    /// The references.
    pub refs: PathBuf,
    /// Pictures and objects.
    pub instances: PathBuf,
}

/// The files in `dir` of the split by `split_by`. A file of another name is taken where it is the only one that holds such
/// content, and its name does not say that it is of another split.
pub fn refer_files(dir: &Path, split_by: &str) -> ReferFiles {
    let names = refs_file_names(split_by);
    let there = |name: &str| Some(dir.join(name)).filter(|path| path.is_file());
    let refs = names.iter().find_map(|name| there(name));
    let instances = there("instances.json");
    let signs = if refs.is_some() && instances.is_some() { Vec::new() } else { signs(dir).unwrap_or_default() };
    let only = |fits: &dyn Fn(&Path, &Sign) -> bool| {
        let mut fitting = signs.iter().filter(|(path, sign)| fits(path, sign)).map(|(path, _)| path.clone());
        fitting.next().filter(|_| fitting.next().is_none())
    };
    let holds_refs = |path: &Path, sign: &Sign| *sign == Sign::Of(Format::Refer) && !names_a_split(path);
    let holds_instances = |_: &Path, sign: &Sign| *sign == Sign::Part(PICTURES_AND_OBJECTS);
    ReferFiles {
        refs: refs.or_else(|| only(&holds_refs)).unwrap_or_else(|| dir.join(&names[0])),
        instances: instances.or_else(|| only(&holds_instances)).unwrap_or_else(|| dir.join("instances.json")),
    }
}

/// Whether a file is called as the references of some split, as `refs(umd).p` is.
fn names_a_split(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split_once('(').is_some_and(|(before, _)| before == "refs" || before == "grefs")
}
