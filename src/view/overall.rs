//! The last line of a live view: how many stages are settled, and how much work is left.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// With more open stages than this, nobody waits for an estimate to be made.
const MOST_STAGES: usize = 200;

/// How long a stage took when it last ran, in seconds.
pub type LastTime = Box<dyn Fn(&str) -> Option<f64> + Send + Sync>;

/// The stages of a run that are not settled.
pub struct Overall {
    bar: ProgressBar,
    open: HashSet<String>,
    started: HashMap<String, Instant>,
    last_time: LastTime,
    known: HashMap<String, Option<f64>>,
}

impl Overall {
    /// The line below all bars.
    pub fn new(bars: &MultiProgress, pipeline: &str, stages: &[String], last_time: LastTime) -> Self {
        let bar = bars.add(ProgressBar::new(stages.len() as u64));
        let style = ProgressStyle::with_template("{prefix}: {pos} of {len} stages settled  {elapsed}  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(pipeline.to_owned());
        bar.enable_steady_tick(Duration::from_millis(500));
        let open = stages.iter().cloned().collect();
        Self { bar, open, started: HashMap::new(), last_time, known: HashMap::new() }
    }

    /// Takes the line away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// A stage begins.
    pub fn start(&mut self, id: &str) {
        self.started.insert(id.to_owned(), Instant::now());
    }

    /// A stage is settled.
    pub fn settle(&mut self, id: &str) {
        self.started.remove(id);
        if self.open.remove(id) {
            self.bar.inc(1);
        }
    }

    /// Writes the time left anew; `left` is what the running stages say themselves.
    pub fn update(&mut self, left: &HashMap<String, Duration>) {
        let words = match self.open.len() {
            1..=MOST_STAGES => {
                self.estimate(left).map(|seconds| format!("about {} of work left", super::time(seconds)))
            }
            _ => None,
        };
        self.bar.set_message(words.unwrap_or_default());
    }

    /// Seconds of work left, judged by the last time of each stage; `None` if one has none.
    fn estimate(&mut self, left: &HashMap<String, Duration>) -> Option<f64> {
        let mut sum = 0.0;
        for id in &self.open {
            if let Some(left) = left.get(id) {
                sum += left.as_secs_f64();
                continue;
            }
            let last = *self.known.entry(id.clone()).or_insert_with(|| (self.last_time)(id));
            let since = self.started.get(id).map_or(0.0, |start| start.elapsed().as_secs_f64());
            sum += (last? - since).max(0.0);
        }
        Some(sum.round())
    }
}
