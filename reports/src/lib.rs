//! Leaderboards from measurements.
//!
//! An evaluation leaves [`Measurement`]s behind, one JSON line each. This crate puts those of many evaluations side by
//! side, with the spread over seeds and beside the published results, and renders the outcome as a terminal table,
//! Markdown, CSV, JSON and one self-contained HTML page. A [`Document`] is a page about anything else, in the same look. It knows no model, no data set and no pipeline.

mod aggregate;
pub mod colours;
mod compare;
mod document;
mod labels;
mod leaderboard;
mod line;
mod measurement;
mod options;
mod provenance;
pub mod published;
mod render;
mod row;
mod table;
mod write;

pub use compare::{Compared, Comparison};
pub use document::{Bars, Document, Sample, Section};
pub use leaderboard::Leaderboard;
pub use line::{Cell, Column, Kind, Line};
pub use measurement::{Branch, Measurement, Publication, read_lines, write_lines};
pub use options::{Example, Pair, ReportOptions, ShowPublished, Sort, Verdict};
pub use provenance::Origin;
pub use row::{BestPublished, Row, Run, Spread};
pub use table::Table;
pub use write::write_report;
