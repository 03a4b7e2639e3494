//! The BEiT-3 multiway encoder: a picture and a text in, one feature for CLS, for every patch and for every word out.
//!
//! Forward and backward are written out by hand over flat buffers and call `simvg-kernels`; nothing is recorded, every
//! buffer is sized once. What the forward pass keeps of a layer is its input, queries, keys and values, the output of
//! attention, the middle of the residual stream and the feed-forward activations before GELU; the rest costs little and
//! is computed again on the way back.
//!
//! All buffers hold the vision rows of all samples first, then the text rows, so that "multiway" (one set of weights, A,
//! for vision and another, B, for text) means two plain matrix products.

mod branch;
mod buffers;
mod drop_path;
mod embed;
mod init;
mod layer;
mod layout;
mod multiway;
mod outputs;
mod places;
mod tail;

pub use drop_path::DropPath;
pub use init::init;
pub use layout::layout;

use std::ops::Range;

use simvg_kernels::layer_norm::Moments;
use simvg_kernels::linear;
use simvg_kernels::matmul::Precision;

use crate::batch::Batch;
use crate::config::EncoderConfig;
use crate::features::Features;
use crate::params::Layout;
use buffers::Buffers;
use layer::Layer;
use multiway::Pass;
use places::Places;

/// An encoder with the buffers it works in. They grow to the largest batch seen and are reused.
#[derive(Debug)]
pub struct Backbone {
    config: EncoderConfig,
    places: Places,
    buffers: Buffers,
    features: Features,
    /// Layers, counted from one, whose normalised patches are wanted in training.
    hidden_layers: Vec<usize>,
    precision: Precision,
    /// Whether the weights of the parameters lie packed.
    packed: bool,
}

impl Backbone {
    /// An encoder whose parameters lie in `layout`. Panics if [`layout()`] has not put them there.
    pub fn new(config: &EncoderConfig, layout: &Layout) -> Self {
        let places = Places::find(config, layout);
        let (buffers, features) = (Buffers::default(), Features::default());
        let (hidden_layers, precision) = (Vec::new(), Precision::F32);
        Self { config: config.clone(), places, buffers, features, hidden_layers, precision, packed: false }
    }

    /// The same encoder, which in training also fills `hidden` of the features for these layers, counted from one.
    pub fn with_hidden_layers(self, hidden_layers: Vec<usize>) -> Self {
        Self { hidden_layers, ..self }
    }

    /// The same encoder, whose matrix products round their operands to this format. Parameters, activations and
    /// gradients stay f32.
    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    /// Puts the weights of linear layers into the order in which products read them, in place, if the processor and their
    /// sizes allow it. From then on only inference understands them. Products with packed weights take less time, the more so
    /// the fewer the rows.
    pub fn pack(&mut self, params: &mut [f32]) {
        assert!(!self.packed, "packed once");
        self.packed = self.can_pack();
        if self.packed {
            self.places.linears().for_each(|linear| linear.pack(self.precision, params));
        }
    }

    fn can_pack(&self) -> bool {
        // Queries, keys and values are multiplied with together, and in the last layer apart.
        let embed = self.config.embed;
        let sizes = self.places.linears().map(|linear| [linear.bias.len(), linear.weight.len() / linear.bias.len()]);
        sizes.chain([[embed; 2]]).all(|[outputs, inputs]| linear::can_pack(self.precision, outputs, inputs))
    }

    /// Parts of the parameters that [`Self::pack`] writes to.
    pub fn to_pack(&self) -> Vec<Range<usize>> {
        if self.can_pack() { self.weights() } else { Vec::new() }
    }

    /// Features of a batch. With `train` it draws the drop-path and keeps what [`Self::backward`] needs; without, it
    /// reuses one layer's buffers. `cls_attention` is filled for the last `guided_layers` layers.
    ///
    /// Panics if the pictures are not of the configured size, if a token id lies outside the table, or if a text is
    /// longer than `max_source_positions - 2` tokens.
    pub fn forward(
        &mut self,
        params: &[f32],
        batch: &Batch,
        train: Option<DropPath>,
        guided_layers: usize,
    ) -> &Features {
        // Inside the pool, so that the many small parallel loops need not wake it one by one.
        rayon::scope(|_| self.run(params, batch, train, guided_layers));
        &self.features
    }

    /// The features of CLS and words in inference, which is all that the token branch looks at: `img` is left empty, and
    /// the last layer is computed for these rows alone. Panics as [`Self::forward`] does.
    pub fn tokens(&mut self, params: &[f32], batch: &Batch) -> &Features {
        rayon::scope(|_| self.run_tokens(params, batch));
        &self.features
    }

    /// The gradients of all parameters, from the gradients `d` of the features of the last training [`Self::forward`],
    /// which must have been of the same parameters and batch. Those in [`Self::written_over`] replace what `grads`
    /// holds, all others are added to it. An empty `d.cls_attention` means that
    /// no layer is guided; otherwise it has one entry for each guided layer. The same holds for `d.hidden`.
    pub fn backward(&mut self, params: &[f32], batch: &Batch, d: &Features, grads: &mut [f32]) {
        rayon::scope(|_| self.run_backward(params, batch, d, grads));
    }

    /// Parts of a gradient buffer whose old content [`Self::backward`] replaces.
    pub fn written_over(&self) -> Vec<Range<usize>> {
        self.weights()
    }

    /// The weights of all linear layers.
    fn weights(&self) -> Vec<Range<usize>> {
        self.places.linears().map(|linear| linear.weight.clone()).collect()
    }

