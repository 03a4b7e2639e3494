//! Converts one raw data set and tells how long reading, checking and writing took and how much memory it held at most.
//!
//! ```text
//! cargo run --release -p simvg-datasets --example convert -- RAW DATASET SPLIT_BY OUT
//! ```

#![allow(clippy::print_stdout, reason = "an example is a program")]

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, bail};
use simvg_datasets::convert::{ConvertOptions, convert};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [raw, dataset, split_by, out] = &arguments[..] else { bail!("give RAW DATASET SPLIT_BY OUT") };
    let options = ConvertOptions {
        raw_dir: raw.into(),
        dataset: dataset.clone(),
        split_by: split_by.clone(),
        images_dir: Path::new(raw).join("images").to_string_lossy().into_owned(),
        lenient: true,
        ..ConvertOptions::default()
    };
    let start = Instant::now();
    let converted = convert(&options)?;
    let read = start.elapsed();
    let mut records = 0;
    converted.save(out, |part| records += part.len())?;
    println!("{records} records, {} defects, read in {read:.2?}", converted.dropped.len());
    println!("written in {:.2?}, in all {:.2?}", start.elapsed() - read, start.elapsed());
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
    Ok(())
}
