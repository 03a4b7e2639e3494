//! The forms of a leaderboard.

mod chart;
mod csv;
mod document;
pub(crate) mod grid;
mod html;
mod json;
mod markdown;
mod terminal;
mod words;
