//! Reports of made-up measurements, compared with what they should say.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod files;
mod numbers;
mod texts;
