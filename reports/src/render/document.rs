//! The forms of a [`Document`]: terminal, Markdown, and one HTML page that stands alone.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

use super::{html, markdown, terminal};
use crate::document::{Bars, Document, Sample, Section};

const STYLE: &str = include_str!("document.css");

/// Characters of the longest bar where bars are text.
const TEXT_BAR: usize = 40;
/// Sizes of a drawn bar in user units.
const ROW: usize = 22;
const LABELS: f64 = 130.0;
const LENGTH: f64 = 280.0;
const VALUES: f64 = 110.0;

impl Document {
    /// Text for a terminal of `width` columns; pictures are left out.
    pub fn terminal(&self, width: u16, colour: bool) -> String {
        let mut text = format!("{}\n{}\n", self.title, "=".repeat(self.title.chars().count()));
        self.lead.iter().for_each(|line| text += &format!("{line}\n"));
        for section in &self.sections {
            text += &format!("\n{}\n", section.heading);
            text += &section.table.as_ref().map_or_else(String::new, |t| terminal::draw(t, Some(width), colour) + "\n");
            text += &section.bars.as_ref().map_or_else(String::new, text_bars);
            section.notes.iter().for_each(|note| text += &format!("{note}\n"));
        }
        text
    }

    /// GitHub-flavoured Markdown; pictures are left out.
    pub fn markdown(&self) -> String {
        let mut text = format!("# {}\n", markdown::escape(&self.title));
        self.lead.iter().for_each(|line| text += &format!("\n{}\n", markdown::escape(line)));
        for section in &self.sections {
            text += &format!("\n## {}\n", markdown::escape(&section.heading));
            text += &section.table.as_ref().map_or_else(String::new, |t| format!("\n{}", markdown::table(t)));
            text += &section.bars.as_ref().map_or_else(String::new, |b| format!("\n```text\n{}```\n", text_bars(b)));
            section.notes.iter().for_each(|note| text += &format!("\n{}\n", markdown::escape(note)));
        }
        text
    }

    /// A page that stands alone and follows the reader's light or dark theme.
    pub fn html(&self) -> String {
        let content = html! {
            h1 { (self.title) }
            @for line in &self.lead { p { (line) } }
            div .parts { @for part in &self.sections { (section(part)) } }
        };
        html::page(&self.title, STYLE, &content)
    }
}

fn section(part: &Section) -> Markup {
    let narrow = part.table.is_none() && part.samples.is_empty();
    html! {
        section .narrow[narrow] {
            h2 { (part.heading) }
            @if let Some(table) = &part.table { (html::table(table)) }
            @if let Some(bars) = &part.bars { (drawn_bars(&part.heading, bars)) }
            @if !part.samples.is_empty() { div .samples { @for sample in &part.samples { (card(sample)) } } }
            @for note in &part.notes { p .note { (note) } }
        }
    }
}

/// `12 %`-like shares say more than counts alone.
fn share(count: usize, bars: &Bars) -> String {
    let total = bars.bars.iter().map(|bar| bar.1).sum::<usize>().max(1);
    format!("{:.1} %", 100.0 * count as f64 / total as f64)
}

fn longest(bars: &Bars) -> f64 {
    bars.bars.iter().map(|bar| bar.1).max().unwrap_or(0).max(1) as f64
}

fn text_bars(bars: &Bars) -> String {
    let width = |text: &str| text.chars().count();
    let names = bars.bars.iter().map(|bar| width(&bar.0)).max().unwrap_or(0);
    let line = |(name, count): &(String, usize)| {
        let length = (TEXT_BAR as f64 * *count as f64 / longest(bars)).ceil() as usize;
        let pad = " ".repeat(names - width(name));
        format!("{pad}{name}  {:<TEXT_BAR$}  {count} ({})\n", "█".repeat(length), share(*count, bars))
    };
    bars.bars.iter().map(line).collect()
}

fn drawn_bars(what: &str, bars: &Bars) -> Markup {
    let (width, height) = (LABELS + LENGTH + VALUES, bars.bars.len() * ROW);
    html! {
        figure {
            svg viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(what) {
                @for (i, (name, count)) in bars.bars.iter().enumerate() {
                    @let (top, end) = (i * ROW, LENGTH * *count as f64 / longest(bars));
                    text x=(LABELS - 8.0) y=(top + 16) text-anchor="end" { (name) }
                    rect .decoder x=(LABELS) y=(top + 3) width=(format!("{end:.1}")) height=(ROW - 6) rx="3" {}
                    text .tick x=(format!("{:.1}", LABELS + end + 6.0)) y=(top + 15) {
                        (count) " (" (share(*count, bars)) ")"
                    }
                }
            }
            figcaption { "Number of " (bars.unit) "." }
        }
    }
}

fn card(sample: &Sample) -> Markup {
    let picture = format!("data:image/jpeg;base64,{}", STANDARD.encode(&sample.picture));
    let [width, height] = sample.size;
    let first = sample.expressions.first().map_or("", String::as_str);
    html! {
        article {
            svg .picture viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(first) {
                image href=(picture) width=(width) height=(height) preserveAspectRatio="none" {}
                @for b in &sample.others { (frame("other", b)) }
                @for b in &sample.targets { (frame("target", b)) }
            }
            @for expression in &sample.expressions { p .expression { (expression) } }
            @if sample.targets.is_empty() { p .note { "No target: this is not in the picture." } }
            p .note { (sample.caption) }
        }
    }
}

fn frame(class: &str, [x0, y0, x1, y1]: &[f64; 4]) -> Markup {
    let [x, y, width, height] = [*x0, *y0, x1 - x0, y1 - y0].map(|v| format!("{v:.1}"));
    html! { rect class=(class) x=(x) y=(y) width=(width) height=(height) vector-effect="non-scaling-stroke" {} }
}
