//! The catalog as text.

use comfy_table::{CellAlignment, Table, presets};
use simvg_datasets::catalog::{Entry, Mix, PublishedCount};

/// Every data set on a line, then the mixes.
pub fn list(entries: &[Entry], mixes: &[Mix]) -> String {
    let mut table = Table::new();
    let header = ["data set", "folder", "split by", "split", "refs", "pictures", "expressions"];
    table.load_preset(presets::NOTHING).set_header(header);
    for entry in entries {
        add(entry, &mut table);
    }
    for column in table.column_iter_mut().skip(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mixes: String = mixes.iter().map(mix).collect();
    format!(
        "{}\n\nCounts are published ones; ~ marks those that cannot be relied on.\n\nMixes for pretraining\n{mixes}\n\
         simvg-pipe data list NAME tells the files of one, and where they are to be had.\n",
        table.trim_fmt()
    )
}

/// A line a split, the data set's name on the first.
fn add(entry: &Entry, table: &mut Table) {
    for (i, split) in entry.splits.iter().enumerate() {
        let first = |text: &str| if i == 0 { text.to_owned() } else { String::new() };
        let of: Vec<&PublishedCount> = entry.counts.iter().filter(|count| count.split == *split).collect();
        let cell = |number: fn(&PublishedCount) -> Option<usize>| {
            let found = of.iter().find_map(|count| Some((number(count)?, count.sure)));
            found.map_or("-".to_owned(), |(number, sure)| format!("{}{number}", if sure { "" } else { "~" }))
        };
        table.add_row([
            first(&entry.name),
            first(&entry.folder),
            first(&entry.split_by),
            split.clone(),
            cell(|count| count.refs),
            cell(|count| count.images),
            cell(|count| count.expressions),
        ]);
    }
}

fn mix(mix: &Mix) -> String {
    let parts: Vec<String> = mix.parts.iter().map(|(folder, split_by)| format!("{folder} ({split_by})")).collect();
    format!("  {}: {}\n    {}; {}\n    {}\n", mix.name, mix.what, parts.join(", "), mix.pipeline, mix.counts)
}

/// Everything about one data set.
pub fn entry(entry: &Entry) -> String {
    let mut text = format!("{} (split by {})\n", entry.name, entry.split_by);
    text += &format!("\nfiles, in a folder `{}`\n", entry.folder);
    for file in &entry.files {
        text += &format!("  {}: {}\n    from {}\n", file.path, file.what, file.from);
        if let Some(archive) = &file.archive {
            text += &format!("    which has {} bytes, SHA-256 {}\n", archive.bytes, archive.sha256);
        }
    }
    text += &format!("\npictures\n  {}\n    from {}\n", entry.pictures.what, entry.pictures.from);
    text += "\nsplits\n";
    for split in &entry.splits {
        text += &format!("  {split}\n");
        entry.counts.iter().filter(|count| count.split == *split).for_each(|count| text += &counted(count));
    }
    entry.notes.iter().for_each(|note| text += &format!("\n{note}\n"));
    text
}

fn counted(count: &PublishedCount) -> String {
    let parts = [("refs", count.refs), ("pictures", count.images), ("expressions", count.expressions)];
    let parts = parts.into_iter().filter_map(|(what, number)| Some(format!("{} {what}", number?)));
    let doubt = if count.sure { "" } else { ", not sure" };
    format!("    {} ({}{doubt})\n", parts.collect::<Vec<_>>().join(", "), count.source)
}
