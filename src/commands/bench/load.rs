//! `bench load`: how fast pictures on the disk become batches, which must be faster than a model takes them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::json;
use simvg_datasets::image::{Image, Jitter};
use simvg_datasets::loader::{Loader, LoaderOptions};
use simvg_datasets::sample::{Dataset, Picture, Record};
use simvg_datasets::text::{Tokenizer, toy};

use super::measure::Timings;

/// Arguments of `bench load`.
#[derive(Debug, Args)]
pub struct LoadArgs {
    /// JPEG or PNG files
    #[arg(required = true)]
    pictures: Vec<PathBuf>,
    /// Side of the input square in pixels
    #[arg(long, default_value_t = 640)]
    image: usize,
    /// Large-scale jitter as in training (0.3 to 1.4), around a box in the middle
    #[arg(long)]
    jitter: bool,
    /// Samples a batch; one timed round makes a batch on every thread
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Timed rounds; one more is run before them to warm up
    #[arg(long, default_value_t = 5)]
    steps: usize,
    /// Threads of the loader
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Times the loader: reading, decoding, jitter, resizing and normalising, with nothing kept from round to round.
pub fn run(args: &LoadArgs) -> Result<()> {
    ensure!(args.steps > 0, "--steps must be at least 1");
    let loader = loader(args)?;
    let mut timings = Timings::default();
    for step in 0..=args.steps {
        let start = Instant::now();
        loader.epoch(step as u64).try_for_each(|batch| batch.map(|batch| loader.reuse(batch.img)))?;
        if step > 0 {
            timings.add(start.elapsed().as_secs_f64(), &[]);
        }
    }
    print(args, &timings, loader.len())
}

/// A batch for every thread, of the pictures in turn.
fn loader(args: &LoadArgs) -> Result<Loader> {
    let records = args.pictures.iter().map(|path| record(path)).collect::<Result<Vec<_>>>()?;
    let count = args.batch * args.threads;
    let records = (0..count).map(|i| Record { id: i as i64, ..records[i % records.len()].clone() }).collect();
    let dataset = Arc::new(Dataset { image_root: String::new(), records });
    let tokenizer = Arc::new(Tokenizer::from_bytes(&toy::toy_model(toy::WORDS)).map_err(anyhow::Error::msg)?);
    let options = LoaderOptions {
        img_size: args.image,
        batch: args.batch,
        jitter: args.jitter.then_some(Jitter { min: 0.3, max: 1.4, official: true }),
        threads: args.threads,
        ..LoaderOptions::default()
    };
    Loader::with_members(dataset, (0..count).collect(), tokenizer, options)
}

/// A record of the picture whose target is a box in the middle.
fn record(path: &Path) -> Result<Record> {
    let Image { width, height, .. } = Image::load(path)?;
    let (w, h) = (width as f64, height as f64);
    let (file, width, height) = (path.display().to_string(), width as u32, height as u32);
    Ok(Record {
        id: 0,
        picture: Picture { file, width, height, ..Picture::default() }.into(),
        expressions: vec!["the red circle".into()],
        boxes: vec![[0.4 * w, 0.4 * h, 0.6 * w, 0.6 * h]],
        any_box: false,
        split: "train".into(),
        dataset: "bench".into(),
        group: "bench".into(),
    })
}

fn print(args: &LoadArgs, t: &Timings, pictures: usize) -> Result<()> {
    let rate = pictures as f64 / t.median();
    let each = 1e3 * t.median() * args.threads as f64 / pictures as f64;
    let mut out = io::stdout().lock();
    if args.json {
        let line = json!({
            "work": "load", "image": args.image, "jitter": args.jitter, "batch": args.batch, "threads": args.threads,
            "pictures_per_s": rate, "ms_per_picture": each, "median_s": t.median(), "min_s": t.min(), "max_s": t.max(),
        });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    let how = if args.jitter { "with jitter" } else { "without jitter" };
    writeln!(out, "load to {} pixels {how}, batch {}, {} threads", args.image, args.batch, args.threads)?;
    writeln!(out, "  {rate:.0} pictures/s, {each:.2} ms a picture and thread")?;
    writeln!(out, "  {:.4} s a round of {pictures} ({:.4} to {:.4})", t.median(), t.min(), t.max())?;
    Ok(())
}
