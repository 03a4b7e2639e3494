//! What a benchmark prints.

use std::io::{self, Write};

use anyhow::Result;
use serde_json::json;
use simvg_model::Precision;

use super::work::Outcome;
use super::{Settings, memory};

/// Prints an outcome for people, or as one JSON object.
pub fn print(outcome: &Outcome, settings: &Settings) -> Result<()> {
    let t = &outcome.timings;
    let median = t.median();
    let samples_per_s = settings.batch as f64 / median;
    let gflops = outcome.operations / median / 1e9;
    let share = 100.0 * gflops / outcome.peak_gflops;
    let peak_mib = memory::peak_mib();
    let precision = Precision::from(settings.precision).in_effect();
    let threads = rayon::current_num_threads();
    let mut out = io::stdout().lock();
    if settings.json {
        let line = json!({
            "work": outcome.work, "preset": settings.preset, "image": outcome.image, "batch": settings.batch,
            "precision": precision, "threads": threads, "samples_per_s": samples_per_s,
            "median_s": median, "min_s": t.min(), "max_s": t.max(), "phases_percent": t.shares(),
            "gflops": gflops, "gemm_peak_gflops": outcome.peak_gflops, "gemm_peak_percent": share, "peak_mib": peak_mib,
        });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    writeln!(
        out,
        "{} {} at {} pixels, batch {}, {}, {threads} threads",
        outcome.work, settings.preset, outcome.image, settings.batch, precision
    )?;
    writeln!(out, "  {samples_per_s:.2} samples/s, {median:.4} s a step ({:.4} to {:.4})", t.min(), t.max())?;
    writeln!(out, "  {gflops:.0} GFLOP/s, {share:.0} % of the GEMM peak of {:.0}", outcome.peak_gflops)?;
    for (phase, percent) in t.shares() {
        writeln!(out, "  {percent:5.1} %  {phase}")?;
    }
    if let Some(mib) = peak_mib {
        writeln!(out, "  {mib:.0} MiB peak memory")?;
    }
    Ok(())
}
