//! Lists of the files of raw inputs go with the results that were made from them.

use fs_err as fs;
use simvg_pipeline::{Keep, Limits};

use crate::support::Bench;

#[test]
fn a_list_goes_with_the_last_result_that_has_it() {
    let bench = Bench::new();
    let stages = r#""a": Write(text: "x", folder: "pictures")"#;
    fs::create_dir(bench.path().join("pictures")).expect("a folder");
    for name in ["1", "2"] {
        bench.put(&format!("pictures/{name}"), name);
        bench.expect(stages, "a:ran");
    }
    let lists = || fs::read_dir(bench.path().join("artifacts/lists")).expect("lists").count();
    assert_eq!(lists(), 2);
    let (store, latest) = (bench.store(), bench.store().latest("test", "a").expect("a result"));
    let report = store.gc_plan(&Keep::These([latest].into()), Limits::default()).expect("a plan");
    assert_eq!(report.goes.len(), 2, "the older result and its list: {:?}", report.goes);
    assert_eq!(lists(), 2, "a plan removes nothing");
    assert!(store.gc(&report).expect("removed").is_empty());
    assert_eq!(lists(), 1);
    bench.expect(stages, "a:hit");
}
