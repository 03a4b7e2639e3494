//! Raw data sets in, samples, pictures and tokens out.

pub mod sample;
pub mod table;
pub mod text;
