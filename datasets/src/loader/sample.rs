//! One record, or one picture and text, as the model takes it.

use anyhow::{Context, Result, ensure};
use rand::Rng;
use std::borrow::Cow;

use super::draws::{Purpose, stream};
use super::{LoadedBatch, LoaderOptions, SampleMeta, Source};
use crate::image::{Image, clip_box, fit_factors, jitter};
use crate::sample::Record;
use crate::text::{Encoded, Tokenizer};

/// Everything of a sample but its pixels, which are written straight into the batch.
pub(super) struct Sample {
    pub(super) text: Encoded,
    pub(super) meta: SampleMeta,
    pub(super) boxes: Vec<[f64; 4]>,
    pub(super) objects: Vec<([f64; 4], i64)>,
    pub(super) record: usize,
}

/// Prepares the records `indices` as one batch. Neighbours that speak of one picture share it, unless each gets a jitter of
/// its own.
pub(super) fn load_batch(source: &Source, epoch: u64, indices: &[usize]) -> Result<LoadedBatch> {
    let options = &source.options;
    let file = |index: usize| &source.dataset.records[index].picture.file;
    let groups = indices.chunk_by(|&a, &b| options.jitter.is_none() && file(a) == file(b));
    let planes = 3 * options.img_size.pow(2);
    let mut batch = LoadedBatch::with_pixels(source.spare.take(groups.clone().count() * planes));
    let mut samples = Vec::with_capacity(indices.len());
    for (picture, (group, pixels)) in groups.zip(batch.img.chunks_exact_mut(planes)).enumerate() {
        samples.extend(load_group(source, epoch, group, pixels)?);
        batch.pictures.extend(std::iter::repeat_n(picture, group.len()));
    }
    let longest = samples.iter().map(|s| s.text.length()).max().unwrap_or(0);
    batch.fill(samples, if options.pad_to_max { options.max_token } else { longest });
    Ok(batch)
}

/// A batch of one, without target, from a picture and a text that belong to no data set.
///
/// # Errors
/// When the text is empty after cleaning or an option is out of its range.
pub fn single(image: &Image, text: &str, tokenizer: &Tokenizer, options: &LoaderOptions) -> Result<LoadedBatch> {
    options.check()?;
    let mut batch = LoadedBatch::with_pixels(vec![0.0; 3 * options.img_size.pow(2)]);
    let text = encode(text, tokenizer, options)?;
    let length = if options.pad_to_max { options.max_token } else { text.length() };
    let (meta, boxes) = place(image, &[], options, Some(&mut batch.img));
    batch.pictures.push(0);
    batch.fill(vec![Sample { text, meta, boxes, objects: Vec::new(), record: 0 }], length);
    Ok(batch)
}

/// Prepares records of one picture, which is written to `pixels`.
fn load_group(source: &Source, epoch: u64, group: &[usize], pixels: &mut [f32]) -> Result<Vec<Sample>> {
    let path = source.picture_path(group[0]);
    let told = |index: usize| {
        let record = &source.dataset.records[index];
        format!("record {} of {} (picture {})", record.id, record.dataset, path.display())
    };
    let image = source.cache.load(&path).with_context(|| told(group[0]))?;
    let mut pixels = Some(pixels);
    let load = |&index| load_record(source, epoch, index, &image, pixels.take()).with_context(|| told(index));
    group.iter().map(load).collect()
}

fn load_record(source: &Source, epoch: u64, index: usize, image: &Image, pixels: Option<&mut [f32]>) -> Result<Sample> {
    let (options, record) = (&source.options, &source.dataset.records[index]);
    let text = encode(expression(record, options.seed, epoch)?, &source.tokenizer, options)?;
    let boxes = boxes_inside(record, image)?;
    let (image, boxes) = match &options.jitter {
        None => (Cow::Borrowed(image), boxes),
        Some(range) => {
            let mut rng = stream(options.seed, epoch, Purpose::Jitter, record.id);
            let jittered = jitter(image, &boxes, options.img_size, range, &mut || rng.random());
            (Cow::Owned(jittered.image), jittered.boxes)
        }
    };
    let (meta, boxes) = place(&image, &boxes, options, pixels);
    let objects = if options.jitter.is_some() { Vec::new() } else { objects(record, meta.scale_factor) };
    Ok(Sample { text, meta, boxes, objects, record: index })
}

/// Fits the picture to the input square, writes its planes `[3, S, S]` to `pixels` unless they are there already, and moves
/// the boxes along.
fn place(
    image: &Image,
    boxes: &[[f64; 4]],
    options: &LoaderOptions,
    pixels: Option<&mut [f32]>,
) -> (SampleMeta, Vec<[f64; 4]>) {
    let size = options.img_size;
    let scale_factor = fit_factors(image, size);
    if let Some(pixels) = pixels {
        options.norm.to_planes(image, size, pixels);
    }
    let boxes = boxes.iter().map(|b| scaled(b, scale_factor)).collect();
    (SampleMeta { img_shape: [size, size], scale_factor }, boxes)
}

fn scaled(b: &[f64; 4], factor: [f64; 4]) -> [f64; 4] {
    std::array::from_fn(|i| b[i] * factor[i])
}

/// Every annotated object of the record's picture, in input pixels.
fn objects(record: &Record, factor: [f64; 4]) -> Vec<([f64; 4], i64)> {
    let boxes = record.picture.candidates.iter().map(|b| scaled(b, factor));
    boxes.zip(record.picture.candidate_categories.iter().copied()).collect()
}

/// The expression that speaks for the record in this epoch.
fn expression(record: &Record, seed: u64, epoch: u64) -> Result<&str> {
    ensure!(!record.expressions.is_empty(), "the record has no expression");
    let mut rng = stream(seed, epoch, Purpose::Expression, record.id);
    Ok(&record.expressions[rng.random_range(0..record.expressions.len())])
}

fn encode(text: &str, tokenizer: &Tokenizer, options: &LoaderOptions) -> Result<Encoded> {
    if options.blank_text {
        return Ok(Tokenizer::blank(options.max_token)?);
    }
    Ok(tokenizer.encode(text, options.max_token)?)
}

/// What is to be found: all of the record's boxes, or the largest where any one of them is right.
fn targets(record: &Record) -> &[[f64; 4]] {
    if !record.any_box {
        return &record.boxes;
    }
    let area = |b: &[f64; 4]| (b[2] - b[0]) * (b[3] - b[1]);
    let smaller = |a: &&[[f64; 4]], b: &&[[f64; 4]]| area(&a[0]).total_cmp(&area(&b[0]));
    // Of equals the first, where `max_by` would take the last.
    record.boxes.chunks(1).rev().max_by(smaller).unwrap_or_default()
}

/// The record's targets, clipped to the picture; annotations may stick out a little, but not lie outside.
fn boxes_inside(record: &Record, image: &Image) -> Result<Vec<[f64; 4]>> {
    let (width, height) = (image.width as f64, image.height as f64);
    let clipped = targets(record).iter().map(|&[x0, y0, x1, y1]| {
        let touches = x0 < width && y0 < height && x1 > 0.0 && y1 > 0.0 && x0 <= x1 && y0 <= y1;
        ensure!(
            touches && x1.is_finite() && y1.is_finite() && x0.is_finite() && y0.is_finite(),
            "box [{x0}, {y0}, {x1}, {y1}] lies outside its picture of {width} x {height} pixels"
        );
        Ok(clip_box([x0, y0, x1, y1], image.width, image.height))
    });
    clipped.collect()
}
