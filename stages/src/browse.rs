//! Samples of a data set as a page: pictures with their boxes and expressions.

use std::path::Path;

use anyhow::{Result, bail};
use simvg_datasets::image::{Image, encode_jpeg, resize};
use simvg_datasets::sample::{Dataset, Record};
use simvg_reports::{Document, Sample, Section};

/// Longer pictures are made as small.
const SIDE: usize = 480;
/// Of the pictures on the page.
const QUALITY: u8 = 85;

/// Which samples are shown.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Only of this split.
    pub split: Option<String>,
    /// Only of this data set.
    pub dataset: Option<String>,
    /// Only expressions with this in them, whatever the case.
    pub text: Option<String>,
    /// At most so many.
    pub count: usize,
    /// Of the draw.
    pub seed: u64,
}

/// A page with samples drawn by `choice`, in the order of the data set.
///
/// # Errors
/// Where no sample fits the choice, or a picture cannot be read.
pub fn page(title: &str, dataset: &Dataset, choice: &Choice) -> Result<Document> {
    let (fitting, shown) = choice.draw(dataset);
    if shown.is_empty() {
        bail!("no sample fits; {}", there_is(dataset));
    }
    let samples = shown.iter().map(|record| sample(dataset, record)).collect::<Result<Vec<_>>>()?;
    let lead = format!("{} of {fitting} samples{}, drawn with seed {}.", shown.len(), choice.words(), choice.seed);
    let legend = "Solid green: what is meant. Dashed: the other annotated objects of the picture.";
    let section = Section::new("Samples").with_samples(samples).with_note(legend);
    Ok(Document { title: title.to_owned(), lead: vec![lead], sections: vec![section] })
}

impl Choice {
    /// How many samples fit, and those that are shown: whoever has the lowest digest of seed and number.
    fn draw<'a>(&self, dataset: &'a Dataset) -> (usize, Vec<&'a Record>) {
        let mut fitting: Vec<(usize, &Record)> =
            dataset.records.iter().enumerate().filter(|(_, r)| self.fits(r)).collect();
        let count = fitting.len();
        let rank = |at: &usize| *blake3::hash(format!("browse/{}/{at}", self.seed).as_bytes()).as_bytes();
        fitting.sort_by_cached_key(|(at, _)| rank(at));
        fitting.truncate(self.count);
        fitting.sort_by_key(|(at, _)| *at);
        (count, fitting.into_iter().map(|(_, record)| record).collect())
    }

    fn fits(&self, record: &Record) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        let spoken = self.text.as_ref().is_none_or(|text| {
            let text = text.to_lowercase();
            record.expressions.iter().any(|expression| expression.to_lowercase().contains(&text))
        });
        is(&self.split, &record.split) && is(&self.dataset, &record.dataset) && spoken
    }

    fn words(&self) -> String {
        let named = [("of", &self.dataset), ("split", &self.split)];
        let named = named.into_iter().filter_map(|(word, value)| Some(format!(" {word} {}", value.as_ref()?)));
        let text = self.text.iter().map(|text| format!(" with \u{201c}{text}\u{201d}"));
        named.chain(text).collect()
    }
}

/// What could have been asked for.
fn there_is(dataset: &Dataset) -> String {
    let part = |(name, splits): (&String, &std::collections::BTreeMap<String, _>)| {
        format!("{name} ({})", splits.keys().cloned().collect::<Vec<_>>().join(", "))
    };
    let counts = dataset.counts();
    let parts: Vec<String> = counts.iter().map(part).collect();
    if parts.is_empty() { "the data set is empty".into() } else { format!("there is {}", parts.join("; ")) }
}

fn sample(dataset: &Dataset, record: &Record) -> Result<Sample> {
    let image = Image::load(&dataset.image_path(record))?;
    let size = [image.width as f64, image.height as f64];
    let name = Path::new(&record.picture.file).file_name().unwrap_or_default().to_string_lossy();
    let others = record.picture.candidates.iter().filter(|candidate| !record.boxes.contains(candidate));
    Ok(Sample {
        caption: format!("{} {}, record {}, {}", record.dataset, record.split, record.id, name),
        expressions: record.expressions.clone(),
        picture: encode_jpeg(&reduced(image), QUALITY)?,
        size,
        targets: record.boxes.clone(),
        others: others.copied().collect(),
    })
}

/// The picture, its longer side no more than [`SIDE`].
fn reduced(image: Image) -> Image {
    let longer = image.width.max(image.height);
    if longer <= SIDE {
        return image;
    }
    let side = |pixels: usize| (pixels * SIDE / longer).max(1);
    resize(&image, side(image.width), side(image.height))
}

#[cfg(test)]
mod tests {
    use super::*;
    use simvg_datasets::sample::Picture;

    fn dataset() -> Dataset {
        let record = |id: i64| Record {
            id,
            picture: Picture::default().into(),
            expressions: vec![if id % 2 == 0 { "the Red one".into() } else { "blue".into() }],
            boxes: vec![],
            any_box: false,
            split: if id < 5 { "train".into() } else { "val".into() },
            dataset: "Demo".into(),
            group: "Demo".into(),
        };
        Dataset { image_root: String::new(), records: (0..10).map(record).collect() }
    }

    fn choice() -> Choice {
        Choice { split: None, dataset: None, text: None, count: 4, seed: 1 }
    }

    fn ids(choice: &Choice) -> Vec<i64> {
        choice.draw(&dataset()).1.iter().map(|record| record.id).collect()
    }

    #[test]
    fn filters_hold_and_a_seed_draws_the_same() {
        assert_eq!(ids(&Choice { split: Some("val".into()), text: Some("red".into()), ..choice() }), [6, 8]);
        assert_eq!(ids(&choice()).len(), 4);
        assert_eq!(ids(&choice()), ids(&choice()));
        assert_ne!(ids(&Choice { seed: 2, ..choice() }), ids(&choice()));
    }

    #[test]
    fn a_choice_that_nothing_fits_says_what_there_is() {
        let error = page("t", &dataset(), &Choice { split: Some("test".into()), ..choice() }).unwrap_err().to_string();
        assert_eq!(error, "no sample fits; there is Demo (train, val)");
    }

    #[test]
    fn small_pictures_stay_and_large_ones_shrink() {
        assert_eq!(reduced(Image::new(96, 64)).width, 96);
        let reduced = reduced(Image::new(960, 480));
        assert_eq!((reduced.width, reduced.height), (480, 240));
    }
}
