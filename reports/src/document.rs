//! A page of tables, bars and pictures about anything but results: data cards, samples.

use crate::render::grid::Grid;

/// A page.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Heading.
    pub title: String,
    /// What it says before everything else, a paragraph each.
    pub lead: Vec<String>,
    /// Its parts.
    pub sections: Vec<Section>,
}

/// A part of a page: any of a table, bars and pictures, in this order.
#[derive(Clone, Debug, Default)]
pub struct Section {
    pub(crate) heading: String,
    pub(crate) table: Option<Grid>,
    pub(crate) bars: Option<Bars>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) notes: Vec<String>,
}

/// Counts as bars.
#[derive(Clone, Debug)]
pub struct Bars {
    /// What is counted: "expressions".
    pub unit: String,
    /// Name and count of each bar.
    pub bars: Vec<(String, usize)>,
}

/// A picture with what is said of it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Where it is from.
    pub caption: String,
    /// What is said of it, at least one expression.
    pub expressions: Vec<String>,
    /// JPEG file.
    pub picture: Vec<u8>,
    /// Width and height that the boxes are measured in, in pixels.
    pub size: [f64; 2],
    /// Boxes `[x0, y0, x1, y1]` of what is meant.
    pub targets: Vec<[f64; 4]>,
    /// Boxes of the other annotated objects.
    pub others: Vec<[f64; 4]>,
}

impl Section {
    /// A part without content yet.
    pub fn new(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), ..Self::default() }
    }

    /// With a table; columns from `first_number` on hold numbers.
    #[must_use]
    pub fn with_table(self, header: &[&str], lines: Vec<Vec<String>>, first_number: usize) -> Self {
        let table = Grid::plain(self.heading.clone(), header, lines, first_number..header.len());
        Self { table: Some(table), ..self }
    }

    /// With bars.
    #[must_use]
    pub fn with_bars(self, bars: Bars) -> Self {
        Self { bars: Some(bars), ..self }
    }

    /// With pictures, which the page alone shows.
    #[must_use]
    pub fn with_samples(self, samples: Vec<Sample>) -> Self {
        Self { samples, ..self }
    }

    /// With one more line below.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}
