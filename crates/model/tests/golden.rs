//! The whole model against the official code: losses, every gradient, three optimizer steps and the moving average.

mod common;

use common::{Golden, Tensors, assert_close};
use simvg_model::params::Layout;
use simvg_model::state::TrainState;
use simvg_model::trainer::{Optim, Rates, Trainer, trains};

const LOSSES: f32 = 5e-5;
/// Of the largest gradient of the case.
const GRADIENTS: f32 = 1e-5;
const STEPPED: f32 = 3e-6;

#[test]
fn a_case_is_read_whole() {
    let golden = Golden::load("onestage");
    let batch = golden.batch();
    let encoder = &golden.config.encoder;
    assert_eq!(batch.len(), 3);
    assert_eq!(batch.text_len(), 10);
    assert_eq!(batch.img.len(), 3 * encoder.in_chans * encoder.img_size * encoder.img_size);
    assert!(batch.targets.iter().all(|t| t.boxes.len() == 1 && t.is_object == [true]));
    assert_eq!(golden.step3_mask.len(), golden.grads.values().map(|t| t.data.len()).sum::<usize>());
    assert!(golden.loss("loss_total") > 0.0);
}

#[test]
fn first_stage() {
    check("twostage1");
}

#[test]
fn one_stage() {
    check("onestage");
}

#[test]
fn second_stage() {
    check("twostage2");
}

fn check(name: &str) {
    let golden = Golden::load(name);
    let (mut trainer, rates) = start(&golden);
    check_gradients(&golden, &mut trainer);
    let series = |key: &str| golden.losses[key].as_array().expect("a list").clone();
    for (step, (loss, norm)) in series("loss_total_steps").iter().zip(series("grad_norm_steps")).enumerate() {
        let report = trainer.step(&golden.batch(), rates, (0, step as u64));
        let total = report.output.losses.last().expect("loss_total").1;
        assert_close(&format!("loss {step}"), &[total], &[loss.as_f64().expect("number") as f32], LOSSES);
        let norm = norm.as_f64().expect("number") as f32;
        assert_close(&format!("norm {step}"), &[report.grad_norm as f32], &[norm], GRADIENTS * norm);
    }
    check_steps(&golden, &trainer);
}

fn start(golden: &Golden) -> (Trainer, Rates) {
    let number = |key: &str| golden.json["optim"][key].as_f64().expect("number");
    let beta = |i: usize| golden.json["optim"]["betas"][i].as_f64().expect("number");
    let optim = Optim {
        betas: [beta(0), beta(1)],
        eps: number("eps"),
        clip: number("grad_norm_clip"),
        ema: Some(number("ema_alpha") as f32),
    };
    let layout = simvg_model::model::layout(&golden.config);
    let mut state = TrainState::new(golden.params(&layout), &layout, true);
    // Such as "../twostage1/step3.safetensors (ema.*)".
    if let Some(case) = golden.json["ema_init"].as_str().and_then(|path| path.split('/').nth(1)) {
        state.ema = Some(flat(&layout, &Golden::load(case).step3, "ema."));
    }
    (Trainer::new(golden.config.clone(), state, optim), Rates { backbone: number("lr_vis_enc"), head: number("lr") })
}

fn check_gradients(golden: &Golden, trainer: &mut Trainer) {
    trainer.gradients(&golden.batch(), (0, 0));
    let largest = golden.grads.values().flat_map(|t| &t.data).fold(0.0f32, |m, x| m.max(x.abs()));
    let untouched = golden.losses["none_grads"].as_array().expect("a list");
    assert_eq!(trainer.layout.entries().len(), golden.grads.len());
    for entry in trainer.layout.entries() {
        let name = &entry.name;
        assert_close(name, &trainer.grads()[entry.range()], &golden.grads[name].data, GRADIENTS * largest);
        assert_eq!(trains(&golden.config, name), !untouched.iter().any(|n| n == name), "whether {name} is trained");
    }
}

/// Parameters and averages after three steps, but for those whose update is rounding noise.
fn check_steps(golden: &Golden, trainer: &Trainer) {
    let mut mask = golden.step3_mask.iter();
    let averages = trainer.state.ema.as_ref().expect("an average is kept");
    for name in golden.grads.keys() {
        let range = trainer.layout.range(name);
        let comparable: Vec<bool> = mask.by_ref().take(range.len()).map(|&m| m != 0.0).collect();
        for (prefix, values) in [("param.", &trainer.state.params), ("ema.", averages)] {
            let want = &golden.step3[&format!("{prefix}{name}")].data;
            let of =
                |all: &[f32]| all.iter().zip(&comparable).filter_map(|(&x, &c)| c.then_some(x)).collect::<Vec<_>>();
            assert_close(&format!("{prefix}{name}"), &of(&values[range.clone()]), &of(want), STEPPED);
        }
    }
}

fn flat(layout: &Layout, tensors: &Tensors, prefix: &str) -> Vec<f32> {
    layout.entries().iter().flat_map(|e| tensors[&format!("{prefix}{}", e.name)].data.clone()).collect()
}
