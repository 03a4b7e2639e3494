//! Results that are not what was written are found and made again; nothing is ever half there.

use fs_err as fs;
use simvg_pipeline::{Reason, State, Store};

use crate::support::Bench;

const TWO: &str = r#""a": Write(text: "x"), "b": Write(text: "y", one: Stage("a"))"#;

#[test]
fn a_missing_or_shortened_file_is_a_miss() {
    let bench = Bench::new();
    bench.run(TWO);
    for damage in [|path| fs::remove_file(path), |path| fs::write(path, "")] as [fn(_) -> _; 2] {
        damage(bench.output("a", "text.txt")).expect("damaged");
        assert_eq!(bench.plan(TWO).stages[0].state, State::Run);
        assert!(matches!(bench.plan(TWO).stages[0].why, Reason::Damaged { .. }));
        bench.expect(TWO, "a:ran b:hit");
        assert_eq!(bench.read("a", "text.txt"), "x");
    }
}

#[test]
fn a_flipped_byte_is_found_before_it_is_used() {
    let bench = Bench::new();
    bench.run(TWO);
    fs::write(bench.output("a", "text.txt"), "!").expect("damaged");
    bench.expect(&TWO.replace("\"y\"", "\"z\""), "a:ran b:ran");
    assert_eq!(bench.read("b", "text.txt"), "xz");
}

#[test]
fn a_damaged_manifest_is_a_miss() {
    let bench = Bench::new();
    bench.run(TWO);
    fs::write(bench.output("a", "manifest.json"), "{").expect("damaged");
    bench.expect(TWO, "a:ran b:hit");
}

#[test]
fn a_lost_entry_is_told_from_a_new_one() {
    let bench = Bench::new();
    bench.run(TWO);
    let entry = bench.output("a", "");
    fs::remove_dir_all(entry).expect("removed");
    assert_eq!(bench.plan(TWO).stages[0].why, Reason::Gone);
}

#[test]
fn a_failure_leaves_no_entry_and_no_changed_one() {
    let bench = Bench::new();
    bench.expect(r#""a": Write(text: "fail")"#, "a:failed");
    let entries = fs::read_dir(bench.path().join("artifacts/store")).expect("a store").count();
    assert_eq!(entries, 0);
    assert_eq!(bench.store().latest("test", "a"), None);
}

#[test]
fn leftovers_of_a_killed_run_do_not_get_into_the_result() {
    let bench = Bench::new();
    let fingerprint = bench.plan(TWO).stages[0].fingerprint.clone().expect("known");
    let out = bench.path().join("artifacts/work").join(fingerprint).join("out");
    fs::create_dir_all(&out).expect("a folder");
    fs::write(out.join("half.bin"), "half").expect("written");
    bench.run(TWO);
    assert!(!bench.output("a", "half.bin").exists());
    assert_eq!(fs::read_dir(bench.path().join("artifacts/work")).expect("a folder").count(), 0);
}

#[test]
fn a_store_of_another_format_is_refused() {
    let bench = Bench::new();
    bench.run(TWO);
    bench.put("artifacts/format", "999\n");
    let error = Store::open(bench.path().join("artifacts")).expect_err("another format");
    assert!(error.to_string().contains("has format 999"), "{error}");
}

#[test]
fn a_wrong_memory_of_hashes_is_forgotten() {
    let bench = Bench::new();
    bench.put("raw.txt", "one");
    let stages = r#""a": Write(text: "x", raw: "raw.txt")"#;
    bench.run(stages);
    bench.put("artifacts/hashes.json", "nonsense");
    bench.expect(stages, "a:hit");
}
