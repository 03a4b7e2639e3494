//! What the processor can do at best, measured: multiply-adds in registers, square products, copies of memory.

use std::hint::black_box;
use std::time::Instant;

use rayon::prelude::*;

use crate::Write;
use crate::matmul::strips::{self, Lanes, with_lanes};
use crate::matmul::{Mat, Precision, multiply_parallel};
use crate::simd::simd;

/// Rounds of a measurement, of which the best counts.
const TRIES: usize = 8;
/// Steps of the loop of multiply-adds.
const STEPS: usize = 2_000_000;
/// Independent sums: enough to hide the latency of two multiply-adds a cycle.
const SUMS: usize = 12;
/// Numbers in a sum.
const LANES: usize = 8;
/// Numbers of the inner dimension of a tile whose operands lie in the first-level cache.
const NUMBERS: usize = 128;
/// Computations of such a tile.
const TILES: usize = 20_000;
/// Side of the square product.
const SIDE: usize = 1536;
/// Numbers that are copied: 256 MB to read and as many to write, more than any cache holds.
const COPIED: usize = 1 << 26;

/// Measured peaks, on the threads of the current pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peaks {
    /// f32 multiply-adds in registers, GFLOP/s.
    pub fma_gflops: f64,
    /// A square product in f32, GFLOP/s.
    pub f32_gflops: f64,
    /// Tiles in f32 whose operands lie in the first-level cache, GFLOP/s. No product made of them can be faster: they load
    /// operands over and over again.
    pub f32_tile_gflops: f64,
    /// The same in bf16, where the processor has that.
    pub bf16_tile_gflops: Option<f64>,
    /// A square product in bf16, GFLOP/s, where the processor has that.
    pub bf16_gflops: Option<f64>,
    /// A copy of memory, GB/s read and written together.
    pub copy_gbytes: f64,
}

/// Measures all of them.
pub fn peaks() -> Peaks {
    let bf16 = Precision::Bf16.in_effect() != Precision::F32.in_effect();
    Peaks {
        fma_gflops: fma_gflops(),
        f32_tile_gflops: tile_gflops(Precision::F32),
        f32_gflops: square_gflops(Precision::F32),
        bf16_tile_gflops: bf16.then(|| tile_gflops(Precision::Bf16)),
        bf16_gflops: bf16.then(|| square_gflops(Precision::Bf16)),
        copy_gbytes: copy_gbytes(),
    }
}

/// Seconds of the fastest of a few calls.
pub fn fastest(mut f: impl FnMut()) -> f64 {
    let seconds = (0..TRIES).map(|_| {
        let start = Instant::now();
        f();
        start.elapsed().as_secs_f64()
    });
    seconds.fold(f64::INFINITY, f64::min)
}

fn fma_gflops() -> f64 {
    let threads = rayon::current_num_threads();
    let gflops = |lanes: usize, run: &(dyn Fn(usize) + Sync)| {
        let seconds = fastest(|| drop(rayon::broadcast(|_| run(black_box(STEPS)))));
        (threads * STEPS * SUMS * lanes * 2) as f64 / seconds / 1e9
    };
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        return gflops(2 * LANES, &|steps| {
            // SAFETY: the processor has the feature, as just checked.
            black_box(unsafe { wide_multiply_adds(steps) });
        });
    }
    gflops(LANES, &|steps| {
        black_box(multiply_adds(steps));
    })
}

/// The same in registers of AVX-512.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn wide_multiply_adds(steps: usize) -> f32 {
    use std::arch::x86_64::{_mm512_add_ps, _mm512_fmadd_ps, _mm512_reduce_add_ps, _mm512_set1_ps};
    let (factor, term) = (_mm512_set1_ps(0.999), _mm512_set1_ps(0.001));
    let mut sums = [_mm512_set1_ps(0.5); SUMS];
    for _ in 0..steps {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(*sum, factor, term);
        }
    }
    _mm512_reduce_add_ps(sums.into_iter().fold(term, |a, b| _mm512_add_ps(a, b)))
}

simd! {
    fn multiply_adds(steps: usize) -> [f32; LANES] {
        let mut sums = [[0.5f32; LANES]; SUMS];
        for _ in 0..steps {
            for sum in &mut sums {
                for x in sum {
                    *x = crate::math::fma::<FMA>(*x, 0.999, 0.001);
                }
            }
        }
        std::array::from_fn(|i| sums.iter().map(|sum| sum[i]).sum())
    }
}

fn tile_gflops(precision: Precision) -> f64 {
    with_lanes!(strips::way(precision, SIDE), L => {
        let steps = L::steps(NUMBERS);
        let seconds = fastest(|| drop(rayon::broadcast(|_| tiles::<L>(steps))));
        let numbers = rayon::current_num_threads() * TILES * L::ROWS * L::COLS * steps * L::NUMBERS;
        2.0 * numbers as f64 / seconds / 1e9
    })
}

/// Computes one tile again and again.
fn tiles<L: Lanes>(steps: usize) {
    let (mut tile, a, b) = (vec![0.0; L::ROWS * L::COLS], vec![0; steps * L::ROWS], vec![0; steps * L::COLS]);
    for _ in 0..TILES {
        L::tiles(black_box(&mut tile), &a, &b);
    }
}

fn square_gflops(precision: Precision) -> f64 {
    let (a, b) = (super::numbers(SIDE * SIDE), super::numbers(SIDE * SIDE));
    let mut c = vec![0.0; SIDE * SIDE];
    let (a, b) = (Mat::new(&a, SIDE, SIDE), Mat::new(&b, SIDE, SIDE));
    let seconds = fastest(|| multiply_parallel(precision, &mut c, Write::Over, a, b, None));
    2.0 * (SIDE as f64).powi(3) / seconds / 1e9
}

fn copy_gbytes() -> f64 {
    /// Numbers of one task.
    const CHUNK: usize = 1 << 20;
    let (from, mut to) = (vec![1f32; COPIED], vec![0f32; COPIED]);
    let seconds = fastest(|| {
        to.par_chunks_mut(CHUNK).zip(from.par_chunks(CHUNK)).for_each(|(to, from)| to.copy_from_slice(from));
        black_box(&mut to);
    });
    2.0 * super::bytes(COPIED) / seconds / 1e9
}
