//! A run for human eyes, on stderr: bars on a terminal, plain lines elsewhere.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use console::{StyledObject, Term, style};
use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use simvg_pipeline::{Event, Observer, Outcome, Reason, StageResult, Status, Wait};

use super::say;

/// How often a running stage says how far it is where there are no bars.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// Shows events on stderr.
pub struct TerminalView {
    quiet: bool,
    /// `None` where stderr is no terminal.
    bars: Option<MultiProgress>,
    running: Mutex<HashMap<String, Running>>,
}

/// A stage that runs now. The bar keeps count of rate and time left, drawn or not.
struct Running {
    bar: ProgressBar,
    last_line: Instant,
}

impl TerminalView {
    /// A view; `quiet` leaves only failures.
    pub fn new(quiet: bool) -> Self {
        let bars = (Term::stderr().is_term() && !quiet).then(MultiProgress::new);
        Self { quiet, bars, running: Mutex::default() }
    }

    fn line(&self, line: &str) {
        match &self.bars {
            // Nothing to do if the terminal is gone.
            Some(bars) => drop(bars.println(line)),
            None => say(line),
        }
    }

    fn start(&self, id: &str, why: &Reason, attempt: u32) {
        let bar = match &self.bars {
            Some(bars) => bars.add(ProgressBar::new_spinner()),
            None => ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
        };
        bar.set_style(spinner_style());
        bar.set_prefix(id.to_owned());
        if self.bars.is_some() {
            bar.enable_steady_tick(Duration::from_millis(200));
        } else {
            let attempt = if attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
            self.line(&format!("{:<8} {id}  ({why}{attempt})", "run"));
        }
        if let Ok(mut running) = self.running.lock() {
            running.insert(id.to_owned(), Running { bar, last_line: Instant::now() });
        }
    }

    fn progress(&self, id: &str, done: u64, total: u64, unit: &str, detail: &str) {
        let Ok(mut running) = self.running.lock() else { return };
        let Some(Running { bar, last_line }) = running.get_mut(id) else { return };
        if bar.length() != Some(total) {
            bar.set_length(total);
            bar.set_style(bar_style(unit));
        }
        bar.set_position(done);
        bar.set_message(detail.to_owned());
        if self.bars.is_none() && last_line.elapsed() >= LINE_INTERVAL {
            *last_line = Instant::now();
            let left = HumanDuration(bar.eta());
            say(&format!("         {id}: {done}/{total} {unit}, {:.1}/s, {left} left  {detail}", bar.per_sec()));
        }
    }

    /// Takes the bar of a stage away.
    fn clear(&self, id: &str) {
        let running = self.running.lock().ok().and_then(|mut running| running.remove(id));
        if let Some(Running { bar, .. }) = running {
            bar.finish_and_clear();
        }
    }

    fn retry(&self, id: &str, error: &str, pause: f64) {
        self.clear(id);
        let word = style("failed  ").yellow().for_stderr();
        self.line(&format!("{word} {id}  again in {pause} s: {}", error.replace('\n', "\n         ")));
    }

    fn finish(&self, result: &StageResult, error: Option<&str>) {
        self.clear(&result.id);
        if self.quiet && error.is_none() {
            return;
        }
        let fingerprint = result.fingerprint.as_deref().map_or("", |digits| &digits[..digits.len().min(12)]);
        let seconds = if result.seconds > 0.0 { format!("{:.1} s", result.seconds) } else { String::new() };
        self.line(&format!("{} {:<24} {seconds:>9}  {fingerprint}", status_word(result.status), result.id));
        if let Some(error) = error {
            self.line(&format!("         {}", error.replace('\n', "\n         ")));
        }
    }

    fn end(&self, pipeline: &str, outcome: Outcome, seconds: f64, stages: &[StageResult]) {
        if self.quiet {
            return;
        }
        let counts = [
            (Status::Ran, "ran"),
            (Status::Hit, "hit"),
            (Status::Failed, "failed"),
            (Status::Stopped, "stopped"),
            (Status::Skipped, "skipped"),
        ]
        .map(|(status, word)| (stages.iter().filter(|stage| stage.status == status).count(), word));
        let counts: Vec<String> =
            counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        let how = match outcome {
            Outcome::Complete => "",
            Outcome::Failed => " (failed)",
            Outcome::Interrupted => " (interrupted; run again to go on)",
        };
        self.line(&format!("{pipeline}: {} in {seconds:.2} s{how}", counts.join(", ")));
    }
}

impl Observer for TerminalView {
    fn observe(&self, event: &Event) {
        match event {
            Event::RunStarted { .. } => {}
            Event::StageFinished { result, error, .. } => self.finish(result, error.as_deref()),
            Event::RunFinished { pipeline, outcome, seconds, stages } => self.end(pipeline, *outcome, *seconds, stages),
            _ if self.quiet => {}
            Event::StageWaiting { id, wait, .. } => self.line(&format!("waiting  {id}  {}", wait_text(wait))),
            Event::StageStarted { id, why, attempt, .. } => self.start(id, why, *attempt),
            Event::StageRetry { id, error, pause, .. } => self.retry(id, error, *pause),
            Event::StageProgress { id, done, total, unit, detail } => self.progress(id, *done, *total, unit, detail),
            Event::StageLog { id, line } => self.line(&format!("         {id}: {line}")),
            Event::StageWarning { id, line } => {
                self.line(&format!("{}  {id}: {line}", style("warning").yellow().for_stderr()));
            }
        }
    }
}

fn wait_text(wait: &Wait) -> String {
    match wait {
        Wait::Lock => "another process works on it".to_owned(),
        Wait::Resources { names } => format!("other stages have all of {}", names.join(", ")),
    }
}

fn status_word(status: Status) -> StyledObject<&'static str> {
    let styled = match status {
        Status::Ran => style("ran     ").green(),
        Status::Hit => style("hit     ").dim(),
        Status::Failed => style("FAILED  ").red().bold(),
        Status::Stopped => style("stopped ").yellow(),
        Status::Skipped => style("skipped ").yellow(),
    };
    styled.for_stderr()
}

fn spinner_style() -> ProgressStyle {
    ProgressStyle::with_template("run      {prefix:<24} {elapsed:>9}  {spinner} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn bar_style(unit: &str) -> ProgressStyle {
    let template = format!(
        "run      {{prefix:<24}} {{elapsed:>9}}  {{bar:24}} {{pos}}/{{len}} {unit}, {{per_sec}}, {{eta}} left  {{wide_msg}}"
    );
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
