//! Raw data sets in, samples, pictures and tokens out.

pub mod card;
pub mod catalog;
pub mod convert;
mod copying;
mod counter;
pub mod doctor;
pub mod formats;
pub mod image;
mod lists;
pub mod loader;
pub mod merge;
pub mod refer;
pub mod sample;
pub mod synth;
pub mod table;
pub mod text;
mod varint;
