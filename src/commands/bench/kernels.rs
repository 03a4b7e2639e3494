//! `simvg-pipe bench kernels`: every kernel of a step against the peaks of this processor.

use std::io::{self, Write};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;
use serde_json::json;
use simvg_kernels::attention::Shape;
use simvg_kernels::measure::{self, Peaks, Sizes, Work};
use simvg_kernels::patches;
use simvg_model::Precision;
use simvg_model::config::{ModelConfig, PRESETS};
use simvg_model::model;

use super::{TEXT, pool};
use crate::precision::PrecisionArg;

/// Arguments of `bench kernels`.
#[derive(Debug, Args)]
pub struct KernelsArgs {
    /// Model size
    #[arg(long, default_value = "base", value_parser = PRESETS)]
    preset: String,
    /// Samples a step
    #[arg(long, default_value_t = 4)]
    batch: usize,
    /// Number format of the matrix products
    #[arg(long, value_enum, default_value = "f32")]
    precision: PrecisionArg,
    /// Milliseconds that each kernel is timed for
    #[arg(long, default_value_t = 300)]
    span: u64,
    /// Only kernels whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Threads; all cores where it is left out
    #[arg(long)]
    threads: Option<usize>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A kernel and what it reached.
#[derive(Debug, Serialize)]
struct Reached {
    name: String,
    operations: f64,
    bytes: f64,
    calls_training: f64,
    calls_inference: f64,
    median_s: f64,
    min_s: f64,
    max_s: f64,
    gflops: f64,
    gbytes: f64,
    floor_s: f64,
    floor_percent: f64,
}

/// Runs the command.
pub fn run(args: &KernelsArgs) -> Result<()> {
    ensure!(args.batch > 0, "--batch must be at least 1");
    pool(args.threads)?.install(|| {
        let peaks = measure::peaks();
        let peak = product_peak(&peaks, args.precision.into());
        let chosen = measure::kernels(sizes(args)?).into_iter().filter(|work| work.name.contains(&args.only));
        let span = Duration::from_millis(args.span);
        let reached: Vec<Reached> = chosen.map(|work| reached(&work, span, peak, peaks.copy_gbytes)).collect();
        ensure!(!reached.is_empty(), "no kernel has {:?} in its name", args.only);
        print(args, &peaks, &reached)
    })
}

/// What products in this format are compared with: multiply-adds in registers; in bf16, tiles.
fn product_peak(peaks: &Peaks, precision: Precision) -> f64 {
    match precision {
        Precision::F32 => peaks.fma_gflops,
        Precision::Bf16 => peaks.bf16_tile_gflops.unwrap_or(peaks.fma_gflops),
    }
}

fn sizes(args: &KernelsArgs) -> Result<Sizes> {
    let config = ModelConfig::preset(&args.preset).context("no such preset")?;
    let encoder = &config.encoder;
    Ok(Sizes {
        shape: Shape {
            samples: args.batch,
            heads: encoder.heads,
            head_dim: encoder.embed / encoder.heads,
            vision: 1 + encoder.patches(),
            text: TEXT,
        },
        ffn: encoder.ffn,
        depth: encoder.depth,
        pictures: patches::Sizes { channels: encoder.in_chans, side: encoder.img_size, patch: encoder.patch_size },
        parameters: model::layout(&config).len(),
        precision: args.precision.into(),
    })
}

fn reached(work: &Work, span: Duration, gflops: f64, gbytes: f64) -> Reached {
    let seconds = work.time(span);
    let floor_s = work.floor(gflops, gbytes);
    Reached {
        name: work.name.clone(),
        operations: work.operations,
        bytes: work.bytes,
        calls_training: work.training,
        calls_inference: work.inference,
        median_s: seconds.median,
        min_s: seconds.min,
        max_s: seconds.max,
        gflops: work.operations / seconds.median / 1e9,
        gbytes: work.bytes / seconds.median / 1e9,
        floor_s,
        floor_percent: 100.0 * floor_s / seconds.median,
    }
}

fn print(args: &KernelsArgs, peaks: &Peaks, reached: &[Reached]) -> Result<()> {
    let threads = rayon::current_num_threads();
    let precision = Precision::from(args.precision).in_effect();
    let Peaks { fma_gflops, f32_tile_gflops, f32_gflops, bf16_tile_gflops, bf16_gflops, copy_gbytes } = peaks;
    let sums = [|r: &Reached| r.calls_training, |r: &Reached| r.calls_inference].map(|calls| {
        let total = |part: fn(&Reached) -> f64| reached.iter().map(|r| calls(r) * part(r)).sum::<f64>();
        json!({ "floor_s": total(|r| r.floor_s), "median_s": total(|r| r.median_s) })
    });
    let [training, inference] = &sums;
    let mut out = io::stdout().lock();
    if args.json {
        let line = json!({
            "work": "kernels", "preset": args.preset, "batch": args.batch, "precision": precision, "threads": threads,
            "fma_gflops": fma_gflops, "tile_f32_gflops": f32_tile_gflops, "gemm_f32_gflops": f32_gflops,
            "tile_bf16_gflops": bf16_tile_gflops, "gemm_bf16_gflops": bf16_gflops,
            "copy_gbytes": copy_gbytes, "kernels": reached, "training": training, "inference": inference,
        });
        return Ok(writeln!(out, "{line}")?);
    }
    writeln!(out, "{} at batch {}, {precision}, {threads} threads", args.preset, args.batch)?;
    writeln!(out, "  {fma_gflops:.0} GFLOP/s of f32 multiply-adds in registers")?;
    writeln!(
        out,
        "  {f32_tile_gflops:.0} GFLOP/s of f32 tiles in the first-level cache, {f32_gflops:.0} of a square product"
    )?;
    if let (Some(tiles), Some(square)) = (bf16_tile_gflops, bf16_gflops) {
        writeln!(
            out,
            "  {tiles:.0} GFLOP/s of bf16 tiles in the first-level cache, {square:.0} of a square bf16 product"
        )?;
    }
    writeln!(out, "  {copy_gbytes:.1} GB/s of copied memory, read and written\n")?;
    writeln!(out, "  calls  median ms    floor ms  % of peak  GFLOP/s   GB/s")?;
    for r in reached {
        let (median, floor) = (1e3 * r.median_s, 1e3 * r.floor_s);
        let rates = format!("{:9.0} {:8.0} {:6.1}", r.floor_percent, r.gflops, r.gbytes);
        writeln!(out, "{:7.1} {median:10.3} {floor:11.3}  {rates}  {}", r.calls_training, r.name)?;
    }
    for (name, sum) in [("training step", training), ("inference", inference)] {
        writeln!(out, "  {name}: floor {:.3} s, reached {:.3} s", num(&sum["floor_s"]), num(&sum["median_s"]))?;
    }
    Ok(())
}

fn num(value: &serde_json::Value) -> f64 {
    value.as_f64().unwrap_or_default()
}
