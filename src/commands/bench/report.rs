//! What a benchmark prints.

use std::io::{self, Write};

use anyhow::Result;
use serde_json::json;
use simvg_model::Precision;

use super::work::{Limit, Outcome};
use super::{Settings, memory};

/// Prints an outcome for people, or as one JSON object.
pub fn print(outcome: &Outcome, settings: &Settings) -> Result<()> {
    let t = &outcome.timings;
    let median = t.median();
    let samples_per_s = settings.batch as f64 / median;
    let (reached, peak, [unit, of]) = match outcome.limit {
        Limit::Products { operations, peak } => (operations / median / 1e9, peak / 1e9, ["GFLOP/s", "GEMM"]),
        Limit::Memory { bytes, peak } => (bytes / median / 1e9, peak / 1e9, ["GB/s", "memory"]),
    };
    let share = 100.0 * reached / peak;
    let peak_mib = memory::peak_mib();
    let precision = Precision::from(settings.precision).in_effect();
    let threads = rayon::current_num_threads();
    let mut out = io::stdout().lock();
    if settings.json {
        let mut line = json!({
            "work": outcome.work, "preset": settings.preset, "image": outcome.image, "batch": settings.batch,
            "precision": precision, "threads": threads, "samples_per_s": samples_per_s,
            "median_s": median, "min_s": t.min(), "max_s": t.max(), "phases_percent": t.shares(),
            "peak_mib": peak_mib,
        });
        let names = match outcome.limit {
            Limit::Products { .. } => ["gflops", "gemm_peak_gflops", "gemm_peak_percent"],
            Limit::Memory { .. } => ["gb_per_s", "memory_peak_gb_per_s", "memory_peak_percent"],
        };
        names.into_iter().zip([reached, peak, share]).for_each(|(name, value)| line[name] = json!(value));
        writeln!(out, "{line}")?;
        return Ok(());
    }
    writeln!(
        out,
        "{} {} at {} pixels, batch {}, {}, {threads} threads",
        outcome.work, settings.preset, outcome.image, settings.batch, precision
    )?;
    writeln!(out, "  {samples_per_s:.2} samples/s, {median:.4} s a step ({:.4} to {:.4})", t.min(), t.max())?;
    writeln!(out, "  {reached:.0} {unit}, {share:.0} % of the {of} peak of {peak:.0}")?;
    for (phase, percent) in t.shares() {
        writeln!(out, "  {percent:5.1} %  {phase}")?;
    }
    if let Some(mib) = peak_mib {
        writeln!(out, "  {mib:.0} MiB peak memory")?;
    }
    Ok(())
}
