//! Data sets as Parquet tables, so that polars, pandas or DuckDB can read what was converted.
//!
//! `samples.parquet` has a row a record, `pictures.parquet` a row a picture: what is annotated in a picture would else be
//! told once for every expression, which is most of the bytes of a data set. `pages` makes columns of rows, `reading`
//! makes values of columns, `writer` puts the files together.

mod levels;
mod pages;
mod pictures;
mod reading;
mod records;
mod writer;

use std::path::Path;

use anyhow::{Context, Result};
use polars::prelude::DataFrame;
use polars_io::prelude::{ParquetCompression, ParquetReader, ParquetWriter, SerReader, StatisticsOptions};

use crate::sample::Record;

pub use writer::{ROWS, Writer};

/// A row a record.
pub const SAMPLES: &str = "samples.parquet";
/// A row a picture.
pub const PICTURES: &str = "pictures.parquet";

/// Reads what a [`Writer`] wrote.
///
/// # Errors
/// Where a file is missing, damaged, or has other columns.
pub fn read_records(dir: &Path) -> Result<Vec<Record>> {
    let path = dir.join(PICTURES);
    let pictures = pictures::read(&read_frame(&path)?).with_context(|| format!("in {}", path.display()))?;
    let path = dir.join(SAMPLES);
    records::read(&read_frame(&path)?, &pictures).with_context(|| format!("in {}", path.display()))
}

/// Writes any table as a Parquet file at `path`.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_frame(path: &Path, frame: &mut DataFrame) -> Result<()> {
    let writer = file_writer(fs_err::File::create(path)?);
    writer.finish(frame).with_context(|| format!("writing {}", path.display()))?;
    Ok(())
}

/// Reads a Parquet file as a table.
///
/// # Errors
/// Where the file is missing or is not a whole Parquet file.
pub fn read_frame(path: &Path) -> Result<DataFrame> {
    let file = fs_err::File::open(path)?;
    ParquetReader::new(file.into_file()).finish().with_context(|| format!("reading {}", path.display()))
}

/// Compressing takes several times as long as all the rest of a conversion, and pictures are what fills a disk. Nobody asks
/// for rows by the least and largest value of a column.
fn file_writer(file: fs_err::File) -> ParquetWriter<fs_err::File> {
    let writer = ParquetWriter::new(file).with_statistics(StatisticsOptions::empty());
    writer.with_compression(ParquetCompression::Uncompressed)
}
