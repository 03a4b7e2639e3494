//! From measurements to rows: runs of one method become one row with its spread, beside the best published value.

use anyhow::Result;
use polars::prelude::*;

use crate::labels::told_apart;
use crate::{BestPublished, Measurement, Row, Run, Spread, published};

const KEYS: [&str; 10] =
    ["dataset", "split", "group", "branch", "metric", "method", "baseline", "dataset_", "split_", "metric_"];

/// The published names of a number; see [`published::name_of`].
const PRINTED: [&str; 3] = ["dataset_", "split_", "metric_"];

/// Rows of all measurements: first one's own in the order they came in, then the published ones, one row each.
///
/// # Errors
/// Where the data-frame library fails, which no input is known to cause.
pub(crate) fn rows(measurements: &[Measurement]) -> Result<Vec<Row>> {
    let (printed, own): (Vec<_>, Vec<_>) = measurements.iter().cloned().partition(|m| m.published);
    let own = told_apart(own);
    let grouped = grouped(&own)?.join(best(&printed)?, cols(PRINTED), cols(PRINTED), JoinType::Left.into());
    let grouped = grouped.sort(["first"], SortMultipleOptions::default()).collect()?;
    let mut rows = own_rows(&own, &grouped)?;
    rows.extend(printed.into_iter().map(published_row));
    Ok(rows)
}

fn cols<const N: usize>(names: [&str; N]) -> Vec<Expr> {
    names.map(col).to_vec()
}

/// One line a group of runs: keys, spread, `index` (list of places in `own`), `first` (the least of them).
fn grouped(own: &[Measurement]) -> Result<LazyFrame> {
    let value = || col("value");
    let aggregates = [
        value().mean().alias("mean"),
        value().min().alias("min"),
        value().max().alias("max"),
        value().std(1).alias("std"),
        col("index").min().alias("first"),
        col("index"),
    ];
    Ok(frame(own)?.group_by(cols(KEYS)).agg(aggregates))
}

/// The best published value by printed data set, split and metric: `best`, `best_method`.
fn best(printed: &[Measurement]) -> Result<LazyFrame> {
    let trusted: Vec<_> =
        printed.iter().filter(|m| m.publication.as_ref().is_none_or(|p| !p.doubtful)).cloned().collect();
    let order = SortMultipleOptions::default().with_order_descending(true).with_maintain_order(true);
    let best = [col("value").first().alias("best"), col("method").first().alias("best_method")];
    Ok(frame(&trusted)?.sort(["value"], order).group_by(cols(PRINTED)).agg(best))
}

/// The measurements as a data frame. Printed names are null where no published number can be compared.
fn frame(measurements: &[Measurement]) -> Result<LazyFrame> {
    let column = |name: &str, f: &dyn Fn(&Measurement) -> Option<String>| {
        Column::new(name.into(), measurements.iter().map(f).collect::<Vec<_>>())
    };
    let printed = |m: &Measurement| match m.published {
        true => Some((m.dataset.clone(), m.split.clone(), m.metric.clone())),
        false => {
            let comparable = m.group == m.dataset && m.baseline.is_none();
            comparable.then(|| published::name_of(&m.dataset, &m.split, &m.metric))
        }
    };
    let columns = vec![
        Column::new("index".into(), (0..measurements.len() as u32).collect::<Vec<_>>()),
        Column::new("value".into(), measurements.iter().map(|m| m.value).collect::<Vec<_>>()),
        column("dataset", &|m| Some(m.dataset.clone())),
        column("split", &|m| Some(m.split.clone())),
        column("group", &|m| Some(m.group.clone())),
        column("branch", &|m| Some(m.branch.to_string())),
        column("metric", &|m| Some(m.metric.clone())),
        column("method", &|m| Some(m.method.clone())),
        column("baseline", &|m| m.baseline.clone()),
        column("dataset_", &|m| printed(m).map(|p| p.0)),
        column("split_", &|m| printed(m).map(|p| p.1)),
        column("metric_", &|m| printed(m).map(|p| p.2)),
    ];
    Ok(DataFrame::new(measurements.len(), columns)?.lazy())
}

/// Reads the collected frame back into rows; what the keys say is taken from the first measurement of each group.
fn own_rows(own: &[Measurement], frame: &DataFrame) -> Result<Vec<Row>> {
    let number = |name: &str| -> Result<Vec<Option<f64>>> { Ok(frame.column(name)?.f64()?.iter().collect()) };
    let (mean, min, max, std, best) =
        (number("mean")?, number("min")?, number("max")?, number("std")?, number("best")?);
    let (index, best_method) = (frame.column("index")?.list()?, frame.column("best_method")?.str()?);
    let mut rows = Vec::with_capacity(frame.height());
    for i in 0..frame.height() {
        let Some(members) = index.get_as_series(i) else { continue };
        let mut members: Vec<u32> = members.u32()?.iter().flatten().collect();
        members.sort_unstable();
        let members: Vec<&Measurement> = members.into_iter().map(|m| &own[m as usize]).collect();
        let (Some(mean), Some(min), Some(max)) = (mean[i], min[i], max[i]) else { continue };
        let std = std[i].filter(|_| members.len() > 1);
        let spread = Spread { mean, min, max, std, runs: members.len() };
        let best =
            best[i].zip(best_method.get(i)).map(|(value, method)| BestPublished { method: method.into(), value });
        rows.push(row(members[0], spread, members.iter().map(|m| run(m)).collect(), best));
    }
    Ok(rows)
}

/// The row of a group that `m` belongs to.
fn row(m: &Measurement, spread: Spread, runs: Vec<Run>, best_published: Option<BestPublished>) -> Row {
    Row {
        dataset: m.dataset.clone(),
        split: m.split.clone(),
        group: m.group.clone(),
        branch: m.branch,
        metric: m.metric.clone(),
        method: m.method.clone(),
        baseline: m.baseline.clone(),
        spread,
        runs,
        best_published,
        publication: m.publication.clone(),
    }
}

fn run(m: &Measurement) -> Run {
    Run {
        value: m.value,
        seed: m.seed,
        samples: m.samples,
        stage: m.stage.clone(),
        fingerprint: m.fingerprint.clone(),
        checkpoint_stage: m.checkpoint_stage.clone(),
        checkpoint: m.checkpoint.clone(),
        commit: m.commit.clone(),
    }
}

fn published_row(m: Measurement) -> Row {
    let spread = Spread { mean: m.value, min: m.value, max: m.value, std: None, runs: 1 };
    row(&m, spread, Vec::new(), None)
}
