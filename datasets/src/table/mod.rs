//! Data sets as Parquet tables, so that polars, pandas or DuckDB can read what was converted.
//!
//! `samples.parquet` has a row a record, `pictures.parquet` a row a picture: what is annotated in a picture would else be
//! told once for every expression, which is most of the bytes of a data set. `columns` turns rows into columns and back.

mod columns;
mod pictures;
mod records;

use std::path::Path;

use anyhow::{Context, Result};
use polars::prelude::{Column, DataFrame};
use polars_io::prelude::{ParquetCompression, ParquetReader, ParquetWriter, SerReader, StatisticsOptions};

use crate::sample::Record;

/// A row a record.
pub const SAMPLES: &str = "samples.parquet";
/// A row a picture.
pub const PICTURES: &str = "pictures.parquet";

/// Rows that are turned into columns at a time: so many are in memory twice, and so many make a row group.
const ROWS: usize = 1 << 16;

/// Writes `records` and their pictures as the two tables of `dir`.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_records(dir: &Path, records: &[Record]) -> Result<()> {
    let pictures = pictures::Rows::of(records);
    let (first, second) = rayon::join(
        || write_rows(&dir.join(PICTURES), &pictures.all, pictures::columns),
        || write_rows(&dir.join(SAMPLES), records, |records| records::columns(records, &pictures)),
    );
    first.and(second)
}

/// Reads what [`write_records`] wrote.
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
    let writer = writer(fs_err::File::create(path)?);
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
fn writer(file: fs_err::File) -> ParquetWriter<fs_err::File> {
    let writer = ParquetWriter::new(file).with_statistics(StatisticsOptions::empty());
    writer.with_compression(ParquetCompression::Uncompressed)
}

/// Writes a table some rows at a time.
fn write_rows<T>(path: &Path, rows: &[T], columns: impl Fn(&[T]) -> Vec<Column>) -> Result<()> {
    let frame = |rows: &[T]| DataFrame::new(rows.len(), columns(rows));
    let schema = frame(&[])?.schema().clone();
    let writing = || format!("writing {}", path.display());
    let mut writer = writer(fs_err::File::create(path)?).batched(&schema).with_context(writing)?;
    for rows in rows.chunks(ROWS) {
        writer.write_batch(&frame(rows)?).with_context(writing)?;
    }
    writer.finish().with_context(writing)?;
    Ok(())
}