    /// The residual stream before layer `index` (or after the last, for `index` = depth) of the last training forward
    /// pass, as `[B, 1 + N + L, C]`.
    pub fn hidden_state(&self, index: usize) -> Vec<f32> {
        outputs::by_sample(&self.buffers.hidden[index], self.buffers.shape)
    }

    fn run(&mut self, params: &[f32], batch: &Batch, train: Option<DropPath>, guided_layers: usize) {
        let Self { config, places, buffers, features, hidden_layers, precision, packed } = self;
        assert!(train.is_none() || !*packed, "packed weights are for inference");
        let pass = Pass::new(params, config, batch, *precision, *packed);
        buffers.fit(config, pass.shape, train.is_some());
        buffers.draw_drop_path(config, train, guided_layers);
        let slots = buffers.hidden.len();
        embed::forward(places, config, &pass, batch, buffers);
        features.cls_attention.resize(guided_layers, Vec::new());
        features.hidden.resize(if train.is_some() { hidden_layers.len() } else { 0 }, Vec::new());
        buffers.hidden_moments.resize_with(features.hidden.len(), Vec::new);
        for (i, layer) in places.layers.iter().enumerate() {
            let kept = i.min(buffers.layers.len() - 1);
            let (x, out) = two_slots(&mut buffers.hidden, i % slots, (i + 1) % slots);
            let layer = Layer { places: layer, pass: &pass, factors: &buffers.factors[i] };
            layer.forward(x, out, &mut buffers.layers[kept], &mut buffers.scratch);
            if let Some(guided) = (i + guided_layers).checked_sub(config.depth) {
                buffers.layers[kept].cls_attention(&mut features.cls_attention[guided], pass.shape);
            }
            for (k, _) in hidden_layers.iter().enumerate().take(features.hidden.len()).filter(|(_, l)| **l == i + 1) {
                buffers.fit_rows();
                let moments = &mut buffers.hidden_moments[k];
                moments.resize(pass.shape.rows(), Moments::default());
                places.norm.forward(&pass, &mut buffers.scratch.narrow, moments, &buffers.hidden[i + 1]);
                outputs::patches(&mut features.hidden[k], &buffers.scratch.narrow, pass.shape);
            }
        }
        buffers.fit_rows();
        let last = &buffers.hidden[config.depth % slots];
        places.norm.forward(&pass, &mut buffers.scratch.narrow, &mut buffers.moments, last);
        outputs::split(features, &buffers.scratch.narrow, pass.shape);
    }

    fn run_tokens(&mut self, params: &[f32], batch: &Batch) {
        let Self { config, places, buffers, features, precision, packed, .. } = self;
        let pass = Pass::new(params, config, batch, *precision, *packed);
        let few = tail::of_tokens(&pass);
        buffers.fit(config, pass.shape, false);
        buffers.draw_drop_path(config, None, 0);
        embed::forward(places, config, &pass, batch, buffers);
        for (i, layer) in places.layers.iter().enumerate() {
            let (x, out) = two_slots(&mut buffers.hidden, i % 2, (i + 1) % 2);
            let layer = Layer { places: layer, pass: &pass, factors: &buffers.factors[i] };
            let (kept, scratch) = (&mut buffers.layers[0], &mut buffers.scratch);
            match i + 1 == config.depth {
                true => tail::forward(&layer, &few, x, out, kept, scratch),
                false => layer.forward(x, out, kept, scratch),
            }
        }
        buffers.moments.truncate(few.shape.rows());
        let last = &buffers.hidden[config.depth % 2];
        places.norm.forward(&few, &mut buffers.scratch.narrow, &mut buffers.moments, last);
        features.cls_attention.clear();
        features.hidden.clear();
        outputs::split(features, &buffers.scratch.narrow, few.shape);
    }

    fn run_backward(&mut self, params: &[f32], batch: &Batch, d: &Features, grads: &mut [f32]) {
        let Self { config, places, buffers, hidden_layers, precision, .. } = self;
        let pass = Pass::new(params, config, batch, *precision, false);
        assert!(
            buffers.shape == pass.shape && buffers.hidden.len() == config.depth + 1,
            "backward follows a training forward pass of the same batch"
        );
        buffers.fit_rows();
        outputs::join(&mut buffers.scratch.narrow, d, pass.shape);
        let last = &buffers.hidden[config.depth];
        places.norm.backward(&pass, grads, &mut buffers.d, &buffers.scratch.narrow, last, &buffers.moments);
        for (i, layer) in places.layers.iter().enumerate().rev() {
            for (k, d_hidden) in d.hidden.iter().enumerate().filter(|(k, _)| hidden_layers[*k] == i + 1) {
                buffers.fit_rows();
                outputs::join_patches(&mut buffers.scratch.narrow, d_hidden, pass.shape);
                let (x, moments) = (&buffers.hidden[i + 1], &buffers.hidden_moments[k]);
                places.norm.backward_add(&pass, grads, &mut buffers.d, &buffers.scratch.narrow, x, moments);
            }
            let guided = (i + d.cls_attention.len()).checked_sub(config.depth).map(|g| d.cls_attention[g].as_slice());
            let layer = Layer { places: layer, pass: &pass, factors: &buffers.factors[i] };
            let (x, kept) = (&buffers.hidden[i], &buffers.layers[i]);
            layer.backward(x, kept, &mut buffers.d, guided, &mut buffers.scratch, grads);
        }
        embed::backward(places, &pass, batch, buffers, grads);
    }
}

/// One buffer to read and another to write.
fn two_slots(buffers: &mut [Vec<f32>], read: usize, write: usize) -> (&[f32], &mut Vec<f32>) {
    let [read, write] = buffers.get_disjoint_mut([read, write]).expect("neighbouring slots of at least two");
    (read, write)
}
