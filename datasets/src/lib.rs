//! Raw data sets in, samples, pictures and tokens out.

pub mod card;
pub mod catalog;
pub mod convert;
mod copying;
pub mod doctor;
pub mod formats;
pub mod image;
pub mod loader;
pub mod merge;
pub mod refer;
pub mod sample;
pub mod synth;
pub mod table;
pub mod text;
