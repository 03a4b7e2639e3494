//! Gradients of the head against finite differences, guidance and dropout included, and the same bits on any number of
//! threads.

use simvg_model::batch::{Batch, ImageMeta, Targets};
use simvg_model::config::{BalancedDistill, Guidance, HeadConfig, InitScheme, ModelConfig};
use simvg_model::features::Features;
use simvg_model::head::{Branches, Head, TrainOutput, init, layout};
use simvg_model::params::Layout;
use simvg_model::random::{fill_normal, stream};

/// Enough for more than one shard, the last of them smaller.
const SAMPLES: usize = 5;
const WORDS: usize = 6;
const GRID: usize = 3;
const SIDE: usize = 24;
const CLS_HEADS: usize = 2;

type Part = fn(&mut Features) -> &mut Vec<f32>;

/// A small head with fresh parameters, and random features to feed it with.
struct Setup {
    model: ModelConfig,
    layout: Layout,
    params: Vec<f32>,
    features: Features,
    batch: Batch,
}

impl Setup {
    fn new(change: impl FnOnce(&mut HeadConfig)) -> Self {
        let mut model = ModelConfig::preset("toy").expect("preset");
        model.head = HeadConfig { in_channels: 8, embed_dim: 16, feedforward_dim: 12, tgqs_mid_dim: 12, ..model.head };
        change(&mut model.head);
        let mut names = Layout::default();
        layout(&model.head, &mut names);
        let mut params = vec![0.0; names.len()];
        init(&names, &mut params, 3, InitScheme::Small);
        // The last box layers start near zero; without weights of size nothing would flow through them.
        params.iter_mut().zip(noise("params", names.len())).for_each(|(p, x)| *p += 0.1 * x);
        Self { model, layout: names, params, features: features(), batch: batch() }
    }

    fn train(&self, params: &[f32], features: &Features) -> (TrainOutput, Vec<f32>) {
        let mut grads = vec![0.0; self.layout.len()];
        let head = Head::new(&self.model.head, self.model.compat, &self.layout, params);
        (head.train(features, &self.batch, Some((11, 4)), &mut grads), grads)
    }

    fn total(&self, params: &[f32], features: &Features) -> f64 {
        let (output, _) = self.train(params, features);
        f64::from(output.losses.last().expect("loss_total").1)
    }

    /// Compares directional derivatives of the total with the gradients, for parameters and for every kind of feature.
    fn check(&self) {
        let (output, grads) = self.train(&self.params, &self.features);
        let along = |d: &[f32], scale: f32| {
            let moved: Vec<f32> = self.params.iter().zip(d).map(|(p, x)| p + scale * x).collect();
            self.total(&moved, &self.features)
        };
        check_direction("parameters", &grads, along);
        let kinds: [(&str, Part); 4] = [
            ("patches", |f| &mut f.img),
            ("words", |f| &mut f.text),
            ("CLS tokens", |f| &mut f.cls),
            ("CLS attention", |f| &mut f.cls_attention[0]),
        ];
        for (name, part) in kinds {
            let along = |d: &[f32], scale: f32| {
                let mut moved = self.features.clone();
                part(&mut moved).iter_mut().zip(d).for_each(|(p, x)| *p += scale * x);
                self.total(&self.params, &moved)
            };
            check_direction(name, part(&mut output.feature_grads.clone()), along);
        }
    }
}

/// `along(direction, scale)` is the loss after a step, a short one, lest the matching changes on the way. Half of a
/// direction follows the gradient, so that the loss changes by more than rounding; the other half goes anywhere, so that a
/// gradient that is missing shows.
fn check_direction(name: &str, gradient: &[f32], along: impl Fn(&[f32], f32) -> f64) {
    const STEP: f32 = 1e-3;
    for trial in 0..3 {
        let random = noise(&format!("{name} {trial}"), gradient.len());
        let steep: Vec<f32> = gradient.iter().zip(&random).map(|(g, x)| g * x.abs()).collect();
        let direction: Vec<f32> = unit(steep).iter().zip(unit(random)).map(|(a, b)| a + b).collect();
        let measured = (along(&direction, STEP) - along(&direction, -STEP)) / f64::from(2.0 * STEP);
        let derived: f64 = gradient.iter().zip(&direction).map(|(g, d)| f64::from(g * d)).sum();
        assert!(
            (measured - derived).abs() <= 0.02 * derived.abs() + 0.01,
            "{name}: {measured} measured, {derived} derived"
        );
    }
}

