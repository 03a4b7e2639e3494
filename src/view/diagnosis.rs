//! What `data doctor` found, as text.

use std::path::Path;

use console::style;
use simvg_datasets::convert::CountDifference;
use simvg_datasets::doctor::{Annotations, Content, Diagnosis, Form, Found};
use simvg_datasets::sample::{Count, Counts};

/// Everything that is there, what it lacks, and what is not there.
pub fn text(folder: &Path, diagnosis: &Diagnosis) -> String {
    let mut text = format!("{}\n", folder.display());
    if diagnosis.found.is_empty() && diagnosis.converted.is_empty() && diagnosis.others.is_empty() {
        text += "  no data set of the catalog, and none that was converted\n";
    }
    diagnosis.found.iter().for_each(|found| text += &data_set(found));
    diagnosis.others.iter().for_each(|others| text += &annotations(others));
    for converted in &diagnosis.converted {
        let place = converted.folder.display();
        text += &match &converted.error {
            None => format!("\n{} converted data set in {place}\n{}", good(), counts(&converted.counts)),
            Some(error) => format!("\n{} converted data set in {place}: {error}\n", bad()),
        };
    }
    if !diagnosis.pictures.is_empty() {
        text += "\npictures\n";
    }
    diagnosis.pictures.iter().for_each(|(path, count)| text += &format!("  {count:>7}  {}\n", path.display()));
    let absent = diagnosis.absent.iter().filter(|entry| !entry.collection.is_empty());
    let absent: Vec<String> = absent.map(|entry| format!("{}_{}", entry.folder, entry.split_by)).collect();
    if !absent.is_empty() {
        text += &format!("\nnot here: {}\n", absent.join(", "));
        text += "simvg-pipe data list NAME tells where each is to be had.\n";
    }
    text
}

fn good() -> String {
    style("ok     ").green().to_string()
}

fn bad() -> String {
    style("LACKING").red().bold().to_string()
}

fn data_set(found: &Found) -> String {
    let entry = &found.entry;
    let whole = found.content.as_ref().is_some_and(Content::is_whole);
    let sign = match (found.is_complete(), whole) {
        (true, true) => good(),
        (true, false) => style("DIFFERS").yellow().bold().to_string(),
        (false, _) => bad(),
    };
    let mut text = format!("\n{sign} {} (split by {}) in {}\n", entry.name, entry.split_by, found.folder.display());
    text += &forms(&found.forms);
    for file in &found.missing {
        text += &format!("  missing {}: {}\n    is to be had from {}\n", file.path, file.what, file.from);
    }
    match &found.images {
        Some(images) => text += &format!("  pictures in {}\n", images.display()),
        None => text += &format!("  missing {}\n    are to be had from {}\n", entry.pictures.what, entry.pictures.from),
    }
    text + &found.content.as_ref().map_or_else(String::new, content)
}

/// A folder that is not called as in the catalog, what it is by its content, and how it is converted.
fn annotations(others: &Annotations) -> String {
    let sign = if others.error.is_some() || !others.missing.is_empty() { bad() } else { good() };
    let mut text = format!("\n{sign} annotations in {}\n{}", others.folder.display(), forms(&others.forms));
    others.parts.iter().for_each(|part| text += &format!("  by content, {part}\n"));
    if let Some(error) = &others.error {
        return text + &format!("  they cannot be read: {error}\n");
    }
    for (split, Count { records, images, expressions }) in &others.counts {
        text += &format!("  {split}: {records} references, {images} pictures, {expressions} expressions\n");
    }
    for entry in &others.known_as {
        text += &format!("  these are the counts of {} (split by {})\n", entry.name, entry.split_by);
    }
    for file in &others.missing {
        text += &format!("  missing {}: {}\n    is to be had from {}\n", file.path, file.what, file.from);
    }
    text + &how_to_convert(others)
}

/// Where the data set is known, its folder has to have the catalog's name for Convert to know it too.
fn how_to_convert(others: &Annotations) -> String {
    let format = if others.forms.len() > 1 { ", format: ONE OF THESE" } else { "" };
    let own = others.folder.file_name().unwrap_or_default().to_string_lossy();
    let parent = others.folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let raw = parent.display();
    match others.known_as.first() {
        Some(entry) => format!(
            "  call the folder {0}, then convert it: Convert(raw: \"{raw}\", dataset: \"{0}\", split_by: \"{1}\", images: \"FOLDER\")\n",
            entry.folder, entry.split_by
        ),
        None => format!("  to convert them: Convert(raw: \"{raw}\", dataset: \"{own}\"{format}, images: \"FOLDER\")\n"),
    }
}

/// What is there by its content, a line for each format.
fn forms(forms: &[Form]) -> String {
    forms.iter().map(|form| format!("  {} by content: {}\n", form.format, shortened(&form.files))).collect()
}

fn shortened(names: &[String]) -> String {
    let rest = names.len().saturating_sub(5);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    names[..names.len() - rest].join(", ") + &more
}

fn content(content: &Content) -> String {
    if let Some(error) = &content.error {
        return format!("  {} it cannot be converted: {error}\n", bad());
    }
    let mut text = counts(&content.counts);
    text += &differences(&content.differences);
    if content.defect_count > 0 {
        text += &format!("  {} {} defects, such as\n", bad(), content.defect_count);
        content.defects.iter().for_each(|defect| text += &format!("    {defect}\n"));
    }
    text
}

/// A line for each split whose counts are not the published ones.
fn differences(all: &[CountDifference]) -> String {
    let line = |of_split: &[CountDifference]| {
        let number =
            |d: &CountDifference| format!("{} {} of {}{}", d.found, d.what, if d.sure { "" } else { "~" }, d.published);
        let numbers: Vec<String> = of_split.iter().map(number).collect();
        format!("  {} {}: {}\n", style("against published counts,").yellow(), of_split[0].split, numbers.join(", "))
    };
    all.chunk_by(|a, b| a.split == b.split).map(line).collect()
}

fn counts(counts: &Counts) -> String {
    let splits = counts.iter().flat_map(|(name, splits)| splits.iter().map(move |(split, count)| (name, split, count)));
    let line = |(name, split, count): (&String, &String, &Count)| {
        let (records, images, expressions) = (count.records, count.images, count.expressions);
        format!("  {name} {split}: {records} records, {images} pictures, {expressions} expressions\n")
    };
    splits.map(line).collect()
}
