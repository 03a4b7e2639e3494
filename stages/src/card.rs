//! Data cards as pages: `datasets` counts, `reports` draws.

use anyhow::{Result, ensure};
use serde_json::Value;
use simvg_datasets::card::{Card, Histogram, SplitCard, Spread, TextLimit};
use simvg_datasets::sample::Dataset;
use simvg_datasets::text::Tokenizer;
use simvg_pipeline::{Problem, StageContext};
use simvg_reports::{Bars, Document, Section};

/// Folder of an output that is for people only: nothing that follows runs again because of it.
pub const LOGS: &str = "logs";
/// Least number of tokens that a text may have: start, one word, end.
const LEAST_TOKENS: usize = 3;
/// Width of a card as text.
const TEXT_WIDTH: u16 = 120;

/// How a card counts the length of texts.
pub struct Length {
    tokenizer: Option<Tokenizer>,
    max_token: usize,
}

impl Length {
    /// With the tokenizer of a file, or by words where there is none.
    ///
    /// # Errors
    /// Where the file is no tokenizer, or the limit leaves no room for a word.
    pub fn new(tokenizer: Option<&std::path::Path>, max_token: usize) -> Result<Self> {
        ensure!(max_token >= LEAST_TOKENS, "at most {max_token} tokens leave no room for start, one word and end");
        Ok(Self { tokenizer: tokenizer.map(Tokenizer::load).transpose()?, max_token })
    }

    /// As a stage's parameters say.
    pub(crate) fn open(context: &StageContext, tokenizer: Option<&str>, max_token: usize) -> Result<Self> {
        Self::new(tokenizer.map(|path| context.path(path)).as_deref(), max_token)
    }

    /// How long texts may be.
    pub(crate) fn limit(&self) -> TextLimit<'_> {
        TextLimit { tokenizer: self.tokenizer.as_ref(), max_token: self.max_token }
    }

    /// The card of a data set.
    pub fn card(&self, dataset: &Dataset) -> Card {
        Card::new(dataset, &self.limit())
    }
}

/// Mistakes in the fields that say how texts are measured.
pub(crate) fn check_length(params: &Value) -> Vec<Problem> {
    let few = params["max_token"].as_u64().is_none_or(|tokens| tokens < LEAST_TOKENS as u64);
    few.then(|| Problem::new("max_token", "a text needs room for its start, one word and its end"))
        .into_iter()
        .collect()
}

/// Writes the card of a stage's data set as JSON, Markdown, text and HTML below [`LOGS`].
pub(crate) fn write(context: &StageContext, card: &Card) -> Result<()> {
    let page = document(&format!("Data card: {}", context.id), card);
    let logs = context.out.join(LOGS);
    fs_err::create_dir_all(&logs)?;
    fs_err::write(logs.join("card.json"), serde_json::to_string_pretty(card)? + "\n")?;
    fs_err::write(logs.join("card.md"), page.markdown())?;
    fs_err::write(logs.join("card.txt"), page.terminal(TEXT_WIDTH, false))?;
    Ok(fs_err::write(logs.join("card.html"), page.html())?)
}

/// The card as a page.
pub fn document(title: &str, card: &Card) -> Document {
    let bars = |unit: &str, histogram: &Histogram| Bars {
        unit: unit.to_owned(),
        bars: histogram.bins.iter().map(|bin| (bin.name.clone(), bin.count)).collect(),
    };
    let words = Bars { unit: "occurrences".into(), bars: card.words.frequent.clone() };
    Document {
        title: title.to_owned(),
        lead: vec![lead(card)],
        sections: vec![
            counts(card),
            lengths(card),
            boxes(card),
            Section::new("Words of an expression").with_bars(bars("expressions", &card.lengths)),
            Section::new("Most frequent words").with_bars(words).with_note(vocabulary(card)),
            Section::new("Box size, side in percent of the picture's").with_bars(bars("target boxes", &card.sides)),
            Section::new("Box shape, width to height").with_bars(bars("target boxes", &card.shapes)),
            Section::new("Targets of a record").with_bars(bars("records", &card.targets)),
        ],
    }
}

fn lead(card: &Card) -> String {
    let sum = |count: fn(&SplitCard) -> usize| card.splits.iter().map(count).sum::<usize>();
    let (records, expressions) = (sum(|s| s.records), sum(|s| s.expressions));
    format!("{records} records with {expressions} expressions for {} pictures.", card.pictures)
}

fn vocabulary(card: &Card) -> String {
    let words = &card.words;
    format!("{} words, {} different, {} of them once.", words.total, words.different, words.once)
}

/// A table with a line for each split.
fn by_split(card: &Card, heading: &str, header: &[&str], cells: impl Fn(&SplitCard) -> Vec<String>) -> Section {
    let header = [&["data set", "split"], header].concat();
    let line = |split: &SplitCard| [vec![split.dataset.clone(), split.split.clone()], cells(split)].concat();
    Section::new(heading).with_table(&header, card.splits.iter().map(line).collect(), 2)
}

fn counts(card: &Card) -> Section {
    let header = ["records", "pictures", "expressions", "no target", "several targets"];
    by_split(card, "Counts", &header, |s| {
        [s.records, s.images, s.expressions, s.without_target, s.several_targets].map(|n| n.to_string()).to_vec()
    })
    .with_note("A training record is a reference with all its expressions, any other record has one expression.")
}

fn lengths(card: &Card) -> Section {
    let cut = format!("longer than {}", card.max_token);
    let header = ["words, mean", "median", "95 %", "max", "tokens, mean", "max", &cut, "in percent"];
    let section = by_split(card, "Length of expressions", &header, |s| {
        let percent = 100.0 * s.truncated as f64 / s.expressions.max(1) as f64;
        let mut cells = spread(&s.words, 0);
        cells.extend([format!("{:.2}", s.tokens.mean), format!("{:.0}", s.tokens.max)]);
        cells.extend([s.truncated.to_string(), format!("{percent:.2}")]);
        cells
    });
    let how = if card.tokenized {
        "Tokens include start and end; what is longer is cut off."
    } else {
        "No tokenizer was given: every word counts as one token, start and end as one each. The true numbers are higher."
    };
    section.with_note(how)
}

fn boxes(card: &Card) -> Section {
    let header = ["smallest", "mean", "median", "95 %", "max"];
    let section = by_split(card, "Size of target boxes", &header, |s| {
        [vec![format!("{:.1}", s.side.min)], spread(&s.side, 1)].concat()
    });
    section.with_note("Side of a square of the box's area, in percent of the side of a square of the picture's area.")
}

/// Mean, median, 95 % and maximum.
fn spread(spread: &Spread, digits: usize) -> Vec<String> {
    let number = |value: f64| format!("{value:.digits$}");
    vec![format!("{:.2}", spread.mean), number(spread.median), number(spread.p95), number(spread.max)]
}
