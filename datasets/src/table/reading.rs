//! The values of one column of a table.

use anyhow::{Context, Result, ensure};
use polars::prelude::{DataFrame, Series};

/// The numbers of an integer column.
pub(super) fn read_integers(frame: &DataFrame, name: &str) -> Result<Vec<i64>> {
    let column = frame.column(name)?.i64()?;
    column.iter().map(|value| value.with_context(|| format!("a null in column {name}"))).collect()
}

/// The texts of a column, each as `make` has it.
pub(super) fn read_strings<T>(frame: &DataFrame, name: &str, mut make: impl FnMut(&str) -> T) -> Result<Vec<T>> {
    let column = frame.column(name)?.str()?;
    column.iter().map(|value| Ok(make(value.with_context(|| format!("a null in column {name}"))?))).collect()
}

/// The lists of an integer column.
pub(super) fn read_integer_lists(frame: &DataFrame, name: &str) -> Result<Vec<Vec<i64>>> {
    read_lists(frame, name, |series| Ok(series.i64()?.into_no_null_iter().collect()))
}

/// The lists of a text column.
pub(super) fn read_string_lists(frame: &DataFrame, name: &str) -> Result<Vec<Vec<String>>> {
    read_lists(frame, name, |series| Ok(series.str()?.iter().flatten().map(str::to_owned).collect()))
}

/// The lists of a column of boxes.
pub(super) fn read_box_lists(frame: &DataFrame, name: &str) -> Result<Vec<Vec<[f64; 4]>>> {
    let numbers = read_lists(frame, name, |series| Ok(series.f64()?.into_no_null_iter().collect()))?;
    let boxes = numbers.into_iter().map(|numbers: Vec<f64>| {
        let (boxes, rest) = numbers.as_chunks::<4>();
        ensure!(rest.is_empty(), "a box list in column {name} is no multiple of 4 long");
        Ok(boxes.to_vec())
    });
    boxes.collect()
}

/// Reads the values of all lists at once and hands them out by the lists' lengths.
fn read_lists<T>(frame: &DataFrame, name: &str, read: impl Fn(&Series) -> Result<Vec<T>>) -> Result<Vec<Vec<T>>> {
    let column = frame.column(name)?.list()?;
    ensure!(column.null_count() == 0, "a null in column {name}");
    let mut lists = Vec::with_capacity(frame.height());
    for array in column.downcast_iter() {
        let values = Series::from_arrow(column.name().clone(), array.values().clone())?;
        ensure!(values.null_count() == 0, "a null in a list of column {name}");
        let starts = array.offsets();
        let mut values = read(&values)?.into_iter().skip(starts[0] as usize);
        lists.extend(starts.windows(2).map(|pair| values.by_ref().take((pair[1] - pair[0]) as usize).collect()));
    }
    Ok(lists)
}
