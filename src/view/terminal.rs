//! A run for human eyes, on stderr: bars on a terminal, plain lines elsewhere.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use console::{StyledObject, Term, style};
use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use simvg_pipeline::{Event, Observer, Outcome, Reason, StageResult, Status, Wait};

use super::{
    overall::{LastTime, Overall},
    say, time,
    why::change_text,
};

/// How often a running stage says how far it is where there are no bars.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// Shows events on stderr.
pub struct TerminalView {
    detail: Detail,
    /// `None` where stderr is no terminal.
    bars: Option<MultiProgress>,
    running: Mutex<HashMap<String, Running>>,
    overall: Mutex<Option<Overall>>,
    last_time: Mutex<Option<LastTime>>,
}

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Failures only.
    Quiet,
    /// A line or two a stage.
    Normal,
    /// Also what changed, field by field, and where results are.
    Verbose,
}

/// A stage that runs now. The bar keeps count of rate and time left, drawn or not.
struct Running {
    bar: ProgressBar,
    last_line: Instant,
}

impl TerminalView {
    /// A view; `last_time` says how long a stage took when it last ran.
    pub fn new(detail: Detail, last_time: LastTime) -> Self {
        let bars = (Term::stderr().is_term() && detail != Detail::Quiet).then(MultiProgress::new);
        let last_time = Mutex::new(Some(last_time));
        Self { detail, bars, running: Mutex::default(), overall: Mutex::default(), last_time }
    }

    fn begin(&self, pipeline: &str, stages: &[String]) {
        let last_time = self.last_time.lock().ok().and_then(|mut last_time| last_time.take());
        if let (Some(bars), Some(last_time), Ok(mut overall)) = (&self.bars, last_time, self.overall.lock()) {
            *overall = Some(Overall::new(bars, pipeline, stages, last_time));
        }
    }

    /// Changes the last line, with what the running stages say of their time left.
    fn overall(&self, change: impl FnOnce(&mut Overall)) {
        if self.bars.is_none() {
            return;
        }
        let left = |running: &Running| running.bar.length().map(|_| running.bar.eta());
        let left = self.running.lock().map(|running| {
            running.iter().filter_map(|(id, running)| Some((id.clone(), left(running)?))).collect::<HashMap<_, _>>()
        });
        if let (Ok(left), Ok(mut overall)) = (left, self.overall.lock())
            && let Some(overall) = overall.as_mut()
        {
            change(overall);
            overall.update(&left);
        }
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
            Some(bars) => bars.insert_from_back(1, ProgressBar::new_spinner()),
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
        if let (Detail::Verbose, Reason::Changed { changes }) = (self.detail, why) {
            self.line(changes.iter().map(|change| change_text(change, "       ")).collect::<String>().trim_end());
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
        if self.detail == Detail::Quiet && error.is_none() {
            return;
        }
        let short = if self.detail == Detail::Verbose { |digits| digits } else { super::digits };
        let fingerprint = result.fingerprint.as_deref().map_or("", short);
        let seconds = if result.seconds > 0.0 { time(result.seconds) } else { String::new() };
        self.line(&format!("{} {:<24} {seconds:>9}  {fingerprint}", status_word(result.status), result.id));
        if let Some(error) = error {
            self.line(&format!("         {}", error.replace('\n', "\n         ")));
        }
    }

    fn end(&self, pipeline: &str, outcome: Outcome, seconds: f64, stages: &[StageResult]) {
        if let Ok(Some(overall)) = self.overall.lock().as_deref() {
            overall.clear();
        }
        if self.detail == Detail::Quiet {
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
        self.line(&format!("{pipeline}: {} in {}{how}", counts.join(", "), time(seconds)));
    }
}

impl Observer for TerminalView {
    fn observe(&self, event: &Event) {
        match event {
            Event::StageFinished { result, .. } => self.overall(|overall| overall.settle(&result.id)),
            Event::StageStarted { id, .. } => self.overall(|overall| overall.start(id)),
            Event::StageProgress { .. } => self.overall(|_| {}),
            _ => {}
        }
        match event {
            Event::RunStarted { pipeline, stages, .. } => self.begin(pipeline, stages),
            Event::StageFinished { result, error, .. } => self.finish(result, error.as_deref()),
            Event::RunFinished { pipeline, outcome, seconds, stages } => self.end(pipeline, *outcome, *seconds, stages),
            _ if self.detail == Detail::Quiet => {}
            Event::StageWaiting { id, wait, .. } => self.line(&format!("waiting  {id}  {}", wait_text(wait))),
            Event::StageStarted { id, why, attempt, .. } => self.start(id, why, *attempt),
            Event::StageRetry { id, error, pause, .. } => self.retry(id, error, *pause),
            Event::StageProgress { id, done, total, unit, detail } => self.progress(id, *done, *total, unit, detail),
            Event::StageLog { id, line } | Event::StageOutput { id, line } => {
                self.line(&format!("         {id}: {line}"))
            }
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
