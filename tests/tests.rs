//! Integration tests of the binary and rules for the repository, as one program.

mod cli;
mod full_size;
mod learn;
mod rules;
mod soak;
