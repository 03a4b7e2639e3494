//! Assignments are those of scipy, in the same order among equals.

use serde_json::Value;
use simvg_model::matching::{Costs, assign};

#[test]
fn assignments_are_scipys() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/functions/assignment.json");
    let cases: Vec<Value> = serde_json::from_slice(&fs_err::read(path).expect("file")).expect("JSON");
    assert!(cases.len() > 30);
    for case in cases {
        let cost: Vec<Vec<f64>> = serde_json::from_value(case["cost"].clone()).expect("costs");
        let (rows, cols): (Vec<usize>, Vec<usize>) =
            assign(&Costs::new(cost.len(), cost[0].len(), |r, c| cost[r][c])).into_iter().unzip();
        assert_eq!(
            serde_json::json!({ "rows": rows, "cols": cols }),
            serde_json::json!({ "rows": case["rows"], "cols": case["cols"] })
        );
    }
}
