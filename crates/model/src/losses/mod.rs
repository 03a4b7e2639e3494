//! The losses of SimVG, and their gradients with respect to the head's outputs.
//!
//! They are recorded on a small tape of their own, whose leaves are the outputs of the whole batch: matching, weights and
//! targets are plain numbers, everything differentiable is dfdx.

mod coverage;
mod criterion;
mod guidance;
mod overlap;
mod probes;
mod soft;
mod targets;

use std::ops::Range;

use dfdx::prelude::{Gradients, HasShape, NoneTape, PutTape};

use crate::batch::Batch;
use crate::config::{Compat, DistillType, HeadConfig};
use crate::features::Features;
use crate::head::probes::Probes;
use crate::head::tape::{Matrix, Scalar, SharedTape, backward, matrix, take_gradient, value};
use crate::head::{Outputs, Prediction, Rows};
use criterion::{Criterion, Layer};
use targets::merged;
pub use targets::{Target, Teacher, ground_truth, teacher};

/// Losses of a batch.
#[derive(Default)]
pub struct Losses {
    /// Terms by their official names, weighted; the last is `loss_total`, which is what was differentiated.
    pub terms: Vec<(String, f32)>,
    /// The unweighted terms of every call of the set criterion, in order.
    pub criteria: Vec<Vec<(String, f32)>>,
    /// Gradient of the total with respect to every output.
    pub output_grads: Outputs<Rows>,
    /// Gradient of the total with respect to the CLS attention logits, a list as long as the one given.
    pub cls_attention_grads: Vec<Vec<f32>>,
    /// Gradient of the total with respect to the hidden patches, a list as long as the one given.
    pub hidden_grads: Vec<Vec<f32>>,
    /// Gradients of the probes' parameters, by place in the flat buffer.
    pub probe_grads: Vec<(Range<usize>, Vec<f32>)>,
}

/// Takes every loss that the configuration asks for; `batch` must carry targets for every sample.
pub fn take(
    cfg: &HeadConfig,
    compat: Compat,
    probes: &Probes,
    outputs: &Outputs<Rows>,
    features: &Features,
    batch: &Batch,
) -> Losses {
    let tape = SharedTape::default();
    let leaves = outputs.clone().map(leaf);
    let cls_leaves = cls_attention_rows(features).map(leaf).collect::<Vec<_>>();
    let trace = |leaf: Matrix| leaf.put_tape(tape.clone());
    let traced = leaves.clone().map(trace);
    let cls_traced: Vec<_> = cls_leaves.iter().cloned().map(trace).collect();
    let hidden_leaves: Vec<_> = hidden_rows(features, batch).map(leaf).collect();
    let hidden_traced: Vec<_> = hidden_leaves.iter().cloned().map(trace).collect();

    let mut sum = Sum { tape: tape.clone(), total: None, terms: Vec::new(), criteria: Vec::new() };
    branches(cfg, compat, outputs, &traced, batch, &mut sum);
    guidance::add(cfg, &traced, &cls_traced, batch, &mut sum);
    probes::add(&cfg.guidance, probes, &hidden_traced, batch, &mut sum);
    sum.report("loss_total", sum.total.as_ref().map_or(0.0, value));

    let mut gradients = sum.total.map_or_else(Gradients::leaky, backward);
    let mut gradient = |leaf: Matrix| Rows { cols: leaf.shape().1, data: take_gradient(&mut gradients, &leaf) };
    let output_grads = leaves.map(&mut gradient);
    let cls_attention_grads = cls_leaves.into_iter().map(|leaf| gradient(leaf).data).collect();
    let hidden_grads = hidden_leaves.into_iter().map(|leaf| gradient(leaf).data).collect();
    let probe_grads = probes.gradients(&mut gradients);
    Losses { terms: sum.terms, criteria: sum.criteria, output_grads, cls_attention_grads, hidden_grads, probe_grads }
}

fn leaf(rows: Rows) -> Matrix {
    let len = rows.len();
    matrix(&NoneTape, rows.data, len, rows.cols)
}

/// CLS attention logits as rows `[B*H, N]`, an entry for each layer.
fn cls_attention_rows(features: &Features) -> impl Iterator<Item = Rows> + '_ {
    let patches = features.img.len() / features.cls.len().max(1);
    features.cls_attention.iter().map(move |logits| Rows { cols: patches, data: logits.clone() })
}

/// Patches of earlier encoder layers as rows `[B*N, C]`.
fn hidden_rows<'a>(features: &'a Features, batch: &Batch) -> impl Iterator<Item = Rows> + 'a {
    let width = features.cls.len() / batch.len().max(1);
    features.hidden.iter().map(move |patches| Rows { cols: width, data: patches.clone() })
}

/// The total that grows term by term.
struct Sum {
    tape: SharedTape,
    total: Option<Scalar<SharedTape>>,
    terms: Vec<(String, f32)>,
    criteria: Vec<Vec<(String, f32)>>,
}

