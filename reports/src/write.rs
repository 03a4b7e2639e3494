//! A report as files.

use std::path::Path;

use anyhow::Result;

use crate::{Leaderboard, Measurement, ReportOptions, published};

/// Width of `report.txt` in characters.
const TEXT_WIDTH: u16 = 120;

/// Writes `report.txt`, `report.md`, `report.csv`, `report.json` and `report.html` into `folder`, which must exist.
/// The measurements are one's own; the published results are added to them. Each file appears whole or not at all.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_report(folder: &Path, measurements: &[Measurement], options: &ReportOptions) -> Result<()> {
    let all = [measurements, &published::builtin()?].concat();
    let board = Leaderboard::new(&all, options)?;
    write(folder, "report.txt", board.terminal(TEXT_WIDTH, false).as_bytes())?;
    write(folder, "report.md", board.markdown().as_bytes())?;
    write(folder, "report.csv", &board.csv()?)?;
    write(folder, "report.json", board.json()?.as_bytes())?;
    write(folder, "report.html", board.html().as_bytes())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let unfinished = folder.join(format!(".{name}.unfinished"));
    fs_err::write(&unfinished, bytes)?;
    Ok(fs_err::rename(unfinished, folder.join(name))?)
}
