//! What the tests of the kernels share: numbers to feed in, and comparisons.

use rayon::ThreadPoolBuilder;

/// `len` numbers in (-1, 1) that look random and follow from `seed` (splitmix64).
pub(crate) fn noise(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as f64 / u64::MAX as f64
    };
    (0..len).map(|_| (next() * 2.0 - 1.0) as f32).collect()
}

/// As f64, for the references.
pub(crate) fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x)).collect()
}

/// Fails if an element is further from the reference than `tolerance`.
#[track_caller]
pub(crate) fn close(what: &str, got: &[f32], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "elements of {what}");
    for (i, (&g, &w)) in got.iter().zip(want).enumerate() {
        assert!((f64::from(g) - w).abs() <= tolerance, "{what}[{i}]: {g} instead of {w}");
    }
}

/// Gradient of `loss` at `x` by central differences, in f64.
pub(crate) fn differences(x: &[f32], loss: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let mut at = wide(x);
    let step = 1e-5;
    (0..x.len())
        .map(|i| {
            let old = at[i];
            at[i] = old + step;
            let up = loss(&at);
            at[i] = old - step;
            let down = loss(&at);
            at[i] = old;
            (up - down) / (2.0 * step)
        })
        .collect()
}

/// Sum of products, the scalar loss whose gradient with respect to `a` is `b`.
pub(crate) fn dot(a: &[f64], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, &b)| a * f64::from(b)).sum()
}

/// Runs `f` with one thread and with three, and fails unless both give the same bits.
#[track_caller]
pub(crate) fn same_for_any_threads<T: PartialEq + std::fmt::Debug + Send>(f: impl Fn() -> T + Sync) {
    let run = |n| ThreadPoolBuilder::new().num_threads(n).build().expect("a thread pool").install(&f);
    assert_eq!(run(1), run(3));
}
