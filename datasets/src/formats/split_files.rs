//! Which file holds which split, for formats with one file a split.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use super::recognise::{Sign, sign, signs};
use super::{Format, ReadOptions, USUAL_SPLITS, stays_inside};

/// The files of `format` by split: those that `files` names, or those in the folder whose names end in a split, as in
/// `finetune_refcoco_val.json`.
///
/// # Errors
/// Where a file is not there or of another format, a name tells no split, or two files tell the same one.
pub(super) fn split_files(options: &ReadOptions, format: Format) -> Result<Vec<(String, PathBuf)>> {
    if !options.files.is_empty() {
        return options.files.iter().map(|(split, name)| named(options.dir, split, name, format)).collect();
    }
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for (path, sign) in signs(options.dir)? {
        if sign != Sign::Of(format) {
            continue;
        }
        let Some(split) = split_of(&path) else {
            bail!("the name {} does not end in a split ({}): {}", path.display(), USUAL_SPLITS.join(", "), how(&path));
        };
        if let Some((_, other)) = found.iter().find(|(known, _)| known == split) {
            bail!("{} and {} are both of split {split}: {}", other.display(), path.display(), how(&path));
        }
        found.push((split.to_owned(), path));
    }
    ensure!(!found.is_empty(), "{} holds no file of this format: {}", options.dir.display(), format.signs());
    found.sort_by_key(|(split, _)| USUAL_SPLITS.iter().position(|usual| usual == split));
    Ok(found)
}

/// The files of one's own data: as [`split_files`], but a file may have any name where its records tell their splits.
///
/// # Errors
/// Where a file is not there or of another format, or there is none.
pub(super) fn own_files(options: &ReadOptions, format: Format) -> Result<Vec<(Option<String>, PathBuf)>> {
    if !options.files.is_empty() {
        return Ok(split_files(options, format)?.into_iter().map(|(split, path)| (Some(split), path)).collect());
    }
    let of_format = signs(options.dir)?.into_iter().filter(|(_, sign)| *sign == Sign::Of(format));
    let found: Vec<_> = of_format.map(|(path, _)| (split_of(&path).map(str::to_owned), path)).collect();
    ensure!(!found.is_empty(), "{} holds no file of this format: {}", options.dir.display(), format.signs());
    Ok(found)
}

fn how(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("give `files: {{\"val\": \"{name}\"}}` with all splits and their files")
}

fn named(dir: &Path, split: &str, name: &str, format: Format) -> Result<(String, PathBuf)> {
    ensure!(stays_inside(Path::new(name)), "the file `{name}` of split {split} leads out of {}", dir.display());
    let path = dir.join(name);
    let sign = sign(&path)?;
    ensure!(sign == Sign::Of(format), "{} is not of this format ({}) but {sign:?}", path.display(), format.signs());
    Ok((split.to_owned(), path))
}

/// The split that the name ends in.
fn split_of(path: &Path) -> Option<&'static str> {
    let stem = path.file_stem()?.to_str()?;
    USUAL_SPLITS
        .into_iter()
        .find(|split| stem.strip_suffix(split).is_some_and(|rest| rest.is_empty() || rest.ends_with(['_', '-', '.'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_in_a_split() {
        let split = |name: &str| split_of(Path::new(name));
        assert_eq!(split("finetune_refcoco+_testA.json"), Some("testA"));
        assert_eq!(split("val.jsonl"), Some("val"));
        assert_eq!(split("minival.json"), None);
        assert_eq!(split("instances.json"), None);
    }
}
