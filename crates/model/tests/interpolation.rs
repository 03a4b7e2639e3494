//! BEiT-3 weights of one geometry in a model of another, against what the official loader makes of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "common/checkpoints.rs"]
mod checkpoints;

use checkpoints::load;
use simvg_model::backbone;
use simvg_model::checkpoint::Which;
use simvg_model::config::EncoderConfig;
use simvg_model::params::Layout;

/// Of the same formula in another order of additions.
const TOLERANCE: f32 = 3e-6;

/// The encoder of the file, with other pictures and patches.
fn encoder(img_size: usize, patch_size: usize) -> Layout {
    let sizes = EncoderConfig { embed: 12, heads: 3, ffn: 16, depth: 1, ..EncoderConfig::default() };
    let config = EncoderConfig { vocab_size: 30, max_source_positions: 12, img_size, patch_size, ..sizes };
    let mut layout = Layout::default();
    backbone::layout(&config, &mut layout);
    layout
}

/// What the file lacks stays; what changes is as in `expected`; all else is as in the file.
fn check(img_size: usize, patch_size: usize, expected: Option<&str>) {
    let file = load("beit3_tiny_patch16_legacy.pth");
    let expected = expected.map(|name| load(name).tensors().clone()).unwrap_or_default();
    let layout = encoder(img_size, patch_size);
    let mut params = vec![f32::NAN; layout.len()];
    let copied = file.copy_into(&layout, &mut params, Which::Live, true).unwrap();
    assert_eq!(copied, layout.entries().len());
    assert_eq!(file.fit(&layout).resized.len(), expected.len());
    for e in layout.entries() {
        let name = e.name.strip_prefix("vis_enc.").unwrap();
        let want = &expected.get(name).unwrap_or_else(|| &file.tensors()[name]);
        assert_eq!(want.shape, e.shape, "{name}");
        let error =
            params[e.range()].iter().zip(want.values().unwrap().iter()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(error <= if expected.contains_key(name) { TOLERANCE } else { 0.0 }, "{name} is off by {error:e}");
    }
}

#[test]
fn nothing_changes_in_the_same_geometry() {
    check(64, 16, None);
}

#[test]
fn more_patches() {
    check(96, 16, Some("expected_96px_p16.safetensors"));
}

#[test]
fn larger_patches() {
    check(64, 32, Some("expected_64px_p32.safetensors"));
}

#[test]
fn smaller_pictures_and_patches() {
    check(40, 8, Some("expected_40px_p8.safetensors"));
}

#[test]
fn a_whole_model_is_never_interpolated() {
    let layout = encoder(96, 16);
    let mut params = vec![0.0; layout.len()];
    let file = load("beit3_tiny_patch16_legacy.pth");
    let error = file.copy_into(&layout, &mut params, Which::Live, false).unwrap_err().to_string();
    let place = "vis_enc.beit3.encoder.embed_positions.A.weight is [19, 12], the model wants [39, 12]";
    assert!(error.contains(place), "{error}");
}

#[test]
fn another_width_is_an_error_in_plain_words() {
    let config = EncoderConfig { embed: 24, heads: 3, depth: 1, vocab_size: 30, ..EncoderConfig::default() };
    let mut layout = Layout::default();
    backbone::layout(&config, &mut layout);
    let file = load("beit3_tiny_patch16_legacy.pth");
    let mut params = vec![0.0; layout.len()];
    let error = file.copy_into(&layout, &mut params, Which::Live, true).unwrap_err().to_string();
    for part in
        ["legacy.pth: does not fit the model", "text_embed.weight is [30, 12], the model wants [30, 24]", "more"]
    {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(file.fit(&layout).unexpected, ["language_head.weight", "logit_scale"]);
}
