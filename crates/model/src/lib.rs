//! The SimVG model: a BEiT-3 multiway backbone written over flat buffers, a DETR-style head on dfdx, the losses of the
//! paper, the optimizer and checkpoints.

pub mod aliases;
pub mod backbone;
pub mod batch;
pub mod boxes;
pub mod checkpoint;
pub mod config;
pub mod features;
pub mod flops;
pub mod head;
pub mod held;
mod interpolate;
pub mod losses;
pub mod matching;
pub mod model;
pub mod params;
pub mod parity;
pub mod phases;
mod pytorch;
pub mod random;
mod safefile;
pub mod schedule;
pub mod state;
pub mod tensor;
pub mod trainer;
mod words;

pub use simvg_kernels::matmul::Precision;
