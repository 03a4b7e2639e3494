//! Writes the two tables of a data set a part at a time.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use polars::prelude::{DataType, Field, Schema};
use polars_io::parquet::write::BatchedWriter;
use rayon::prelude::*;

use super::pages::Pages;
use super::pictures::{self, Rows};
use super::{PICTURES, SAMPLES, file_writer, records};
use crate::sample::{Picture, Record};

/// Rows of a row group.
pub const ROWS: usize = 1 << 15;

/// Name and type of a column.
pub(super) type ColumnType = (&'static str, DataType);

/// The tables of a data set, of which as much was written as was given.
pub struct Writer {
    samples: Table,
    pictures: Table,
    rows: Rows,
}

impl Writer {
    /// Begins both files in `dir`.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn create(dir: &Path) -> Result<Self> {
        let (samples, pictures) = (records::columns(), pictures::columns());
        Ok(Self {
            samples: Table::create(dir.join(SAMPLES), &samples)?,
            pictures: Table::create(dir.join(PICTURES), &pictures)?,
            rows: Rows::default(),
        })
    }

    /// Writes `records` behind those before, in groups of [`ROWS`].
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn add(&mut self, records: &[Record]) -> Result<()> {
        let rows: Vec<u32> = records.iter().map(|record| self.rows.row(&record.picture)).collect();
        let parts = records.par_chunks(ROWS).zip(rows.par_chunks(ROWS));
        let parts: Vec<_> = parts.map(|(records, rows)| (records.len(), records::pages(records, rows))).collect();
        parts.into_iter().try_for_each(|(count, pages)| self.samples.write(count, pages))
    }

    /// Writes the pictures of all records.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn finish(mut self) -> Result<()> {
        let part = |part: &[Arc<Picture>]| (part.len(), pictures::pages(part));
        let parts: Vec<_> = self.rows.all.par_chunks(ROWS).map(part).collect();
        parts.into_iter().try_for_each(|(count, pages)| self.pictures.write(count, pages))?;
        self.samples.finish()?;
        self.pictures.finish()
    }
}

/// A file with a table.
struct Table {
    path: std::path::PathBuf,
    writer: BatchedWriter<fs_err::File>,
}

impl Table {
    fn create(path: std::path::PathBuf, columns: &[ColumnType]) -> Result<Self> {
        let schema: Schema = columns.iter().map(|(name, kind)| Field::new((*name).into(), kind.clone())).collect();
        let writer = file_writer(fs_err::File::create(&path)?).batched(&schema);
        Ok(Self { writer: writer.with_context(|| format!("writing {}", path.display()))?, path })
    }

    fn write(&mut self, rows: usize, columns: Vec<Pages>) -> Result<()> {
        let types = self.writer.parquet_schema().columns();
        let pages = columns.into_iter().zip(types).map(|(pages, of)| pages.finish(rows, &of.descriptor));
        let pages: Vec<_> = pages.collect();
        let written = self.writer.write_row_group(rows as u64, &pages);
        written.with_context(|| format!("writing {}", self.path.display()))
    }

    fn finish(self) -> Result<()> {
        self.writer.finish().with_context(|| format!("writing {}", self.path.display()))?;
        Ok(())
    }
}
