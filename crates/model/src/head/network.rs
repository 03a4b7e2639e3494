//! The head's network: projections, text-guided query generation, decoder branch and token branch
//! (official `heads/tgqs_kd_detr_head/tgqs_kd_detr_head.py`).

use std::collections::BTreeMap;

use dfdx::prelude::*;

use super::attention::{Keys, MASKED};
use super::dropout::Dropout;
use super::layers::{Linear, Perceptron};
use super::outputs::{Branches, Outputs, Prediction};
use super::parameters::{Leaf, Reader};
use super::positions::{padding, sine_1d, sine_2d};
use super::shard::Shard;
use super::tape::{Cube, Matrix, Recorder, device, matrix};
use super::transformer::{Input, Sizes, Stack, State};
use crate::config::{HeadConfig, TextPool};
use crate::params::Layout;

/// Switches of a run that are no sizes of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// Branches to evaluate.
    pub branches: Branches,
    /// How the words are pooled.
    pub pool: TextPool,
    /// Use the official word positions, see [`sine_1d`].
    pub truncated_sine: bool,
    /// Also give the outputs that only guidance losses need.
    pub guidance: bool,
    /// Also give the intermediate tensors.
    pub trace: bool,
}

/// All layers of the head.
pub struct Network {
    cfg: HeadConfig,
    input: Linear,
    text: Linear,
    cls: Linear,
    query: Matrix,
    token: Perceptron,
    decoder_heads: Heads,
    token_heads: Heads,
    generation: Option<Stack>,
    encoder: Option<Stack>,
    decoder: Stack,
    coverage: Option<Linear>,
    patch_box: Option<Linear>,
    /// The parameters by place.
    pub leaves: Vec<Leaf>,
}

/// Class and box prediction of one branch.
#[derive(Clone)]
struct Heads {
    class: Linear,
    bbox: Perceptron,
}

impl Heads {
    fn read(reader: &mut Reader, branch: &str, cfg: &HeadConfig) -> Self {
        let d = cfg.embed_dim;
        Self {
            class: Linear::read(reader, &format!("head.class_embed_{branch}"), d, cfg.num_classes + 1),
            bbox: Perceptron::read(reader, &format!("head.bbox_embed_{branch}"), &[d, d, d, 4]),
        }
    }

    fn forward<T: Recorder>(&self, hidden: Matrix<T>) -> Prediction<Matrix<T>> {
        Prediction { logits: self.class.forward(hidden.clone()), boxes: self.bbox.forward(hidden).sigmoid() }
    }
}

/// Outputs of one shard and, if asked for, what lies between.
pub struct Forward<T: Recorder> {
    /// What losses are taken of.
    pub outputs: Outputs<Matrix<T>>,
    /// Intermediate tensors by name.
    pub trace: BTreeMap<String, Vec<f32>>,
}

impl Network {
    /// Reads the parameters of the head.
    pub fn read(cfg: &HeadConfig, layout: &Layout, params: &[f32]) -> Self {
        let r = &mut Reader::new(layout, params);
        let (c, d) = (cfg.in_channels, cfg.embed_dim);
        let weight = r.tensor("head.input_proj.weight", (d, c));
        let input = Linear::new(weight, r.tensor("head.input_proj.bias", (d,)));
        let decoder_heads = Heads::read(r, "decoder", cfg);
        let token_heads = if cfg.share_predicthead { decoder_heads.clone() } else { Heads::read(r, "token", cfg) };
        let optional = |r: &mut Reader, name: &str, outputs| {
            r.has(&format!("{name}.weight")).then(|| Linear::read(r, name, d, outputs))
        };
        let mut network = Self {
            input,
            text: Linear::read(r, "head.input_text_proj", c, d),
            cls: Linear::read(r, "head.input_cls_proj", c, d),
            query: r.tensor("head.query_embed.weight", (cfg.num_queries, d)),
            token: Perceptron::read(r, "head.mlp", &vec![d; cfg.num_token_mlp_layers + 1]),
            decoder_heads,
            token_heads,
            generation: cfg
                .text_guided_query_generation
                .then(|| Stack::read(r, super::GENERATION, generation_sizes(cfg))),
            encoder: (!cfg.only_decoder).then(|| Stack::read(r, super::ENCODER, encoder_sizes(cfg))),
            decoder: Stack::read(r, super::DECODER, decoder_sizes(cfg)),
            coverage: optional(r, super::PATCH_COVERAGE, 1),
            patch_box: optional(r, super::PATCH_BOX, 4),
            cfg: cfg.clone(),
            leaves: Vec::new(),
        };
        network.leaves = std::mem::replace(r, Reader::new(layout, params)).into_leaves();
        network
    }

