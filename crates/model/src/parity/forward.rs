//! A forward pass with everything in between.

use std::collections::BTreeMap;

use super::report::{Group, Report};
use super::{Case, ParityError};
use crate::backbone::{Backbone, DropPath};
use crate::boxes::{Detection, best, detections};
use crate::features::Features;
use crate::head::{Branches, Head, HeadOutput, Prediction, Rows};
use crate::losses::{Target, ground_truth, teacher};
use crate::model;

/// Tensors of this model by the names of the records, each with its group.
#[derive(Default)]
struct Computed(BTreeMap<String, (Group, Vec<f32>)>);

impl Computed {
    fn add(&mut self, group: Group, name: impl Into<String>, values: Vec<f32>) {
        self.0.insert(name.into(), (group, values));
    }
}

/// Compares all of `outputs.safetensors`.
pub fn compare(case: &Case, report: &mut Report) -> Result<(), ParityError> {
    let computed = run(case)?;
    for (name, (group, values)) in &computed.0 {
        report.add(*group, name, values, &case.outputs.get(name)?.data);
    }
    let unknown = case.outputs.iter().filter(|(name, _)| !computed.0.contains_key(*name));
    unknown.for_each(|(name, _)| report.mismatch(format!("{name} was recorded, but is not computed here")));
    Ok(())
}

fn run(case: &Case) -> Result<Computed, ParityError> {
    let layout = model::layout(&case.config);
    let params = case.params(&layout)?;
    let mut computed = Computed::default();
    let mut backbone = Backbone::new(&case.config.encoder, &layout);
    // Only a training pass keeps its hidden states.
    let features = backbone.forward(&params, &case.batch, Some(DropPath { seed: 0, step: 0 }), 0).clone();
    for i in 0..=case.config.encoder.depth {
        computed.add(Group::HiddenStates, format!("enc_hidden.{i}"), backbone.hidden_state(i));
    }
    let head = Head::new(&case.config.head, case.config.compat, &layout, &params);
    let branches = Branches { decoder: true, token: !case.config.head.branch_loss_weight.decoder_only() };
    let output = head.infer(&features, &case.batch, branches, true);
    add_features(features, &mut computed);
    add_states(&output, &mut computed);
    add_targets(case, &output, &mut computed);
    add_branch(case, "dec", "decoder", &output.outputs.decoder, &mut computed);
    if branches.token {
        add_branch(case, "token", "token", &output.outputs.token, &mut computed);
    }
    Ok(computed)
}

fn add_features(features: Features, computed: &mut Computed) {
    computed.add(Group::Features, "cls_feat", features.cls);
    computed.add(Group::Features, "img_feat", features.img);
    computed.add(Group::Features, "text_feat", features.text);
}

/// Everything traced; the layers of a tensor, `<name>.<layer>`, are strung together.
fn add_states(output: &HeadOutput, computed: &mut Computed) {
    let name = |key: &str| key.split('.').next().unwrap_or(key).to_owned();
    for key in output.trace.keys() {
        let layers = (0..).map_while(|i| output.trace.get(&format!("{}.{i}", name(key)))).flatten().copied();
        let values = output.trace.get(&name(key)).cloned().unwrap_or_else(|| layers.collect());
        computed.add(Group::HeadOutputs, name(key), values);
    }
}

/// Ground truth, and the decoder's predictions as targets of the token branch.
fn add_targets(case: &Case, output: &HeadOutput, computed: &mut Computed) {
    let Some(decoder) = output.outputs.decoder.last() else { return };
    let truth = ground_truth(&case.batch);
    let soft = teacher(&case.config.head, decoder, &truth);
    for (boxes, counts, targets) in
        [("gt_target_boxes", "gt_target_counts", &truth), ("soft_boxes", "soft_counts", &soft.targets)]
    {
        let values = |target: &Target| target.bbox;
        computed.add(Group::HeadOutputs, boxes, targets.iter().flatten().flat_map(values).collect());
        computed.add(Group::HeadOutputs, counts, lengths(targets));
    }
    computed.add(Group::HeadOutputs, "soft_weight_counts", lengths(&soft.weights));
    computed.add(Group::HeadOutputs, "soft_weights", soft.weights.concat());
}

fn lengths<T>(lists: &[Vec<T>]) -> Vec<f32> {
    lists.iter().map(|list| list.len() as f32).collect()
}

/// Logits and boxes of all layers of a branch, and what it predicts.
fn add_branch(case: &Case, short: &str, long: &str, layers: &[Prediction<Rows>], computed: &mut Computed) {
    let all = |part: fn(&Prediction<Rows>) -> &Rows| layers.iter().flat_map(|p| part(p).data.clone()).collect();
    computed.add(Group::HeadOutputs, format!("{short}_logits"), all(|p| &p.logits));
    computed.add(Group::HeadOutputs, format!("{short}_boxes"), all(|p| &p.boxes));
    let Some(last) = layers.last() else { return };
    for (suffix, rescale) in [("", false), ("_rescaled", true)] {
        let found = kept(case, detections(last, &case.batch.metas, rescale));
        let boxes = found.iter().flatten().flat_map(|d| d.bbox).collect();
        computed.add(Group::PredictedBoxes, format!("pred_boxes_{long}{suffix}"), boxes);
        if case.several {
            let scores = found.iter().flatten().map(|d| d.score).collect();
            computed.add(Group::HeadOutputs, format!("pred_scores_{long}"), scores);
            computed.add(Group::HeadOutputs, format!("pred_counts_{long}"), lengths(&found));
        }
    }
}

/// With one target a picture only its best box counts.
fn kept(case: &Case, found: Vec<Vec<Detection>>) -> Vec<Vec<Detection>> {
    if case.several {
        return found;
    }
    found.iter().map(|boxes| best(boxes).into_iter().collect()).collect()
}
