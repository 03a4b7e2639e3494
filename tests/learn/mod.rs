//! The whole system on a few drawn scenes: pipelines that train, and what they do with bad input.

mod any_box;
mod bad_data;
mod full_disk;
mod resume;
pub mod tiny;
mod tools;
mod watch;
mod whole;