    /// Runs a shard on `tape`; `features` are its patches `[B*N, C]`, words `[B*L, C]` and CLS tokens `[B, C]`.
    pub fn forward<T: Recorder>(
        &self,
        tape: &T,
        shard: &Shard,
        features: [Matrix<T>; 3],
        mode: Mode,
        dropout: &Dropout,
    ) -> Forward<T> {
        let mut run = Run { net: self, tape, shard, mode, dropout, out: Outputs::default(), trace: BTreeMap::new() };
        let [img, text, cls] = features;
        let generated = self.text_query(&mut run, text);
        let query = generated.clone().unwrap_or_else(|| run.learned_query());
        run.note("query_embed", &query);
        if mode.branches.token {
            run.token_branch(cls, generated);
        }
        if mode.branches.decoder || (mode.guidance && (self.coverage.is_some() || self.patch_box.is_some())) {
            run.picture(img, query);
        }
        Forward { outputs: run.out, trace: run.trace }
    }

    /// The query that the words ask for `[B*Q, D]`: decoded from the text, plus the pooled text, plus the learned query.
    fn text_query<T: Recorder>(&self, run: &mut Run<T>, text: Matrix<T>) -> Option<Matrix<T>> {
        let generation = self.generation.as_ref()?;
        let (shard, d) = (run.shard, self.cfg.embed_dim);
        let words = self.text.forward(text);
        let keys = run.word_keys(&words);
        let query = run.learned_query();
        let input = Input { position: query.clone(), batch: shard.samples, own_mask: None, memory: Some(&keys) };
        let states = generation.forward(run.zeros(), &input, run.dropout);
        let pooled = run.mode.pool.forward(words, shard.padding, shard.words());
        let pooled = pooled.broadcast_like::<_, Axis<1>>(&(shard.samples, self.cfg.num_queries, d));
        Some(last_hidden(states) + pooled.reshape_like(query.shape()) + query)
    }
}

fn last_hidden<T: Recorder>(mut states: Vec<State<T>>) -> Matrix<T> {
    states.pop().expect("a transformer has at least one layer").hidden
}

/// One forward pass under way.
struct Run<'a, T: Recorder> {
    net: &'a Network,
    tape: &'a T,
    shard: &'a Shard<'a>,
    mode: Mode,
    dropout: &'a Dropout,
    out: Outputs<Matrix<T>>,
    trace: BTreeMap<String, Vec<f32>>,
}

