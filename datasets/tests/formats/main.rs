//! Readers of every form of annotations: small files of each, real ones where they lie beside the checkout, broken ones.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a test that has nothing to compare says so")]

mod bounds;
mod broken;
mod corpus;
mod counts;
mod mutations;
mod readers;
mod recognition;
mod samples;
mod sound;
