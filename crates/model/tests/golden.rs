//! The whole model against the official code: everything in between, losses, gradients, optimizer steps, averages.
//!
//! `cargo test --release -p simvg-model --test golden` checks the cases of `tests/golden`. More of them may lie beside
//! the checkout, in `../shared/golden`; they are checked with `-- --ignored` after that, or, with all numbers, by
//! `cargo run --release -p simvg-model --example parity -- ../shared/golden`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use simvg_model::parity::{self, Case, Group, Report};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Checks every case of a directory and returns how many there are.
#[track_caller]
fn all_hold(dir: &Path) -> usize {
    let cases = parity::cases(dir).expect("a directory of cases").cases;
    for dir in &cases {
        let report = check(dir);
        let differing: Vec<_> = report.groups.iter().filter(|d| !d.holds()).collect();
        assert!(report.holds(), "{}: {differing:#?} {:?}", dir.display(), report.mismatches);
    }
    cases.len()
}

fn check(dir: &Path) -> Report {
    Case::open(dir).and_then(|case| parity::check(&case)).expect("a case that can be compared")
}

#[test]
fn the_cases_of_the_repository_hold() {
    assert!(all_hold(&root().join("tests/golden")) >= 6);
}

#[test]
#[ignore = "needs ../shared/golden beside the checkout"]
fn the_cases_beside_the_checkout_hold() {
    let dir = root().join("../shared/golden");
    if dir.is_dir() {
        println!("{} cases hold", all_hold(&dir));
    } else {
        println!("nothing was checked: there is no {}", dir.display());
    }
}

#[test]
fn every_group_of_tensors_is_compared() {
    let report = check(&root().join("tests/golden/onestage"));
    assert_eq!(report.groups.iter().map(|d| d.group).collect::<Vec<_>>(), Group::ALL);
    assert!(report.groups.iter().all(|d| d.values > 0));
}

/// A copy of a case, to be spoilt.
struct Copied(tempfile::TempDir);

impl Copied {
    fn new(case: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        for entry in fs_err::read_dir(root().join("tests/golden").join(case)).expect("a case") {
            let from = entry.expect("a file").path();
            fs_err::copy(&from, dir.path().join(from.file_name().expect("a name"))).expect("a copy");
        }
        Self(dir)
    }

    fn edit(&self, file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        let path = self.0.path().join(file);
        fs_err::write(&path, change(fs_err::read(&path).expect("a file"))).expect("written");
    }

    fn error(&self) -> String {
        Case::open(self.0.path()).and_then(|case| parity::check(&case)).expect_err("a spoilt case").to_string()
    }
}

/// Adds to the first element of a tensor.
fn shifted(bytes: &[u8], name: &str, by: f32) -> Vec<u8> {
    let file = SafeTensors::deserialize(bytes).expect("safetensors");
    let mut data: BTreeMap<String, Vec<u8>> = file.tensors().into_iter().map(|(n, t)| (n, t.data().to_vec())).collect();
    let first = &mut data.get_mut(name).expect("the tensor")[..4];
    let value = f32::from_le_bytes(first.try_into().expect("four bytes")) + by;
    first.copy_from_slice(&value.to_le_bytes());
    let view = |(n, t): (String, TensorView)| {
        let view = TensorView::new(t.dtype(), t.shape().to_vec(), &data[&n]).expect("the same shape");
        (n, view)
    };
    safetensors::serialize(file.tensors().into_iter().map(view), None).expect("safetensors")
}

#[test]
fn one_wrong_number_is_noticed_in_its_group() {
    let parameter = "head.transformer.decoder.layers.1.norms.0.weight";
    let (param, ema) = (format!("param.{parameter}"), format!("ema.{parameter}"));
    for (file, tensor, by, group) in [
        ("outputs", "enc_hidden.1", 1e-4, Group::HiddenStates),
        ("outputs", "text_feat", 1e-4, Group::Features),
        ("outputs", "token_logits", 1e-4, Group::HeadOutputs),
        ("outputs", "pred_boxes_decoder_rescaled", 5e-3, Group::PredictedBoxes),
        ("grads", parameter, 1e-2, Group::Gradients),
        ("step3", &param, 1e-5, Group::SteppedParameters),
        ("step3", &ema, 1e-5, Group::Averages),
        ("step3", "ema.head.criterion.empty_weight", 1e-5, Group::Averages),
    ] {
        let case = Copied::new("onestage");
        case.edit(&format!("{file}.safetensors"), |bytes| shifted(&bytes, tensor, by));
        let report = check(case.0.path());
        let wrong: Vec<_> = report.groups.iter().filter(|d| !d.holds()).map(|d| (d.group, d.worst.as_str())).collect();
        assert_eq!(wrong, [(group, tensor)]);
    }
}

#[test]
fn a_term_that_only_one_side_knows_is_a_mismatch() {
    let case = Copied::new("onestage");
    case.edit("losses.json", |text| {
        String::from_utf8(text).expect("text").replace("loss_tgt", "loss_new").into_bytes()
    });
    let report = check(case.0.path());
    assert_eq!(report.mismatches, ["losses: loss_tgt was not recorded", "losses: loss_new is not computed"]);
    assert!(!report.holds());
}

#[test]
fn a_spoilt_case_is_an_error_that_names_the_file() {
    for entry in fs_err::read_dir(root().join("tests/golden/onestage")).expect("a case") {
        let name = entry.expect("a file").file_name().into_string().expect("a plain name");
        let case = Copied::new("onestage");
        case.edit(&name, |bytes| bytes[..bytes.len() / 2].to_vec());
        assert!(case.error().contains(&name), "cut short: {}", case.error());
        fs_err::remove_file(case.0.path().join(&name)).expect("removed");
        assert!(case.error().contains(&name), "missing: {}", case.error());
    }
    let config = |from: &str, to: &str| {
        let case = Copied::new("onestage");
        case.edit("config.json", |text| String::from_utf8(text).expect("text").replace(from, to).into_bytes());
        case.error()
    };
    assert!(config("\"heads\": 4", "\"heads\": 5").contains("heads do not divide"));
    assert!(config("\"num_queries\": 1", "\"num_queries\": 2").contains("step3_mask"));
    assert!(config("\"vocab_size\": 60", "\"vocab_size\": 2").contains("vocabulary"));
}

#[test]
fn a_directory_without_cases_is_an_error() {
    let none = parity::cases(&root().join("tests/golden/eval")).expect_err("no case").to_string();
    assert!(none.contains("eval"), "{none}");
    assert!(parity::cases(&root().join("tests/nowhere")).is_err());
}