fn unit(mut direction: Vec<f32>) -> Vec<f32> {
    let norm = direction.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
    direction.iter_mut().for_each(|x| *x /= norm);
    direction
}

fn noise(purpose: &str, len: usize) -> Vec<f32> {
    let mut out = vec![0.0; len];
    fill_normal(&mut out, 1.0, &mut stream(5, purpose, &[]));
    out
}

fn features() -> Features {
    Features {
        cls: noise("cls", SAMPLES * 8),
        img: noise("img", SAMPLES * GRID * GRID * 8),
        text: noise("text", SAMPLES * WORDS * 8),
        cls_attention: vec![noise("attention", SAMPLES * CLS_HEADS * GRID * GRID)],
        ..Features::default()
    }
}

fn batch() -> Batch {
    let full = ImageMeta { img_shape: [SIDE, SIDE], scale_factor: [1.0; 4] };
    let padded = ImageMeta { img_shape: [SIDE, 14], ..full.clone() };
    let one = |b| Targets { boxes: vec![b], is_object: vec![true] };
    Batch {
        img: vec![0.0; SAMPLES * 3 * SIDE * SIDE],
        ids: vec![4; SAMPLES * WORDS],
        padding: [0, 0, 0, 0, 1, 1].repeat(SAMPLES),
        metas: vec![full.clone(), padded, full.clone(), full.clone(), full],
        targets: vec![
            one([2.0, 3.0, 15.0, 20.0]),
            one([1.0, 1.0, 9.0, 9.0]),
            Targets { boxes: vec![[0.0; 4]], is_object: vec![false] },
            Targets { boxes: vec![[10.0, 0.0, 22.0, 8.0], [0.0, 12.0, 6.0, 23.0]], is_object: vec![true, true] },
            one([4.0, 4.0, 23.0, 12.0]),
        ],
        ..Batch::default()
    }
}

fn everything(cfg: &mut HeadConfig) {
    cfg.dropout = 0.2;
    cfg.num_queries = 3;
    cfg.branch_loss_weight.token = Some(1.0);
    cfg.guidance = Guidance {
        decoder_attention: 5.0,
        cls_attention: 2.0,
        cls_attention_layers: 1,
        patch_coverage: 20.0,
        patch_box: 1.0,
        ..Guidance::default()
    };
}

#[test]
fn gradients_agree_with_finite_differences() {
    Setup::new(everything).check();
}

#[test]
fn gradients_through_encoder_and_without_query_generation_agree_too() {
    let change = |cfg: &mut HeadConfig| {
        everything(cfg);
        cfg.only_decoder = false;
        cfg.num_encoder_layers = 2;
        cfg.text_guided_query_generation = false;
        cfg.num_token_mlp_layers = 3;
    };
    Setup::new(change).check();
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let change = |cfg: &mut HeadConfig| {
        everything(cfg);
        cfg.branch_loss_weight.balanced_distill = Some(BalancedDistill { token: 2.0, distill: 1.0 });
    };
    let setup = Setup::new(change);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let (output, grads) = pool.install(|| setup.train(&setup.params, &setup.features));
        (output.losses, output.feature_grads, grads)
    };
    let (one, two, eight) = (on(1), on(2), on(8));
    assert!(one == two && one == eight);
}

#[test]
fn a_branch_alone_gives_what_it_gives_beside_the_other() {
    let setup = Setup::new(|_| ());
    let head = Head::new(&setup.model.head, setup.model.compat, &setup.layout, &setup.params);
    let run = |decoder, token| head.infer(&setup.features, &setup.batch, Branches { decoder, token }, false).outputs;
    let both = run(true, true);
    let (decoder, token) = (run(true, false), run(false, true));
    assert_eq!((&decoder.decoder, decoder.token.len()), (&both.decoder, 0));
    assert_eq!((&token.token, token.decoder.len()), (&both.token, 0));
}

#[test]
fn a_batch_without_any_target_is_no_trouble() {
    let change = |cfg: &mut HeadConfig| {
        cfg.branch_loss_weight.balanced_distill = Some(BalancedDistill { token: 2.0, distill: 1.0 });
    };
    let mut setup = Setup::new(change);
    setup.batch.targets = vec![Targets { boxes: vec![[0.0; 4]], is_object: vec![false] }; SAMPLES];
    let (output, grads) = setup.train(&setup.params, &setup.features);
    assert!(output.losses.iter().all(|(_, value)| value.is_finite()));
    assert!(grads.iter().all(|g| g.is_finite()));
}
