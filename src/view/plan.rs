//! A plan as text.

use console::{Style, style};
use simvg_pipeline::{Plan, State};

use super::plural;

/// One line a stage: what would happen, its name, its kind, and why.
pub fn plan_text(plan: &Plan) -> String {
    let width = |of: fn(&simvg_pipeline::Step) -> &str| plan.stages.iter().map(|step| of(step).len()).max();
    let (ids, kinds) = (width(|step| &step.id).unwrap_or(0), width(|step| &step.kind).unwrap_or(0));
    let mut text = String::new();
    for step in &plan.stages {
        let state = state_style(step.state).apply_to(format!("{:<8}", state_word(step.state)));
        text += &format!("{state} {:<ids$}  {:<kinds$}  {}\n", step.id, step.kind, style(&step.why).dim());
    }
    let open = plan.stages.iter().filter(|step| step.state != State::Hit).count();
    text + &format!("{}: {open} of {} stage{} to run\n", plan.pipeline, plan.stages.len(), plural(plan.stages.len()))
}

/// What would happen to a stage, in a word or two.
pub fn state_word(state: State) -> &'static str {
    match state {
        State::Hit => "hit",
        State::Run => "run",
        State::MayRun => "may run",
        State::Blocked => "blocked",
    }
}

fn state_style(state: State) -> Style {
    match state {
        State::Hit => Style::new().green(),
        State::Run => Style::new().yellow(),
        State::MayRun => Style::new().yellow().dim(),
        State::Blocked => Style::new().red(),
    }
}
