//! All ways of computing a product, on awkward sizes, against plain loops.

use super::*;
use crate::testing::{close, noise, same_for_any_threads};

/// Rows, columns and inner size: nothing, one, primes, one more and one less than tiles, parts and tasks.
const SIZES: [[usize; 3]; 15] = [
    [0, 3, 2],
    [3, 0, 2],
    [2, 3, 0],
    [1, 1, 1],
    [5, 31, 2],
    [6, 16, 8],
    [7, 17, 9],
    [12, 32, 16],
    [13, 33, 17],
    [11, 29, 513],
    [145, 47, 385],
    [157, 401, 31],
    [19, 7, 1031],
    [290, 70, 64],
    [9, 97, 769],
];

/// `start + a b` in f64, of operands that `round` has seen.
fn twin(start: &[f64], a: Mat, b: Mat, round: impl Fn(f32) -> f64) -> Vec<f64> {
    let element = |i: usize, j: usize| (0..a.cols).map(|p| round(a.at(i, p)) * round(b.at(p, j))).sum::<f64>();
    (0..a.rows * b.cols).map(|n| start[n] + element(n / b.cols, n % b.cols)).collect()
}

/// The nearest bf16, found by its definition.
fn to_bf16(x: f32) -> f64 {
    let down = f32::from_bits(x.to_bits() & 0xffff_0000);
    let up = f32::from_bits((x.to_bits() & 0xffff_0000).wrapping_add(0x1_0000));
    let (below, above) = ((x - down).abs(), (up - x).abs());
    let even = down.to_bits() & 0x1_0000 == 0;
    f64::from(if below < above || (below == above && even) { down } else { up })
}

/// Runs `run(c, start, a, b)` on every size, in all four ways in which operands may lie, from every start.
fn check_all(run: impl Fn(&mut [f32], Start, Mat, Mat), round: impl Fn(f32) -> f64 + Copy, tolerance: f64) {
    for [m, n, k] in SIZES {
        let (x, y, old, bias) = (noise(m * k, 1), noise(k * n, 2), noise(m * n, 3), noise(n, 4));
        let rows_of = |f: &dyn Fn(usize) -> f32| (0..m * n).map(|i| f64::from(f(i))).collect::<Vec<_>>();
        for a in [Mat::new(&x, m, k), Mat::new(&x, k, m).t()] {
            for b in [Mat::new(&y, k, n), Mat::new(&y, n, k).t()] {
                let starts = [
                    (Start::Zero, rows_of(&|_| 0.0)),
                    (Start::Old, rows_of(&|i| old[i])),
                    (Start::Row(&bias), rows_of(&|i| bias[i % n])),
                ];
                for (start, before) in starts {
                    let mut c = old.clone();
                    run(&mut c, start, a, b);
                    close(&format!("{m} x {n} x {k}"), &c, &twin(&before, a, b, round), tolerance);
                }
            }
        }
    }
}

#[test]
fn f32_products_agree_with_plain_loops() {
    check_all(library::parallel, f64::from, 1e-4);
    if Avx2::is_there() {
        check_all(|c, start, a, b| Product { start, a, b: b.into() }.run::<Avx2>(c), f64::from, 1e-4);
    }
    if Avx512::is_there() {
        check_all(|c, start, a, b| Product { start, a, b: b.into() }.run::<Avx512>(c), f64::from, 1e-4);
    }
}

/// Products of two bf16 numbers are exact in f32, so what is left is the rounding of the sums.
#[test]
fn bf16_products_agree_with_rounded_operands() {
    check_all(|c, start, a, b| Product { start, a, b: b.into() }.run::<Emulated>(c), to_bf16, 1e-4);
    if Avx512Bf16::is_there() {
        check_all(|c, start, a, b| Product { start, a, b: b.into() }.run::<Avx512Bf16>(c), to_bf16, 1e-4);
    }
    if Amx::is_there() {
        check_all(|c, start, a, b| Product { start, a, b: b.into() }.run::<Amx>(c), to_bf16, 1e-4);
    }
}

/// The instructions against their emulation, on numbers of very different size.
#[test]
fn bf16_instructions_agree_with_the_emulation() {
    let (m, n, k) = (37, 77, 2100);
    let spread = |x: Vec<f32>| x.into_iter().map(|x| x * 2f32.powf(8.0 * x)).collect::<Vec<_>>();
    let (x, y) = (spread(noise(m * k, 1)), spread(noise(k * n, 2)));
    let product = || Product { start: Start::Zero, a: Mat::new(&x, m, k), b: Mat::new(&y, k, n).into() };
    let mut emulated = vec![0.0; m * n];
    product().run::<Emulated>(&mut emulated);
    let largest = emulated.iter().fold(0f32, |m, x| m.max(x.abs()));
    let want: Vec<f64> = emulated.iter().map(|&x| f64::from(x)).collect();
    let check = |name: &str, run: &dyn Fn(&mut [f32])| {
        let mut real = vec![0.0; m * n];
        run(&mut real);
        close(name, &real, &want, 1e-5 * f64::from(largest));
    };
    if Avx512Bf16::is_there() {
        check("vdpbf16ps", &|c| product().run::<Avx512Bf16>(c));
    }
    if Amx::is_there() {
        check("tdpbf16ps", &|c| product().run::<Amx>(c));
    }
}

#[test]
fn numbers_that_are_none_stay_visible() {
    for x in [f32::NAN, f32::INFINITY, f32::from_bits(0x7f80_0001), f32::from_bits(0xffff_ffff)] {
        let (a, b) = ([x], [1.0]);
        let mut c = [0.0];
        let product = Product { start: Start::Zero, a: Mat::new(&a, 1, 1), b: Mat::new(&b, 1, 1).into() };
        product.run::<Emulated>(&mut c);
        assert!(!c[0].is_finite(), "{x} became {}", c[0]);
        multiply_parallel(Precision::Bf16, &mut c, Write::Over, product.a, Mat::new(&b, 1, 1), None);
        assert!(!c[0].is_finite(), "{x} became {}", c[0]);
    }
}

#[test]
fn threads_do_not_change_the_bits() {
    let (x, y) = (noise(300 * 410, 1), noise(410 * 450, 2));
    let (a, b) = (Mat::new(&x, 300, 410), Mat::new(&y, 410, 450));
    same_for_any_threads(|| {
        [Precision::F32, Precision::Bf16].map(|precision| {
            let mut c = vec![0.0; 300 * 450];
            multiply_parallel(precision, &mut c, Write::Over, a, b, None);
            c
        })
    });
    same_for_any_threads(|| {
        let mut c = vec![0.0; 300 * 450];
        Product { start: Start::Zero, a, b: b.into() }.run::<Emulated>(&mut c);
        c
    });
}

#[test]
#[should_panic(expected = "inner sizes of a product")]
fn operands_that_do_not_fit_panic() {
    let (a, b) = (Mat::new(&[1.0; 2], 1, 2), Mat::new(&[1.0; 3], 3, 1));
    multiply_parallel(Precision::F32, &mut [0.0], Write::Over, a, b, None);
}
