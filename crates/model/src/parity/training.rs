//! Losses, gradients and optimizer steps.

use std::collections::BTreeMap;

use super::report::{Group, Report};
use super::tensors::Tensors;
use super::{Case, ParityError};
use crate::aliases;
use crate::checkpoint;
use crate::head::TrainOutput;
use crate::model;
use crate::params::Layout;
use crate::state::TrainState;
use crate::trainer::{Trainer, trains};

/// Compares `losses.json`, `grads.safetensors` and `step3.safetensors`.
pub fn compare(case: &Case, report: &mut Report) -> Result<(), ParityError> {
    let mut trainer = start(case)?;
    let output = trainer.gradients(&case.batch, (0, 0));
    losses(case, &output, report);
    gradients(case, &trainer, report)?;
    steps(case, &mut trainer, report);
    stepped_parameters(case, &trainer, report)?;
    averages(case, &trainer, report)
}

fn start(case: &Case) -> Result<Trainer, ParityError> {
    let layout = model::layout(&case.config);
    let mut state = TrainState::new(case.params(&layout)?, &layout, true);
    if let Some(average) = case.first_average(&layout)? {
        state.ema = Some(average);
        state.stale_ema = stale(case, &layout)?;
    }
    Ok(Trainer::new(case.config.clone(), state, case.optim))
}

/// What the starting average holds under second names, if the model has any.
fn stale(case: &Case, layout: &Layout) -> Result<Option<Vec<f32>>, ParityError> {
    let Some(path) = &case.ema_init else { return Ok(None) };
    let file = Tensors::read(path)?;
    let mut values = Vec::new();
    for (name, entry) in aliases::all(layout) {
        values.extend(&file.shaped(&format!("ema.{name}"), &entry.shape)?.data);
    }
    Ok((!values.is_empty()).then_some(values))
}

fn losses(case: &Case, output: &TrainOutput, report: &mut Report) {
    terms("losses", &output.losses, &case.losses.losses, report);
    let calls = &case.losses.criterion_calls;
    if output.criteria.len() != calls.len() {
        report.mismatch(format!("{} calls of the criterion instead of {}", output.criteria.len(), calls.len()));
    }
    for (i, (got, call)) in output.criteria.iter().zip(calls).enumerate() {
        terms(&format!("criterion {i}"), got, &call.raw, report);
    }
}

fn terms(of: &str, got: &[(String, f32)], want: &BTreeMap<String, f32>, report: &mut Report) {
    for (name, value) in got {
        match want.get(name) {
            Some(want) => report.add(Group::Losses, &format!("{of}: {name}"), &[*value], &[*want]),
            None => report.mismatch(format!("{of}: {name} was not recorded")),
        }
    }
    let absent = want.keys().filter(|name| !got.iter().any(|(n, _)| n == *name));
    absent.for_each(|name| report.mismatch(format!("{of}: {name} is not computed")));
}

fn gradients(case: &Case, trainer: &Trainer, report: &mut Report) -> Result<(), ParityError> {
    for entry in trainer.layout.entries() {
        let want = case.grads.shaped(&entry.name, &entry.shape)?;
        report.add(Group::Gradients, &entry.name, &trainer.grads()[entry.range()], &want.data);
        if trains(&case.config, &entry.name) == case.losses.none_grads.contains(&entry.name) {
            report.mismatch(format!("{} has a gradient on one side only", entry.name));
        }
    }
    let unknown = case.grads.iter().filter(|(name, _)| trainer.layout.get(name).is_none());
    unknown.for_each(|(name, _)| report.mismatch(format!("the model has no parameter {name}")));
    Ok(())
}

/// Takes the steps; a loss or a norm of a later step speaks for the parameters of the one before.
fn steps(case: &Case, trainer: &mut Trainer, report: &mut Report) {
    let recorded = case.losses.loss_total_steps.iter().zip(&case.losses.grad_norm_steps);
    for (step, (loss, norm)) in recorded.enumerate() {
        let done = trainer.step(&case.batch, case.rates, (0, step as u64));
        let total = done.output.losses.last().map_or(f32::NAN, |(_, total)| *total);
        report.add(Group::Losses, &format!("loss_total of step {step}"), &[total], &[*loss]);
        report.add(Group::GradientNorms, &format!("norm of step {step}"), &[done.grad_norm as f32], &[*norm]);
    }
}

fn stepped_parameters(case: &Case, trainer: &Trainer, report: &mut Report) -> Result<(), ParityError> {
    let masks = masks(case, &trainer.layout);
    for entry in trainer.layout.entries() {
        let name = format!("param.{}", entry.name);
        let want = &case.stepped.shaped(&name, &entry.shape)?.data;
        let (got, want) = masked(&trainer.state.params[entry.range()], want, masks[entry.name.as_str()]);
        report.add(Group::SteppedParameters, &name, &got, &want);
    }
    Ok(())
}

/// Compares the averages of a checkpoint, so that what a file says under second names and of buffers is held to account too.
fn averages(case: &Case, trainer: &Trainer, report: &mut Report) -> Result<(), ParityError> {
    let file = written(trainer)?;
    let masks = masks(case, &trainer.layout);
    for (name, got) in file.iter().filter(|(name, _)| name.starts_with("ema.")) {
        let want = &case.stepped.shaped(name, &got.shape)?.data;
        let all = vec![1.0; want.len()];
        let mask = masks.get(&name["ema.".len()..]).copied().unwrap_or(&all);
        let (got, want) = masked(&got.data, want, mask);
        report.add(Group::Averages, name, &got, &want);
    }
    let unknown = case.stepped.iter().filter(|(name, _)| name.starts_with("ema.") && file.get(name).is_err());
    unknown.for_each(|(name, _)| report.mismatch(format!("a checkpoint lacks {name}")));
    Ok(())
}

fn written(trainer: &Trainer) -> Result<Tensors, ParityError> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("checkpoint.safetensors");
    checkpoint::save(&path, &trainer.weights(&BTreeMap::new()))?;
    Tensors::read(&path)
}

/// The mask of every parameter: 0 where an update is rounding noise (quirk T8).
fn masks<'a>(case: &'a Case, layout: &'a Layout) -> BTreeMap<&'a str, &'a [f32]> {
    let mut rest = case.mask.as_slice();
    let sorted: BTreeMap<&str, usize> = layout.entries().iter().map(|e| (e.name.as_str(), e.len())).collect();
    let take = |(name, len)| {
        let (mask, after) = rest.split_at(len);
        rest = after;
        (name, mask)
    };
    sorted.into_iter().map(take).collect()
}

fn masked(got: &[f32], want: &[f32], mask: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let pairs = got.iter().zip(want).zip(mask).filter(|(_, mask)| **mask != 0.0);
    pairs.map(|((got, want), _)| (*got, *want)).unzip()
}
