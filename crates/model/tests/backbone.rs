//! The encoder's gradients against finite differences, and what must not change its numbers.

use std::panic::AssertUnwindSafe;

use simvg_model::backbone::{Backbone, DropPath, init, layout};
use simvg_model::batch::{Batch, ImageMeta};
use simvg_model::config::{EncoderConfig, InitScheme};
use simvg_model::features::Features;
use simvg_model::params::Layout;

const STEP: DropPath = DropPath { seed: 5, step: 7 };

/// Two heads, two layers, four patches; the last layer is dropped for some samples.
fn tiny() -> EncoderConfig {
    EncoderConfig {
        embed: 6,
        heads: 2,
        ffn: 10,
        depth: 2,
        img_size: 4,
        patch_size: 2,
        vocab_size: 9,
        max_source_positions: 8,
        drop_path_rate: 0.4,
        ..EncoderConfig::default()
    }
}

fn table(config: &EncoderConfig) -> Layout {
    let mut table = Layout::default();
    layout(config, &mut table);
    table
}

/// Numbers in (-1, 1) without pattern.
fn noise(len: usize, seed: f32) -> Vec<f32> {
    (0..len).map(|i| ((i as f32 * 12.9898 + seed * 78.233).sin() * 43_758.547).fract()).collect()
}

fn batch(config: &EncoderConfig, samples: usize, text: usize) -> Batch {
    let pixels = config.in_chans * config.img_size * config.img_size;
    Batch {
        img: noise(samples * pixels, 1.0),
        ids: (0..samples * text).map(|i| (i * 7 % config.vocab_size) as u32).collect(),
        padding: (0..samples * text).map(|i| u8::from(i % text > text / 2 && i % 2 == 0)).collect(),
        metas: vec![ImageMeta { img_shape: [config.img_size; 2], scale_factor: [1.0; 4] }; samples],
        ..Batch::default()
    }
}

/// Parameters large enough that no gradient is tiny.
fn params(config: &EncoderConfig, table: &Layout) -> Vec<f32> {
    let mut params = vec![0.0; table.len()];
    init(config, table, &mut params, 3, InitScheme::Small);
    params.iter_mut().zip(noise(table.len(), 2.0)).for_each(|(p, n)| *p += 0.3 * n);
    params
}

#[test]
fn inference_gives_the_features_of_training_without_drop_path() {
    let config = EncoderConfig { drop_path_rate: 0.0, ..tiny() };
    let (table, batch) = (table(&config), batch(&config, 3, 4));
    let params = params(&config, &table);
    let mut backbone = Backbone::new(&config, &table);
    let trained = backbone.forward(&params, &batch, Some(STEP), 0).clone();
    assert_eq!(*backbone.forward(&params, &batch, None, 0), trained);
}

/// Packed weights are the same weights: of the sizes here some can be packed and some cannot, as the processor wants it.
#[test]
fn packed_weights_give_the_same_features() {
    for embed in [48, 96, 32, 6] {
        let config = EncoderConfig { embed, ffn: 3 * embed, ..tiny() };
        let (table, batch) = (table(&config), batch(&config, 3, 4));
        let mut params = params(&config, &table);
        let mut backbone = Backbone::new(&config, &table);
        let plain = backbone.forward(&params, &batch, None, 0).clone();
        backbone.pack(&mut params);
        let packed = backbone.forward(&params, &batch, None, 0).clone();
        let tokens = backbone.tokens(&params, &batch);
        for (got, want) in [(&packed.cls, &plain.cls), (&packed.img, &plain.img), (&tokens.text, &plain.text)] {
            assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-5), "width {embed}: {got:?}, not {want:?}");
        }
    }
}

#[test]
fn packed_weights_do_not_train() {
    let config = EncoderConfig { embed: 48, ffn: 144, ..tiny() };
    let (table, batch) = (table(&config), batch(&config, 1, 4));
    let mut params = params(&config, &table);
    let mut backbone = Backbone::new(&config, &table);
    backbone.pack(&mut params);
    let can_pack = !backbone.to_pack().is_empty();
    let trained =
        std::panic::catch_unwind(AssertUnwindSafe(|| backbone.forward(&params, &batch, Some(STEP), 0).cls.len()));
    assert_eq!(trained.is_err(), can_pack, "refused if and only if something was packed");
}

/// Without the patches of the last layer, CLS and words are what they are with them.
#[test]
fn tokens_alone_have_the_same_features() {
    for (depth, text) in [(1, 4), (2, 1), (3, 5)] {
        let config = EncoderConfig { depth, ..tiny() };
        let (table, batch) = (table(&config), batch(&config, 3, text));
        let params = params(&config, &table);
        let mut backbone = Backbone::new(&config, &table);
        for _ in 0..2 {
            let whole = backbone.forward(&params, &batch, None, 0).clone();
            let few = backbone.tokens(&params, &batch);
            assert!(few.img.is_empty());
            for (few, whole) in few.cls.iter().zip(&whole.cls).chain(few.text.iter().zip(&whole.text)) {
                assert!((few - whole).abs() < 1e-5, "{few} instead of {whole}");
            }
        }
    }
}

/// `batch` whose samples show these of its pictures, which lie in it once each, or once a sample.
fn showing(batch: &Batch, shown: &[usize]) -> [Batch; 2] {
    let pictures: Vec<&[f32]> = batch.img.chunks(batch.img.len() / batch.len()).collect();
    let count = shown.iter().max().expect("samples") + 1;
    let once = Batch { img: pictures[..count].concat(), pictures: shown.to_vec(), ..batch.clone() };
    let repeated = shown.iter().map(|&picture| pictures[picture]).collect::<Vec<_>>().concat();
    [once, Batch { img: repeated, ..batch.clone() }]
}

