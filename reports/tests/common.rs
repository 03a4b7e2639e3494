//! Made-up measurements.

use simvg_reports::{Branch, Measurement};

/// A number of a run on a group of the demo data set.
pub fn demo(group: &str, branch: Branch, method: &str, seed: u64, value: f64) -> Measurement {
    Measurement {
        dataset: "Demo".into(),
        split: "test".into(),
        group: group.into(),
        branch,
        metric: "Acc@0.5".into(),
        value,
        samples: 200,
        stage: format!("evaluate[{method},{seed}]"),
        method: method.into(),
        baseline: None,
        seed: Some(seed),
        published: false,
        checkpoint: Some(format!("best-{seed}.pth")),
        checkpoint_stage: Some(format!("train[{seed}]")),
        fingerprint: format!("{seed}f00d4f00d4f00d4f00d4"),
        commit: Some("abcdef0123456789".into()),
        publication: None,
    }
}

/// The same of a baseline.
pub fn baseline(group: &str, name: &str, value: f64) -> Measurement {
    let measurement = demo(group, Branch::None, name, 0, value);
    Measurement { baseline: Some(name.into()), seed: None, checkpoint: None, checkpoint_stage: None, ..measurement }
}

/// A number of a run on a whole split of a real data set.
pub fn real(dataset: &str, split: &str, branch: Branch, value: f64) -> Measurement {
    Measurement {
        dataset: dataset.into(),
        split: split.into(),
        group: dataset.into(),
        ..demo("", branch, "two-stage", 1, value)
    }
}

/// Two seeds with both branches on two groups, and a baseline.
pub fn small_demo() -> Vec<Measurement> {
    let mut all = Vec::new();
    for (seed, shift) in [(1, 0.0), (2, 2.0)] {
        for (group, start) in [("A", 60.0), ("B", 70.0)] {
            all.push(demo(group, Branch::Decoder, "two-stage", seed, start + shift));
            all.push(demo(group, Branch::Token, "two-stage", seed, start - 10.0 + 2.0 * shift));
        }
    }
    all.extend([baseline("A", "random object", 30.0), baseline("B", "random object", 28.5)]);
    all
}
