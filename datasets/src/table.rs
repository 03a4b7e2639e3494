//! Records as a Parquet table, so that polars, pandas or DuckDB can read what was converted.
//!
//! One row a record. `boxes` and `candidates` are lists of f64 with four numbers a box (x0, y0, x1, y1);
//! `candidate_categories` is a list of integers, `expressions` of strings; the rest are plain columns named as the fields of [`Record`].

use std::path::Path;

use anyhow::{Context, Result, ensure};
use polars::chunked_array::builder::{ListBuilderTrait, ListPrimitiveChunkedBuilder, ListStringChunkedBuilder};
use polars::prelude::{
    Column, DataFrame, DataType, Float64Type, Int64Type, IntoColumn, PolarsError, Series, StringChunked,
};
use polars_io::prelude::{ParquetCompression, ParquetReader, ParquetWriter, SerReader};

use crate::sample::Record;

/// Writes `records` as a Parquet file at `path`.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_records(path: &Path, records: &[Record]) -> Result<()> {
    let columns = vec![
        integers("id", records, |r| r.id),
        integers("image_id", records, |r| r.image_id),
        strings("image", records, |r| &r.image),
        strings("picture", records, |r| &r.picture),
        integers("width", records, |r| r.width.into()),
        integers("height", records, |r| r.height.into()),
        string_lists("expressions", records, |r| &r.expressions),
        box_lists("boxes", records, |r| &r.boxes),
        box_lists("candidates", records, |r| &r.candidates),
        integer_lists("candidate_categories", records, |r| &r.candidate_categories),
        strings("split", records, |r| &r.split),
        strings("dataset", records, |r| &r.dataset),
        strings("group", records, |r| &r.group),
    ];
    write_frame(path, &mut DataFrame::new(records.len(), columns)?)
}

/// Writes any table as a Parquet file at `path`.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_frame(path: &Path, frame: &mut DataFrame) -> Result<()> {
    let file = fs_err::File::create(path)?;
    // Compressing takes several times as long as all the rest of a conversion, and pictures are what fills a disk.
    let writer = ParquetWriter::new(file).with_compression(ParquetCompression::Uncompressed);
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

/// Reads the records that [`write_records`] wrote.
///
/// # Errors
/// Where the file is missing, damaged, or has other columns.
pub fn read_records(path: &Path) -> Result<Vec<Record>> {
    let frame = read_frame(path)?;
    records_of(&frame).with_context(|| format!("in {}", path.display()))
}

fn records_of(frame: &DataFrame) -> Result<Vec<Record>> {
    let integer = |name: &str| Ok::<_, PolarsError>(frame.column(name)?.i64()?.clone());
    let string = |name: &str| Ok::<_, PolarsError>(frame.column(name)?.str()?.clone());
    let (id, image_id, width, height) = (integer("id")?, integer("image_id")?, integer("width")?, integer("height")?);
    let (image, picture, split) = (string("image")?, string("picture")?, string("split")?);
    let (dataset, group) = (string("dataset")?, string("group")?);
    let mut expressions = read_string_lists(frame, "expressions")?.into_iter();
    let mut boxes = read_box_lists(frame, "boxes")?.into_iter();
    let mut candidates = read_box_lists(frame, "candidates")?.into_iter();
    let mut categories = read_integer_lists(frame, "candidate_categories")?.into_iter();
    let text = |column: &StringChunked, row| Ok::<_, anyhow::Error>(column.get(row).context("a null")?.to_owned());
    (0..frame.height())
        .map(|row| {
            Ok(Record {
                id: id.get(row).context("a null id")?,
                image_id: image_id.get(row).context("a null image_id")?,
                image: text(&image, row)?,
                picture: text(&picture, row)?,
                width: width.get(row).context("a null width")?.try_into()?,
                height: height.get(row).context("a null height")?.try_into()?,
                expressions: expressions.next().unwrap_or_default(),
                boxes: boxes.next().unwrap_or_default(),
                candidates: candidates.next().unwrap_or_default(),
                candidate_categories: categories.next().unwrap_or_default(),
                split: text(&split, row)?,
                dataset: text(&dataset, row)?,
                group: text(&group, row)?,
            })
        })
        .collect()
}

fn integers(name: &str, records: &[Record], field: impl Fn(&Record) -> i64) -> Column {
    Column::new(name.into(), records.iter().map(field).collect::<Vec<i64>>())
}

fn strings<'a>(name: &str, records: &'a [Record], field: impl Fn(&'a Record) -> &'a String) -> Column {
    Column::new(name.into(), records.iter().map(|r| field(r).as_str()).collect::<Vec<&str>>())
}

fn string_lists(name: &str, records: &[Record], field: impl Fn(&Record) -> &Vec<String>) -> Column {
    let mut builder = ListStringChunkedBuilder::new(name.into(), records.len(), records.len() * 3);
    for record in records {
        builder.append_values_iter(field(record).iter().map(String::as_str));
    }
    builder.finish().into_column()
}

fn box_lists(name: &str, records: &[Record], field: impl Fn(&Record) -> &Vec<[f64; 4]>) -> Column {
    let mut builder = ListPrimitiveChunkedBuilder::<Float64Type>::new(
        name.into(),
        records.len(),
        records.len() * 4,
        DataType::Float64,
    );
    for record in records {
        builder.append_slice(field(record).as_flattened());
    }
    builder.finish().into_column()
}

fn integer_lists(name: &str, records: &[Record], field: impl Fn(&Record) -> &Vec<i64>) -> Column {
    let (rows, values) = (records.len(), records.len() * 4);
    let mut builder = ListPrimitiveChunkedBuilder::<Int64Type>::new(name.into(), rows, values, DataType::Int64);
    for record in records {
        builder.append_slice(field(record));
    }
    builder.finish().into_column()
}

fn read_integer_lists(frame: &DataFrame, name: &str) -> Result<Vec<Vec<i64>>> {
    read_lists(frame, name, |series| Ok(series.i64()?.into_no_null_iter().collect()))
}

fn read_string_lists(frame: &DataFrame, name: &str) -> Result<Vec<Vec<String>>> {
    let read = |series: Series| Ok(series.str()?.iter().flatten().map(str::to_owned).collect());
    read_lists(frame, name, read)
}

fn read_box_lists(frame: &DataFrame, name: &str) -> Result<Vec<Vec<[f64; 4]>>> {
    read_lists(frame, name, |series| {
        let numbers: Vec<f64> = series.f64()?.into_no_null_iter().collect();
        let (boxes, rest) = numbers.as_chunks::<4>();
        ensure!(rest.is_empty(), "a box list in column {name} is no multiple of 4 long");
        Ok(boxes.to_vec())
    })
}

fn read_lists<T>(frame: &DataFrame, name: &str, read: impl Fn(Series) -> Result<Vec<T>>) -> Result<Vec<Vec<T>>> {
    let column = frame.column(name)?.list()?;
    (0..frame.height())
        .map(|row| {
            let series = column.get_as_series(row).with_context(|| format!("a null in column {name}"))?;
            ensure!(series.null_count() == 0, "a null in a list of column {name}");
            read(series)
        })
        .collect()
}
