//! The corpus and the damaged files again in a process of their own, where every malformed input may take little time and memory.
//!
//! The process as a whole may not ask for more address space than [`SPACE`], which ends it. Within it, each attempt is
//! held against processor time and the growth of resident memory, where the system tells these (Linux).

use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Set in the process that measures.
const MEASURING: &str = "SIMVG_CORPUS_MEASURED";
/// Address space of that process in KiB: all of its threads have stacks and heaps of their own in it.
const SPACE: u64 = 4 << 20;
/// Processor time of one attempt.
const TIME: Duration = Duration::from_secs(2);
/// Growth of resident memory in one attempt, in MiB.
const MEMORY: u64 = 128;

#[test]
fn the_corpus_takes_little_time_and_memory() {
    if !Path::new("/proc/self/clear_refs").exists() {
        eprintln!("this system does not tell the memory of a process: nothing was measured");
        return;
    }
    let limited = format!("ulimit -v {SPACE} && exec \"$0\" corpus:: mutations:: --test-threads 1");
    let program = std::env::current_exe().unwrap();
    let mut shell = Command::new("sh");
    let run = shell.args(["-c", &limited]).arg(program).env(MEASURING, "yes").env("RAYON_NUM_THREADS", "2").output();
    let output = run.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    let passed = told.lines().filter(|line| line.starts_with("test corpus::") && line.ends_with("ok")).count();
    assert!(passed >= 9, "the corpus has as many parts:\n{told}");
}

/// What the process had used when an attempt began.
pub struct Usage {
    time: Duration,
    memory: u64,
}

impl Usage {
    /// As it is now; `None` where nothing is measured.
    pub fn now() -> Option<Self> {
        std::env::var_os(MEASURING)?;
        // The highest resident memory counts from here on.
        fs_err::write("/proc/self/clear_refs", "5").unwrap();
        Some(Self { time: processor_time(), memory: status("VmRSS:") })
    }

    /// Asserts that little was used since.
    pub fn assert_little(self, what: &str) {
        let time = processor_time() - self.time;
        assert!(time < TIME, "{time:?} of processor time: {what}");
        let grown = status("VmHWM:").saturating_sub(self.memory) / 1024;
        assert!(grown < MEMORY, "{grown} MiB more: {what}");
    }
}

/// Of all threads. Linux counts it in hundredths of a second, whatever the machine.
fn processor_time() -> Duration {
    let stat = fs_err::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
    let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Duration::from_millis(10 * ticks)
}

/// A line of the process's status, in KiB.
fn status(name: &str) -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}
