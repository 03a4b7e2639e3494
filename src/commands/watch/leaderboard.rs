//! Evaluates checkpoints with the Evaluate stages of a pipeline and keeps its report up to date.
//!
//! What the store has is not made again: that is how a restart knows what was evaluated.

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::{Result, bail};
use simvg_pipeline::{Pipeline, Plan, Selection, Stage, StageResult, State, Status, matches_pattern, run};

use super::{
    Session,
    checkpoints::{Checkpoints, Found, Stamp},
    live::{Live, Named, derive, name_all},
    rerun::{options, plan_of},
};
use crate::view;

/// The files of a report.
const FORMS: [&str; 5] = ["report.txt", "report.md", "report.csv", "report.json", "report.html"];

/// What was shown and what went wrong.
#[derive(Default)]
pub struct Leaderboard {
    /// Checkpoints that could not be evaluated; they are left out until they change.
    failed: BTreeSet<(PathBuf, Stamp)>,
    /// Fingerprints of the reports that were last shown.
    shown: Vec<String>,
}

impl Leaderboard {
    /// Evaluates what is new; gives whether to look again, since a failure left the report undone.
    pub fn look(&mut self, session: &Session, pipeline: &Pipeline, checkpoints: &Checkpoints) -> Result<bool> {
        let has_failed = |found: &Found| self.failed.contains(&(found.path.to_owned(), found.stamp));
        let named = name_all(checkpoints.whole().filter(|found| !has_failed(found)));
        let evaluations = evaluations(session, pipeline)?;
        if named.is_empty() {
            return Ok(false);
        }
        let plan = plan_of(session, pipeline, &Selection::new(pipeline, &[])?)?;
        let hits = plan.stages.iter().filter(|step| step.state == State::Hit);
        let live = derive(pipeline, &evaluations, &hits.map(|step| step.id.as_str()).collect(), &named)?;
        let selection = Selection::new(&live.pipeline, &live.targets)?;
        let mut plan = plan_of(session, &live.pipeline, &selection)?;
        if plan.stages.iter().any(|step| step.state != State::Hit) {
            let options = options(session, live.targets.clone());
            let summary =
                run(&live.pipeline, &session.store, &session.root, &options, session.observer(&live.pipeline.name))?;
            let known = self.failed.len();
            self.failed.extend(culprits(&summary.stages, &live, &named));
            if self.failed.len() > known {
                return Ok(true);
            }
            plan = plan_of(session, &live.pipeline, &selection)?;
        }
        self.show(session, pipeline, &live, &plan)?;
        Ok(false)
    }

    /// Puts the reports in their place and prints them, if they are others than before.
    fn show(&mut self, session: &Session, pipeline: &Pipeline, live: &Live, plan: &Plan) -> Result<()> {
        let reports = plan.stages.iter().filter(|step| live.reports.contains(&step.id) && step.state == State::Hit);
        let reports: Vec<_> = reports.filter_map(|step| Some((&step.id, step.fingerprint.clone()?))).collect();
        let fingerprints: Vec<String> = reports.iter().map(|(_, fingerprint)| fingerprint.clone()).collect();
        if fingerprints == self.shown {
            return Ok(());
        }
        for (id, fingerprint) in reports {
            let (from, to) = (session.store.entry_path(&fingerprint), session.store.live_path(&pipeline.name, id));
            fs_err::create_dir_all(&to)?;
            for form in FORMS {
                let part = to.join(format!("{form}.part"));
                fs_err::copy(from.join(form), &part)?;
                fs_err::rename(&part, to.join(form))?;
            }
            if !session.args.json {
                view::print(&fs_err::read_to_string(from.join("report.txt"))?)?;
            }
            view::say(&format!("report: {}", to.join("report.html").display()));
        }
        self.shown = fingerprints;
        Ok(())
    }
}

/// The stages with which checkpoints are evaluated.
fn evaluations<'p>(session: &Session, pipeline: &'p Pipeline) -> Result<Vec<&'p Stage>> {
    let targets = &session.args.targets;
    let is_wanted = |id: &str| targets.is_empty() || targets.iter().any(|target| matches_pattern(target, id));
    let evaluates = |stage: &Stage| stage.kind.name() == "Evaluate" && !stage.params["checkpoint"].is_null();
    let found: Vec<&Stage> = pipeline.stages.iter().filter(|stage| evaluates(stage) && is_wanted(&stage.id)).collect();
    if found.is_empty() {
        bail!("{} has no Evaluate stage of a checkpoint to evaluate others with", session.args.pipeline.file.display());
    }
    Ok(found)
}

/// The checkpoints whose evaluations failed.
fn culprits(results: &[StageResult], live: &Live, named: &[Named]) -> Vec<(PathBuf, Stamp)> {
    let failed = |id: &String| results.iter().any(|result| result.id == *id && result.status == Status::Failed);
    let positions = live.copies.iter().filter(|(_, copy, _)| failed(copy)).map(|(.., position)| *position);
    positions.map(|at| (named[at].found.path.to_owned(), named[at].found.stamp)).collect()
}
