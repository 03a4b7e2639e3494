//! `--from` and `--force-downstream`: a part of the pipeline, and whole waves.

use crate::support::Bench;

/// `c` needs `b`, `b` needs `a`; `x` stands alone.
const CHAIN: &str = r#""a": Write(text: "a"), "x": Write(text: "x"), "b": Write(text: "b", one: Stage("a")),
    "c": Write(text: "c", one: Stage("b"))"#;

fn bench(from: &[&str], targets: &[&str]) -> Bench {
    let mut bench = Bench::new();
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    (bench.options.from, bench.options.targets) = (owned(from), owned(targets));
    bench
}

#[test]
fn from_takes_what_follows_and_what_that_needs() {
    bench(&["b"], &[]).expect(CHAIN, "a:ran b:ran c:ran");
    bench(&["x"], &[]).expect(CHAIN, "x:ran");
    bench(&["b"], &["b"]).expect(CHAIN, "a:ran b:ran");
    bench(&["x"], &["c"]).expect(CHAIN, "");
}

#[test]
fn force_runs_the_first_and_its_equal_bytes_end_the_wave() {
    let mut bench = bench(&["b"], &[]);
    bench.run(CHAIN);
    bench.options.force = true;
    bench.expect(CHAIN, "a:hit b:ran c:hit");
}

#[test]
fn force_downstream_runs_the_whole_wave() {
    let mut bench = bench(&["b"], &[]);
    bench.run(CHAIN);
    bench.options.force_downstream = true;
    bench.expect(CHAIN, "a:hit b:hit c:hit");
    bench.options.force = true;
    bench.expect(CHAIN, "a:hit b:ran c:ran");
}