impl Sum {
    /// Adds a weighted term to the total and reports it.
    fn add(&mut self, name: &str, term: Scalar<SharedTape>) {
        self.report(name, value(&term));
        self.add_silently(term);
    }

    /// Reports a number that is not part of the total.
    fn report(&mut self, name: &str, value: f32) {
        self.terms.push((name.to_owned(), value));
    }

    fn add_silently(&mut self, term: Scalar<SharedTape>) {
        self.total = Some(match self.total.take() {
            Some(total) => total + term,
            None => term,
        });
    }
}

/// The losses of both branches (official `TextGuidedQuerySelectKDDETRHead.loss`).
fn branches(
    cfg: &HeadConfig,
    compat: Compat,
    outputs: &Outputs<Rows>,
    traced: &Outputs<Matrix<SharedTape>>,
    batch: &Batch,
    sum: &mut Sum,
) {
    let w = &cfg.branch_loss_weight;
    let layers = Branch::new(outputs, traced);
    let (truth, plain) = (ground_truth(batch), Criterion::new(cfg, batch.len(), false));
    if let Some(weight) = w.decoder {
        let term = plain.loss(&layers.decoder, &truth, sum) * weight;
        sum.add("loss_dgt", term);
    }
    let token = if cfg.mlp_aux_loss { &layers.token[..] } else { last(&layers.token) };
    let soft = |layer: &Layer| teacher(cfg, layer.plain, &truth);
    if let (Some(weights), Some(decoder)) = (w.balanced_distill, layers.decoder.last()) {
        let teacher = soft(decoder);
        let confidence = teacher.confidence();
        let term = plain.loss(token, &truth, sum) * (weights.token * (1.0 - confidence));
        sum.add("loss_tgt", term);
        let term = plain.loss(token, &teacher.targets, sum) * (weights.distill * confidence);
        sum.add("loss_kd", term);
        sum.report("loss_distill_w", confidence);
    } else {
        if let Some(weight) = w.token {
            let term = plain.loss(token, &truth, sum) * weight;
            sum.add("loss_tgt", term);
        }
        if let (Some(weight), Some(decoder)) = (w.distill, layers.decoder.last()) {
            let term = distill(cfg, batch, token, decoder, &soft(decoder), sum) * weight;
            sum.add("loss_kd", term);
        }
    }
    if let (Some(weight), Some(decoder)) = (w.merge, layers.decoder.last()) {
        let term = plain.loss(&layers.token, &merged(cfg, compat, batch, decoder.plain), sum) * weight;
        sum.add("loss_merge", term);
    }
    if let Some(weight) = w.aux_distill {
        aux_distill(cfg, batch, &layers, &soft, weight, sum);
    }
}

/// Distils every layer but the last from the decoder layer of the same number. Official: the weight changes only the
/// reported number, not what enters the total.
fn aux_distill(
    cfg: &HeadConfig,
    batch: &Batch,
    layers: &Branch,
    soft: &dyn Fn(&Layer) -> Teacher,
    weight: f32,
    sum: &mut Sum,
) {
    let pairs = layers.token.iter().zip(&layers.decoder);
    let inner = layers.token.len().min(layers.decoder.len()).saturating_sub(1);
    let mut reported = 0.0;
    for (token, decoder) in pairs.take(inner) {
        let term = distill(cfg, batch, std::slice::from_ref(token), decoder, &soft(decoder), sum);
        reported += value(&term);
        sum.add_silently(term);
    }
    sum.report("aux_distill", weight * reported);
}

/// The token layers against the decoder's prediction, in the form that `distill_type` says.
fn distill(
    cfg: &HeadConfig,
    batch: &Batch,
    token: &[Layer],
    decoder: &Layer,
    teacher: &Teacher,
    sum: &mut Sum,
) -> Scalar<SharedTape> {
    match (cfg.distill_type, token.last()) {
        (DistillType::Soft, Some(student)) => soft::loss(student, decoder, &batch.metas, cfg.num_classes),
        (kind, _) => {
            Criterion::new(cfg, batch.len(), kind == DistillType::HardWeighted).loss(token, &teacher.targets, sum)
        }
    }
}

/// The layers of both branches, plain and on the tape.
struct Branch<'a> {
    decoder: Vec<Layer<'a>>,
    token: Vec<Layer<'a>>,
}

impl<'a> Branch<'a> {
    fn new(outputs: &'a Outputs<Rows>, traced: &Outputs<Matrix<SharedTape>>) -> Self {
        let pair = |(plain, traced): (&'a Prediction<Rows>, &Prediction<Matrix<SharedTape>>)| Layer {
            plain,
            traced: traced.clone(),
        };
        Self {
            decoder: outputs.decoder.iter().zip(&traced.decoder).map(pair).collect(),
            token: outputs.token.iter().zip(&traced.token).map(pair).collect(),
        }
    }
}

fn last<'a, 'b>(layers: &'b [Layer<'a>]) -> &'b [Layer<'a>] {
    &layers[layers.len().saturating_sub(1)..]
}
