//! The folders below a folder, and what is in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

/// How many folders deep is looked.
const DEPTH: usize = 4;
/// So many names of a folder are remembered; a folder with more holds pictures or captions.
const NAMES: usize = 1000;

/// A folder.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Names of what is in it, pictures left out.
    names: BTreeSet<String>,
    /// Number of pictures in it.
    pub pictures: usize,
    /// Name of the first picture.
    pub first_picture: Option<String>,
}

impl Folder {
    /// Whether something of that name is in it.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

/// `root` and the folders in it, down to a certain depth, in the order of their paths. Links are followed no further.
///
/// # Errors
/// Where `root` is no folder, or one cannot be read.
pub fn survey(root: &Path) -> Result<Vec<Folder>> {
    ensure!(root.is_dir(), "{} is no folder", root.display());
    let mut folders = Vec::new();
    walk(root, DEPTH, &mut folders)?;
    folders.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(folders)
}

fn walk(path: &Path, depth: usize, folders: &mut Vec<Folder>) -> Result<()> {
    let mut folder = Folder { path: path.into(), ..Folder::default() };
    let mut inner = Vec::new();
    for entry in fs_err::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_picture(&name) {
            folder.pictures += 1;
            folder.first_picture = Some(folder.first_picture.map_or(name.clone(), |first| first.min(name)));
            continue;
        }
        if entry.file_type()?.is_dir() {
            inner.push(entry.path());
        }
        if folder.names.len() < NAMES {
            folder.names.insert(name);
        }
    }
    folders.push(folder);
    if depth > 0 {
        inner.iter().try_for_each(|path| walk(path, depth - 1, folders))?;
    }
    Ok(())
}

fn is_picture(name: &str) -> bool {
    let ending = Path::new(name).extension().map(|ending| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| ending == "jpg" || ending == "jpeg" || ending == "png")
}
