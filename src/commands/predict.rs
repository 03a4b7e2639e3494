//! `simvg-pipe predict`: where in this picture is what the text speaks of?

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use simvg_datasets::image::{Image, draw_box, write_png};
use simvg_datasets::loader;
use simvg_datasets::text::Tokenizer;
use simvg_model::checkpoint::Checkpoint;
use simvg_model::model::SimVg;
use simvg_stages::inference;
use simvg_stages::metrics::ScoredBox;
use simvg_stages::preprocess::{Preprocess, tokenizer_beside};

use crate::precision::PrecisionArg;

/// Boxes of a model with several queries are shown from this score on (GREC).
const LEAST_SCORE: f32 = 0.7;

/// Arguments of `predict`.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// Checkpoint file, or the output folder of a training stage
    #[arg(long)]
    checkpoint: PathBuf,
    /// Picture: JPEG or PNG
    #[arg(long)]
    image: PathBuf,
    /// Referring expression, such as "the man in the blue shirt"
    #[arg(long)]
    text: String,
    /// Write the picture with both boxes drawn in (decoder blue, token orange) as a PNG file
    #[arg(long)]
    out: Option<PathBuf>,
    /// SentencePiece model; without it the one beside the checkpoint is used
    #[arg(long)]
    tokenizer: Option<PathBuf>,
    /// Number format of the encoder's matrix products
    #[arg(long, value_enum, default_value = "f32")]
    precision: PrecisionArg,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &PredictArgs) -> Result<()> {
    let image = Image::load(&args.image)?;
    let found = detect(args, &image)?;
    if let Some(out) = &args.out {
        write_png(&drawn(image, &found), out)?;
    }
    let mut stdout = io::stdout().lock();
    if args.json {
        writeln!(stdout, "{}", as_json(args, &found))?;
    } else {
        for (branch, boxes) in &found {
            writeln!(stdout, "{branch:8} {}", as_text(boxes))?;
        }
    }
    Ok(())
}

type Found = Vec<(&'static str, Vec<ScoredBox>)>;

/// The boxes of both branches, in pixels of the picture.
fn detect(args: &PredictArgs, image: &Image) -> Result<Found> {
    let path = simvg_stages::checkpoint_file(args.checkpoint.clone(), simvg_stages::BEST);
    let checkpoint = Checkpoint::load(&path)?;
    let preprocess = Preprocess::read(checkpoint.metadata()).with_context(|| format!("in {}", path.display()))?;
    let tokenizer_path = args.tokenizer.clone().unwrap_or_else(|| tokenizer_beside(&path));
    let tokenizer = Tokenizer::load(&tokenizer_path)
        .with_context(|| format!("name the tokenizer with --tokenizer ({} was tried)", tokenizer_path.display()))?;
    let mut model = SimVg::map_checkpoint(&checkpoint, args.precision.into())?;
    drop(checkpoint);
    let options = simvg_stages::loader_options(&preprocess, model.config().encoder.img_size, 1);
    let batch = simvg_stages::to_model(loader::single(image, &args.text, &tokenizer, &options)?);
    let several = model.config().head.num_queries > 1;
    let branches = simvg_stages::trained_branches(model.config());
    let found = inference::detect(&mut model, &batch, branches, true);
    Ok(found.into_iter().map(|(branch, mut samples)| (branch, keep(samples.remove(0), several))).collect())
}

/// The best box, or with several queries every box that scores enough.
fn keep(mut boxes: Vec<ScoredBox>, several: bool) -> Vec<ScoredBox> {
    if several {
        boxes.retain(|b| b.score >= LEAST_SCORE);
    } else {
        boxes.truncate(1);
    }
    boxes
}

fn drawn(mut image: Image, found: &Found) -> Image {
    let thickness = (image.width.max(image.height) / 200).max(1);
    for (branch, boxes) in found {
        let colour = inference::colour(branch);
        boxes.iter().for_each(|b| draw_box(&mut image, b.bbox.map(f64::from), colour, thickness));
    }
    image
}

fn as_json(args: &PredictArgs, found: &Found) -> serde_json::Value {
    let boxes =
        |boxes: &[ScoredBox]| -> Vec<_> { boxes.iter().map(|b| json!({ "box": b.bbox, "score": b.score })).collect() };
    let mut all = json!({ "image": args.image, "text": args.text });
    for (branch, found) in found {
        all[*branch] = json!(boxes(found));
    }
    all
}

fn as_text(boxes: &[ScoredBox]) -> String {
    if boxes.is_empty() {
        return "nothing".into();
    }
    let one = |b: &ScoredBox| {
        let [x0, y0, x1, y1] = b.bbox;
        format!("x {x0:.1} to {x1:.1}, y {y0:.1} to {y1:.1} (score {:.3})", b.score)
    };
    boxes.iter().map(one).collect::<Vec<_>>().join("; ")
}
