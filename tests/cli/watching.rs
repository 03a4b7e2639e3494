//! A `watch` under way: what it says, and how it ends.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::support::Folder;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// Long enough for a mistake to show: several times what a burst of events takes to settle.
const CALM: Duration = Duration::from_millis(1500);

/// A watch that runs until this is dropped.
pub struct Watching {
    child: Child,
    events: Arc<Mutex<Vec<Value>>>,
    errors: Arc<Mutex<String>>,
}

impl Watching {
    /// Starts `simvg-pipe watch p.ron --json` with more words.
    pub fn start(folder: &Folder, words: &[&str]) -> Self {
        let mut command = folder.command();
        command.args(["watch", "p.ron", "--json"]).args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let (events, errors) = (Arc::default(), Arc::default());
        let (stdout, mut stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let (all, text): (Arc<Mutex<Vec<Value>>>, Arc<Mutex<String>>) = (Arc::clone(&events), Arc::clone(&errors));
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                all.lock().expect("nobody panics").push(serde_json::from_str(&line).expect("JSON"));
            }
        });
        thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(length @ 1..) = stderr.read(&mut part) {
                text.lock().expect("nobody panics").push_str(&String::from_utf8_lossy(&part[..length]));
            }
        });
        Self { child, events, errors }
    }

    /// Names of the stages that ran so far, in order.
    pub fn ran(&self) -> Vec<String> {
        let events = self.events.lock().expect("nobody panics");
        let ran = events.iter().filter(|event| event["event"] == "stage_finished" && event["status"] == "ran");
        ran.map(|event| event["id"].as_str().expect("a name").to_owned()).collect()
    }

    /// How many runs ended so far.
    pub fn runs(&self) -> usize {
        let events = self.events.lock().expect("nobody panics");
        events.iter().filter(|event| event["event"] == "run_finished").count()
    }

    pub fn errors(&self) -> String {
        self.errors.lock().expect("nobody panics").clone()
    }

    /// Waits until something is so.
    #[track_caller]
    pub fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            assert!(start.elapsed() < PATIENCE, "{what}: ran {:?}\n{}", self.ran(), self.errors());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until `runs` runs have ended, and sees that no other follows.
    #[track_caller]
    pub fn stays_at(&self, runs: usize) {
        self.until(&format!("{runs} runs"), |watching| watching.runs() >= runs);
        thread::sleep(CALM);
        assert_eq!(self.runs(), runs, "ran {:?}\n{}", self.ran(), self.errors());
    }

    /// Stops it with Ctrl-C; gives its exit code.
    pub fn interrupt(mut self) -> Option<i32> {
        let kill = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().expect("kill exists");
        assert!(kill.success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
