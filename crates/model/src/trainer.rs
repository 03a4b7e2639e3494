//! One training step: forward, losses, backward, clipping, Adam, moving average.

use std::collections::BTreeMap;
use std::ops::Range;

use simvg_kernels::matmul::Precision;
use simvg_kernels::{adam, grad_norm};

use crate::backbone::{Backbone, DropPath};
use crate::batch::Batch;
use crate::checkpoint::Weights;
use crate::config::{Compat, ModelConfig};
use crate::head::{self, Head, TrainOutput};
use crate::model::{self, SimVg};
use crate::params::Layout;
use crate::phases::Phases;
use crate::state::TrainState;
use crate::words::Words;

/// Settings of the optimizer (quirks T1, T4, T5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optim {
    /// Averaging factors of Adam's moments.
    pub betas: [f64; 2],
    /// Added to Adam's denominator after bias correction.
    pub eps: f64,
    /// Largest global gradient norm.
    pub clip: f64,
    /// Factor of the moving average of the parameters.
    pub ema: Option<f32>,
}

/// Learning rates of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// For `vis_enc.*`.
    pub backbone: f64,
    /// For everything else.
    pub head: f64,
}

/// What a step tells about itself.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// Losses and outputs, from before the update.
    pub output: TrainOutput,
    /// Global gradient norm before clipping.
    pub grad_norm: f64,
    /// Where the time went.
    pub phases: Phases,
}

/// A model in training. The gradient buffer and the backbone's activations live as long as it does.
pub struct Trainer {
    /// The configuration.
    pub config: ModelConfig,
    /// Where each tensor lies.
    pub layout: Layout,
    /// Parameters and optimizer state.
    pub state: TrainState,
    optim: Optim,
    backbone: Backbone,
    precision: Precision,
    words: Words,
    /// Gradients that are zeroed before every batch: all but those of words, which are sparse, and those that the
    /// backbone writes over.
    cleared: Vec<Range<usize>>,
    grads: Vec<f32>,
}

impl Trainer {
    /// A training that goes on from `state`.
    pub fn new(config: ModelConfig, mut state: TrainState, optim: Optim) -> Self {
        let layout = model::layout(&config);
        if config.compat == Compat::Official {
            state.keep_stale_ema(&layout);
        }
        let hidden_layers = config.head.guidance.hidden_layers(config.encoder.depth);
        let backbone = Backbone::new(&config.encoder_in_training(), &layout).with_hidden_layers(hidden_layers);
        let words = Words::new(&layout, &state);
        let cleared = layout.between(&[vec![words.table()], backbone.written_over()].concat());
        let (grads, precision) = (vec![0.0; layout.len()], Precision::F32);
        Self { grads, cleared, words, layout, backbone, precision, config, state, optim }
    }

    /// The same training, whose encoder computes its matrix products in this format, also when it is evaluated.
    /// Parameters, gradients and optimizer stay f32.
    pub fn with_precision(self, precision: Precision) -> Self {
        Self { backbone: self.backbone.with_precision(precision), precision, ..self }
    }

    /// Losses and gradients of a batch. `random` is the seed and the step that dropout and drop-path are drawn
    /// from.
    pub fn gradients(&mut self, batch: &Batch, random: (u64, u64)) -> TrainOutput {
        self.timed_gradients(batch, random, &mut Phases::default())
    }

    fn timed_gradients(&mut self, batch: &Batch, random: (u64, u64), phases: &mut Phases) -> TrainOutput {
        let params = &self.state.params;
        let drop_path = DropPath { seed: random.0, step: random.1 };
        let guided = self.config.head.guidance.guided_layers();
        let backbone = &mut self.backbone;
        self.words.start(batch, &mut self.grads);
        self.cleared.iter().for_each(|part| self.grads[part.clone()].fill(0.0));
        let features =
            phases.time(|p| &mut p.backbone_forward, || backbone.forward(params, batch, Some(drop_path), guided));
        let head = Head::new(&self.config.head, self.config.compat, &self.layout, params);
        let grads = &mut self.grads;
        let output = phases.time(|p| &mut p.head, || head.train(features, batch, Some(random), grads));
        phases.time(|p| &mut p.backbone_backward, || backbone.backward(params, batch, &output.feature_grads, grads));
        output
    }

    /// One whole step.
    pub fn step(&mut self, batch: &Batch, rates: Rates, random: (u64, u64)) -> StepReport {
        let mut phases = Phases::default();
        let output = self.timed_gradients(batch, random, &mut phases);
        let grad_norm = phases.time(|p| &mut p.update, || self.update(rates));
        StepReport { output, grad_norm, phases }
    }

    /// Clips, updates and averages with the gradients at hand; returns their norm.
    pub fn update(&mut self, rates: Rates) -> f64 {
        let norm = grad_norm::norm(&self.grads, &self.words.with_gradient());
        let clip = grad_norm::clip_factor(norm, self.optim.clip);
        let spans = self.spans(rates);
        let [beta1, beta2] = self.optim.betas;
        let hyper = adam::Hyper { beta1, beta2, eps: self.optim.eps };
        let decay = self.next_ema_decay();
        let s = &mut self.state;
        let moments = adam::State {
            params: &mut s.params,
            m: &mut s.exp_avg,
            v: &mut s.exp_avg_sq,
            v_max: &mut s.max_exp_avg_sq,
        };
        let ema = s.ema.as_mut().zip(decay).map(|(shadow, decay)| adam::Ema { shadow, decay });
        let grads = adam::Gradients { values: &self.grads, clip, live: &self.words.live() };
        adam::update(hyper, &spans, grads, moments, ema);
        norm
    }

    /// Counts the update of every tensor that trains, and says where it lies and how fast it learns.
    fn spans(&mut self, rates: Rates) -> Vec<adam::Span> {
        let mut spans = Vec::new();
        for (i, e) in self.layout.entries().iter().enumerate().filter(|(_, e)| trains(&self.config, &e.name)) {
            self.state.steps[i] += 1;
            let lr = if e.name.starts_with("vis_enc.") { rates.backbone } else { rates.head };
            spans.push(adam::Span { range: e.range(), lr, step: self.state.steps[i].into() });
        }
        spans
    }

    /// The gradients of the last batch, in the layout of the model.
    pub fn grads(&self) -> &[f32] {
        &self.grads
    }

    /// The model as evaluation sees it: its parameters are the moving average where one is kept.
    pub fn evaluated(&self) -> SimVg<'_> {
        SimVg::from_params(self.config.clone(), self.state.evaluated(), self.precision)
    }

    /// What a checkpoint of the training holds, with `facts` for its reader.
    pub fn weights<'a>(&'a self, facts: &'a BTreeMap<String, String>) -> Weights<'a> {
        Weights {
            config: &self.config,
            layout: &self.layout,
            params: &self.state.params,
            ema: self.state.ema.as_deref(),
            stale_ema: self.state.stale_ema.as_deref(),
            facts,
        }
    }

    fn next_ema_decay(&mut self) -> Option<f32> {
        let alpha = self.optim.ema?;
        let step = self.state.ema_steps as f32;
        self.state.ema_steps += 1;
        Some(alpha.min((step + 1.0) / (step + 10.0)))
    }
}

/// True if this tensor takes part in training; others are left alone by the optimizer (PyTorch's `grad is None`).
pub fn trains(config: &ModelConfig, name: &str) -> bool {
    if name.starts_with("head.") { head::trained(&config.head, name) } else { !name.ends_with("mask_token") }
}