/// With products of few rows and of many, and with weights packed and not. How a small product is cut may depend on its
/// rows, so that last digits differ.
#[test]
fn samples_of_one_picture_share_it() {
    for (embed, img_size) in [(6, 4), (48, 4), (48, 40)] {
        let config = EncoderConfig { embed, img_size, ffn: 3 * embed, ..tiny() };
        let (table, batch) = (table(&config), batch(&config, 4, 4));
        let [once, repeated] = showing(&batch, &[0, 1, 1, 0]);
        assert_eq!((once.side(), once.picture_count(), repeated.side()), (img_size, 2, img_size));
        let mut params = params(&config, &table);
        let mut backbone = Backbone::new(&config, &table);
        for packed in [false, true] {
            if packed {
                backbone.pack(&mut params);
            }
            let [want, got] = [&repeated, &once].map(|batch| {
                let f = backbone.forward(&params, batch, None, 0);
                let all = [&f.cls, &f.img, &f.text].map(|x| x.as_slice()).concat();
                [all, backbone.tokens(&params, batch).text.clone()].concat()
            });
            let close = got.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-5);
            assert!(close && got.len() == want.len(), "width {embed}, packed: {packed}: {got:?}, not {want:?}");
        }
    }
}

#[test]
fn a_shared_picture_gives_the_gradients_of_a_repeated_one() {
    let config = tiny();
    let (table, batch) = (table(&config), batch(&config, 3, 4));
    let params = params(&config, &table);
    let gradients = |batch: &Batch| {
        let (mut backbone, mut grads) = (Backbone::new(&config, &table), vec![0.0; table.len()]);
        let features = backbone.forward(&params, batch, Some(STEP), 0).clone();
        backbone.backward(&params, batch, &features, &mut grads);
        grads
    };
    let [once, repeated] = showing(&batch, &[0, 0, 1]).map(|batch| gradients(&batch));
    assert!(
        once.iter().zip(&repeated).all(|(a, b)| (a - b).abs() <= 1e-5 * b.abs().max(1.0)),
        "{once:?}, not {repeated:?}"
    );
}

/// Sum of the features, and of the guided scores, each times its entry of `d`.
fn projected(f: &Features, d: &Features) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    let guided: f64 = f.cls_attention.iter().zip(&d.cls_attention).map(|(a, b)| dot(a, b)).sum();
    dot(&f.cls, &d.cls) + dot(&f.img, &d.img) + dot(&f.text, &d.text) + guided
}

#[test]
fn gradients_agree_with_finite_differences() {
    let config = tiny();
    let (table, batch) = (table(&config), batch(&config, 3, 4));
    let mut params = params(&config, &table);
    let mut backbone = Backbone::new(&config, &table);
    let mut d = backbone.forward(&params, &batch, Some(STEP), 2).clone();
    let guided = d.cls_attention.iter_mut();
    for (i, x) in [&mut d.cls, &mut d.img, &mut d.text].into_iter().chain(guided).enumerate() {
        *x = noise(x.len(), 10.0 + i as f32);
    }
    let mut grads = vec![0.0; table.len()];
    backbone.backward(&params, &batch, &d, &mut grads);
    for entry in table.entries() {
        for i in entry.range().step_by(1 + entry.len() / 7) {
            let old = params[i];
            let mut loss = |x: f32| {
                params[i] = x;
                projected(backbone.forward(&params, &batch, Some(STEP), 2), &d)
            };
            let step = 4e-3;
            // Fourth-order differences, so that the step can be large enough for f32.
            let near = loss(old + step) - loss(old - step);
            let far = loss(old + 2.0 * step) - loss(old - 2.0 * step);
            params[i] = old;
            let want = (8.0 * near - far) / (12.0 * f64::from(step));
            let error = (f64::from(grads[i]) - want).abs();
            assert!(error < 5e-3 * want.abs().max(1.0), "{}[{}]: {} instead of {want}", entry.name, i, grads[i]);
        }
    }
}

#[test]
fn threads_do_not_change_the_bits() {
    let config =
        EncoderConfig { drop_path_rate: 0.3, ..simvg_model::config::ModelConfig::preset("toy").expect("toy").encoder };
    let (table, batch) = (table(&config), batch(&config, 5, 7));
    let params = params(&config, &table);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let mut backbone = Backbone::new(&config, &table);
            let d = backbone.forward(&params, &batch, Some(STEP), 1).clone();
            let mut grads = vec![0.0; table.len()];
            backbone.backward(&params, &batch, &d, &mut grads);
            (d, grads)
        })
    };
    assert!(run(1) == run(2), "features or gradients differ");
}

#[test]
fn buffers_follow_the_batch() {
    let config = tiny();
    let table = table(&config);
    let params = params(&config, &table);
    let mut used = Backbone::new(&config, &table);
    for (samples, text) in [(3, 4), (1, 2), (4, 6), (2, 0), (0, 0)] {
        let batch = batch(&config, samples, text);
        let fresh = Backbone::new(&config, &table).forward(&params, &batch, None, 1).clone();
        let trained = used.forward(&params, &batch, Some(STEP), 2).clone();
        assert_eq!(*used.forward(&params, &batch, Some(STEP), 2), trained);
        assert_eq!(*used.forward(&params, &batch, None, 1), fresh);
    }
}