impl<T: Recorder> Run<'_, T> {
    fn note<S: Shape>(&mut self, name: &str, tensor: &Tensor<S, f32, Cpu, T>) {
        if self.mode.trace {
            self.trace.insert(name.to_owned(), tensor.as_vec());
        }
    }

    fn zeros(&self) -> Matrix<T> {
        let (rows, d) = (self.shard.samples * self.net.cfg.num_queries, self.net.cfg.embed_dim);
        matrix(self.tape, vec![0.0; rows * d], rows, d)
    }

    /// The learned query, once a sample `[B*Q, D]`.
    fn learned_query(&self) -> Matrix<T> {
        let (q, d) = *self.net.query.shape();
        let query = self.net.query.clone().put_tape(self.tape.clone());
        let repeated = query.broadcast_like::<_, Axis<0>>(&(self.shard.samples, q, d));
        repeated.reshape_like(&(self.shard.samples * q, d))
    }

    fn word_keys(&self, words: &Matrix<T>) -> Keys<T> {
        let (b, l, d) = (self.shard.samples, self.shard.words(), self.net.cfg.embed_dim);
        let content = words.clone().reshape_like(&(b, l, d));
        let position = sine_1d(l, d, self.mode.truncated_sine).repeat(b);
        let padded: Vec<bool> = self.shard.padding.iter().map(|&p| p != 0).collect();
        self.keys(content, position, &padded)
    }

    fn keys(&self, content: Cube<T>, position: Vec<f32>, padded: &[bool]) -> Keys<T> {
        let shape = *content.shape();
        let device = device();
        let located = content.clone() + device.tensor_from_vec(position, shape);
        let mask = || padded.iter().map(|&p| if p { MASKED } else { 0.0 }).collect();
        let mask = padded.contains(&true).then(|| device.tensor_from_vec(mask(), (shape.0, shape.1)));
        Keys { located, content, mask }
    }

    fn token_branch(&mut self, cls: Matrix<T>, generated: Option<Matrix<T>>) {
        let (b, q, d) = (self.shard.samples, self.net.cfg.num_queries, self.net.cfg.embed_dim);
        let cls = self.net.cls.forward(cls).broadcast_like::<_, Axis<1>>(&(b, q, d)).reshape_like(&(b * q, d));
        let token = match generated {
            Some(query) => query + cls,
            None => cls,
        };
        for (i, state) in self.net.token.states(token).into_iter().enumerate() {
            self.note(&format!("token_features.{i}"), &state);
            self.out.token.push(self.net.token_heads.forward(state));
        }
    }

    fn picture(&mut self, img: Matrix<T>, query: Matrix<T>) {
        let patches = self.net.input.forward(img);
        self.note("x_proj", &patches);
        if self.mode.guidance {
            self.patch_guidance(&patches);
        }
        if self.mode.branches.decoder {
            self.decoder_branch(patches, query);
        }
    }

    fn patch_guidance(&mut self, patches: &Matrix<T>) {
        let (b, rows) = (self.shard.samples, patches.shape().0);
        let coverage = self.net.coverage.as_ref().map(|layer| layer.forward(patches.clone()));
        self.out.coverage = coverage.map(|logits| logits.reshape_like(&(b, rows / b)));
        self.out.patch_boxes = self.net.patch_box.as_ref().map(|layer| layer.forward(patches.clone()).sigmoid());
    }

    fn decoder_branch(&mut self, patches: Matrix<T>, query: Matrix<T>) {
        let (b, (rows, d)) = (self.shard.samples, *patches.shape());
        let (padded, position) = self.patch_positions(rows / b, d);
        let memory = self.memory(patches, &position, &padded);
        self.note("memory", &memory);
        let keys = self.keys(memory.reshape_like(&(b, rows / b, d)), position, &padded);
        let input = Input { position: query, batch: b, own_mask: None, memory: Some(&keys) };
        for (i, state) in self.net.decoder.forward(self.zeros(), &input, self.dropout).into_iter().enumerate() {
            self.note(&format!("dec_hidden.{i}"), &state.hidden);
            self.out.decoder.push(self.net.decoder_heads.forward(state.hidden));
            if let Some(logits) =
                state.logits.filter(|_| self.mode.guidance && self.net.cfg.guidance.decoder_attention > 0.0)
            {
                let (b, attention_rows, n) = *logits.shape();
                self.out.attention.push(logits.reshape_like(&(b * attention_rows, n)));
            }
        }
    }

    /// What the decoder looks at `[B*N, D]`: the patches, through the DETR encoder if there is one.
    fn memory(&self, patches: Matrix<T>, position: &[f32], padded: &[bool]) -> Matrix<T> {
        let Some(encoder) = &self.net.encoder else { return patches };
        let (b, (rows, d)) = (self.shard.samples, *patches.shape());
        let keys = self.keys(patches.clone().reshape_like(&(b, rows / b, d)), position.to_vec(), padded);
        let position = matrix(self.tape, position.to_vec(), rows, d);
        let input = Input { position, batch: b, own_mask: keys.mask, memory: None };
        last_hidden(encoder.forward(patches, &input, self.dropout))
    }

    /// Padding `[B, N]` and sine positions `[B, N, D]` of the patches.
    fn patch_positions(&mut self, patches: usize, dim: usize) -> (Vec<bool>, Vec<f32>) {
        let grid = patches.isqrt();
        let mut known: Vec<(Vec<bool>, Vec<f32>)> = Vec::new();
        let (mut padded, mut position) = (Vec::new(), Vec::new());
        for meta in self.shard.metas {
            let mask = padding(meta, grid, self.shard.side);
            let at = known.iter().position(|(m, _)| *m == mask).unwrap_or_else(|| {
                known.push((mask.clone(), sine_2d(&mask, grid, dim)));
                known.len() - 1
            });
            padded.extend_from_slice(&mask);
            position.extend_from_slice(&known[at].1);
        }
        if self.mode.trace {
            self.trace.insert("pos_embed".to_owned(), position.clone());
            self.trace.insert("img_mask".to_owned(), padded.iter().map(|&p| f32::from(u8::from(p))).collect());
        }
        (padded, position)
    }
}

fn generation_sizes(cfg: &HeadConfig) -> Sizes {
    Sizes { layers: cfg.num_tgqg_layers, hidden: cfg.tgqs_mid_dim, ..decoder_sizes(cfg) }
}

fn encoder_sizes(cfg: &HeadConfig) -> Sizes {
    Sizes { layers: cfg.num_encoder_layers, cross: false, ..decoder_sizes(cfg) }
}

fn decoder_sizes(cfg: &HeadConfig) -> Sizes {
    Sizes {
        dim: cfg.embed_dim,
        heads: cfg.num_heads,
        hidden: cfg.feedforward_dim,
        layers: cfg.num_decoder_layers,
        cross: true,
    }
}
