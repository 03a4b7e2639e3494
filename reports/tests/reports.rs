//! Reports of made-up measurements, compared with what they should say.

mod common;
mod files;
mod numbers;
mod texts;
