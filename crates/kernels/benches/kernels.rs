//! `cargo bench -p simvg-kernels`: every kernel at the sizes of a training step of ViT-B/32 at 640 pixels, batch 4.
//!
//! A text after `--` chooses the kernels whose name contains it.
//!
//! Without a framework: what is of interest is not how a time varies but how far it is from what the processor can do.
//! `simvg-pipe bench kernels` prints the same for other sizes.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::time::Duration;

use simvg_kernels::attention::Shape;
use simvg_kernels::matmul::Precision;
use simvg_kernels::measure::{Sizes, kernels, peaks};
use simvg_kernels::patches;

const BASE: Sizes = Sizes {
    shape: Shape { samples: 4, heads: 12, head_dim: 64, vision: 401, text: 20 },
    ffn: 3072,
    depth: 12,
    pictures: patches::Sizes { channels: 3, side: 640, patch: 32 },
    parameters: 222_000_000,
    precision: Precision::F32,
};

fn main() {
    let peaks = peaks();
    println!("{peaks:?}");
    let chosen = std::env::args().nth(1).filter(|text| text != "--bench").unwrap_or_default();
    for work in kernels(BASE).into_iter().filter(|work| work.name.contains(&chosen)) {
        let seconds = work.time(Duration::from_millis(300)).median;
        let percent = 100.0 * work.floor(peaks.fma_gflops, peaks.copy_gbytes) / seconds;
        println!("{:9.3} ms {percent:5.1} % of the peak  {}", 1e3 * seconds, work.name);
    }
}
