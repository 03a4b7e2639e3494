//! The head against the official code, fed with the official features: states, predictions, losses, parameter gradients.

mod common;

use common::{Golden, assert_close};
use simvg_model::boxes::{best, detections};
use simvg_model::features::Features;
use simvg_model::head::{self, Branches, Head, HeadOutput, Prediction, Rows, TextPool};
use simvg_model::params::Layout;

const TENSORS: f32 = 5e-5;
const LOSSES: f32 = 5e-5;
const PIXELS: f32 = 2e-3;

struct Case {
    golden: Golden,
    layout: Layout,
    params: Vec<f32>,
    features: Features,
}

impl Case {
    fn load(name: &str) -> Self {
        let golden = Golden::load(name);
        let mut layout = Layout::default();
        head::layout(&golden.config.head, &mut layout);
        let params = golden.params(&layout);
        let output = |name: &str| golden.outputs[name].data.clone();
        let (cls, img, text) = (output("cls_feat"), output("img_feat"), output("text_feat"));
        Self { features: Features { cls, img, text, ..Features::default() }, golden, layout, params }
    }

    fn head(&self) -> Head<'_> {
        let head = Head::new(&self.golden.config.head, self.golden.config.compat, &self.layout, &self.params);
        let masked = self.golden.json["text_mask_dtype"] == "bool";
        if masked { head.with_text_pool(TextPool::MaskedMax) } else { head }
    }

    fn check(&self) {
        self.check_outputs();
        self.check_training();
    }

    fn check_outputs(&self) {
        let output = self.head().infer(&self.features, &self.golden.batch(), Branches::BOTH, true);
        for name in ["x_proj", "query_embed", "memory", "pos_embed", "img_mask", "dec_hidden", "token_features"] {
            self.compare(name, &traced(&output, name));
        }
        self.check_branch("dec", "decoder", &output.outputs.decoder);
        self.check_branch("token", "token", &output.outputs.token);
    }

    fn check_branch(&self, short: &str, long: &str, layers: &[Prediction<Rows>]) {
        let all =
            |part: fn(&Prediction<Rows>) -> &Rows| layers.iter().flat_map(|p| part(p).data.clone()).collect::<Vec<_>>();
        self.compare(&format!("{short}_logits"), &all(|p| &p.logits));
        self.compare(&format!("{short}_boxes"), &all(|p| &p.boxes));
        let metas = self.golden.batch().metas;
        let last = layers.last().expect("a layer");
        for (suffix, rescale) in [("", false), ("_rescaled", true)] {
            let name = format!("pred_boxes_{long}{suffix}");
            let Some(want) = self.golden.outputs.get(&name) else { continue };
            let found = detections(last, &metas, rescale);
            let several = self.golden.outputs.contains_key(&format!("pred_scores_{long}"));
            let kept = found.iter().flat_map(|d| if several { d.clone() } else { best(d).into_iter().collect() });
            let (boxes, scores): (Vec<_>, Vec<_>) = kept.map(|d| (d.bbox, d.score)).unzip();
            assert_close(&name, &boxes.concat(), &want.data, PIXELS);
            if several {
                assert_close("scores", &scores, &self.golden.outputs[&format!("pred_scores_{long}")].data, TENSORS);
            }
        }
    }

    fn compare(&self, name: &str, got: &[f32]) {
        if let Some(want) = self.golden.outputs.get(name) {
            assert_close(name, got, &want.data, TENSORS);
        }
    }

    fn check_training(&self) {
        let mut grads = vec![0.0; self.layout.len()];
        let head = self.head();
        let output = head.train(&self.features, &self.golden.batch(), None, &mut grads);
        let want = self.golden.losses["losses"].as_object().expect("losses");
        assert_eq!(output.losses.len(), want.len());
        for (name, value) in &output.losses {
            assert_close(name, &[*value], &[self.golden.loss(name) as f32], LOSSES);
        }
        self.check_criteria(&output.criteria);
        self.check_grads(&head, &grads);
    }

    fn check_criteria(&self, criteria: &[Vec<(String, f32)>]) {
        let calls = self.golden.losses["criterion_calls"].as_array().expect("calls");
        assert_eq!(criteria.len(), calls.len());
        for (terms, call) in criteria.iter().zip(calls) {
            for (name, value) in terms {
                let want = call["raw"][name].as_f64().unwrap_or_else(|| panic!("no golden term {name}")) as f32;
                assert_close(name, &[*value], &[want], LOSSES);
            }
        }
    }

    fn check_grads(&self, head: &Head, grads: &[f32]) {
        let largest = self.golden.grads.values().flat_map(|t| &t.data).fold(0.0f32, |m, x| m.max(x.abs()));
        let untouched = self.golden.losses["none_grads"].as_array().expect("a list");
        for entry in self.layout.entries() {
            let (name, got) = (&entry.name, &grads[entry.range()]);
            assert_close(name, got, &self.golden.grads[name].data, 1e-5 * largest);
            assert_eq!(head.trains(name), !untouched.iter().any(|n| n == name), "whether {name} is trained");
        }
    }
}

/// A traced tensor; one with layers is strung together.
fn traced(output: &HeadOutput, name: &str) -> Vec<f32> {
    let layers = (0..).map_while(|i| output.trace.get(&format!("{name}.{i}"))).flatten().copied();
    output.trace.get(name).cloned().unwrap_or_else(|| layers.collect())
}

#[test]
fn first_stage() {
    Case::load("twostage1").check();
}

#[test]
fn one_stage() {
    Case::load("onestage").check();
}

#[test]
fn second_stage() {
    Case::load("twostage2").check();
}
