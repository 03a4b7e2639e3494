//! Which format a folder's files are in, told by what they hold and not by what they are called.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use super::outline::outline;
use super::{Format, own, refer_csv, transvg};

/// Enough to see the keys of the first record behind a licence text.
const HEAD: u64 = 1 << 16;

/// More files than any data set's folder has beside its pictures.
const MOST_FILES: usize = 1000;

/// What COCO's instances are.
pub(super) const PICTURES_AND_OBJECTS: &str = "pictures and objects in COCO's form";

/// What the beginning of a file shows.
#[derive(Debug, PartialEq, Eq)]
pub enum Sign {
    /// Annotations in this format.
    Of(Format),
    /// A part of some format that does not tell which, such as COCO's instances.
    Part(&'static str),
    /// Something else.
    Other(String),
}

/// The format of the annotations in `dir`.
///
/// # Errors
/// Where there are none, or of several formats: with what was looked for and what was found.
pub fn recognise(dir: &Path) -> Result<Format> {
    let Contents { annotations: found, parts, others } = contents(dir)?;
    let others = [parts, others].concat();
    let told: Vec<String> = found.iter().map(|(format, names)| format!("{format}: {}", shortened(names))).collect();
    match found.keys().collect::<Vec<_>>()[..] {
        [format] => Ok(*format),
        [] => bail!("{}", nothing(dir, &others)),
        _ => bail!(
            "{} holds annotations of several formats; say which to read with `format`:\n  {}",
            dir.display(),
            told.join("\n  ")
        ),
    }
}

/// What the files of a folder are, by what they hold.
#[derive(Debug, Default)]
pub struct Contents {
    /// Names of annotation files, or of the folders of Flickr30k Entities, by their format.
    pub annotations: BTreeMap<Format, Vec<String>>,
    /// Files that are a part of some format, with what they are.
    pub parts: Vec<String>,
    /// All others, with what they show.
    pub others: Vec<String>,
}

/// Looks at every file of `dir`.
///
/// # Errors
/// Where the folder or a file cannot be read.
pub fn contents(dir: &Path) -> Result<Contents> {
    ensure!(dir.is_dir(), "{} is no folder", dir.display());
    let mut contents = Contents::default();
    let flickr30k = ["Sentences", "Annotations"];
    if flickr30k.iter().all(|name| dir.join(name).is_dir()) {
        contents.annotations.insert(Format::Flickr30k, flickr30k.map(str::to_owned).to_vec());
        return Ok(contents);
    }
    for (path, sign) in signs(dir)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match sign {
            Sign::Of(format) => contents.annotations.entry(format).or_default().push(name),
            Sign::Part(what) => contents.parts.push(format!("{name}: {what}")),
            Sign::Other(what) => contents.others.push(format!("{name}: {what}")),
        }
    }
    Ok(contents)
}

fn nothing(dir: &Path, others: &[String]) -> String {
    let looked_for: Vec<String> = Format::NAMES[1..].iter().map(|(name, f)| format!("{name}: {}", f.signs())).collect();
    let found = if others.is_empty() { "no file".to_owned() } else { shortened(others) };
    format!(
        "{} holds no annotations of a known format. Looked for:\n  {}\nfound: {found}",
        dir.display(),
        looked_for.join("\n  ")
    )
}

fn shortened(names: &[String]) -> String {
    let rest = names.len().saturating_sub(8);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    names[..names.len() - rest].join("; ") + &more
}

/// Every file of `dir`, in the order of their names, with what its beginning shows.
///
/// # Errors
/// Where the folder or a file cannot be read.
pub fn signs(dir: &Path) -> Result<Vec<(PathBuf, Sign)>> {
    let mut paths = Vec::new();
    for entry in fs_err::read_dir(dir)? {
        let path = entry?.path();
        if path.is_file() {
            paths.push(path);
        }
        ensure!(paths.len() <= MOST_FILES, "{} holds more than {MOST_FILES} files: name the format", dir.display());
    }
    paths.sort();
    paths.into_iter().map(|path| Ok((path.clone(), sign(&path)?))).collect()
}

/// What the beginning of the file shows.
///
/// # Errors
/// Where it cannot be read.
pub fn sign(path: &Path) -> Result<Sign> {
    let mut head = Vec::new();
    fs_err::File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    if transvg::is_torch(&head) {
        return Ok(Sign::Of(Format::TransVg));
    }
    if is_pickle(&head) {
        return Ok(Sign::Of(Format::Refer));
    }
    Ok(sign_of_text(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head)))
}

/// Protocols 2 and above begin with their number, older ones with a list.
fn is_pickle(head: &[u8]) -> bool {
    matches!(head, [0x80, 2..=5, ..] | [b'(', b'l', ..] | [b']', b'q' | b'(' | b'p' | b'.', ..])
}

fn sign_of_text(head: &[u8]) -> Sign {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character may be cut at the end of what was read.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or(""),
        Err(_) => return Sign::Other("neither a pickle nor text".to_owned()),
    };
    if text.trim().is_empty() {
        return Sign::Other("empty".to_owned());
    }
    if let Some(outline) = outline(text) {
        return sign_of_json(&outline);
    }
    let columns = text.lines().next().unwrap_or_default();
    if refer_csv::has_columns(columns) {
        return Sign::Of(Format::ReferCsv);
    }
    if own::csv::has_columns(columns) {
        return Sign::Of(Format::Csv);
    }
    let beginning: String = columns.chars().take(60).collect();
    Sign::Other(format!("text that begins with `{beginning}`"))
}

fn sign_of_json(outline: &super::outline::Outline) -> Sign {
    let has = |path: &str| outline.paths.contains(path);
    let regions = outline.keys.iter().all(|key| key.split_once('_').is_some_and(|(a, b)| is_number(a) && is_number(b)));
    let any = |paths: &[&str]| paths.iter().any(|path| has(path));
    match () {
        () if has("[].ref_id") => Sign::Of(Format::Refer),
        () if any(&["images[].caption", "annotations[].tokens_positive"]) => Sign::Of(Format::Mdetr),
        () if has("*[].expressions") && has("*[].bbox") => Sign::Of(Format::SeqTr),
        () if has("image") && any(&["expression", "expressions"]) => Sign::Of(Format::JsonLines),
        () if regions && has("*[]\"") => Sign::Of(Format::ReferIt),
        () if outline.endless.is_some() => {
            let at = outline.endless.unwrap_or_default();
            Sign::Other(format!("JSON with a number or text at byte {at} that goes on beyond the first {HEAD} bytes"))
        }
        () if regions && has("*[]0") => Sign::Part("boxes of ReferItGame"),
        () if any(&["images[].file_name", "annotations[].bbox"]) => Sign::Part(PICTURES_AND_OBJECTS),
        () => {
            let keys: Vec<String> = outline.keys.iter().take(6).map(|key| format!("`{key}`")).collect();
            Sign::Other(format!("JSON{}{}", if keys.is_empty() { "" } else { " with " }, keys.join(", ")))
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
