//! Finds the processes that a Command started, wherever they went, and ends them.
//!
//! A program may start others, and those may leave its process group and its session. What they keep is their environment:
//! every Command has a variable there, its mark, that names its run and its work folder. A process that is seen with it
//! belongs to them, also after the runner that started it has died.

use std::{
    ffi::OsString,
    os::unix::ffi::OsStrExt,
    path::Path,
    process,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::bail;
use rustix::process::{Pid, Signal, kill_process};

/// How the name of the variable begins. The rest is the fingerprint, so that a run within a Command does not hide the
/// variable of the outer one, and the number of the run's process.
const PREFIX: &str = "SIMVG_PIPE_WORK_";

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Asking more processes one by one takes longer than going through all that there are.
const MOST_ASKED: i32 = 500;

/// Longer than the kernel takes to end a process that does not hang in a device.
const PATIENCE: Duration = Duration::from_secs(30);

/// The variable for a Command that works in `folder`.
pub(super) fn mark(folder: &Path) -> (OsString, OsString) {
    let mut name = OsString::from(PREFIX);
    name.push(folder.file_name().unwrap_or_default());
    name.push(format!("_{}", process::id()));
    (name, folder.as_os_str().to_owned())
}

/// Whether a mark is one of those that work in `folder`, whatever the run.
pub(crate) fn of_folder(folder: &Path) -> impl Fn(&[u8]) -> bool {
    |mark| mark.splitn(2, |&byte| byte == b'=').nth(1) == Some(folder.as_os_str().as_bytes())
}

/// The variables of the Commands within which this program itself runs: what it starts belongs to them as well.
pub(super) fn inherited_marks() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| name.as_bytes().starts_with(PREFIX.as_bytes()))
}

/// Kills every process with a mark that `is_meant`, until for the time `calm` none was seen.
///
/// # Errors
/// If some are still there after half a minute.
pub(crate) fn end(is_meant: impl Fn(&[u8]) -> bool, calm: Duration) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut last_seen = start;
    loop {
        let found = find(&is_meant);
        for process in found.iter().filter_map(|&number| Pid::from_raw(number)) {
            // It may have ended in the meantime.
            let _ = kill_process(process, Signal::KILL);
        }
        if !found.is_empty() {
            last_seen = Instant::now();
        } else if last_seen.elapsed() >= calm {
            return Ok(());
        }
        if start.elapsed() > PATIENCE.max(calm * 2) {
            bail!("the processes {found:?} of an earlier attempt do not end; restart the machine if they hang");
        }
        sleep(PAUSE);
    }
}

/// Whether a process that belongs to `folder` is left of a program that has ended.
///
/// The system numbers processes one after the other, so only those with numbers between that of the program and the
/// newest are asked: a few after a short program, where asking all would take longer than the program.
pub(super) fn exist_after(program: Pid, folder: &Path) -> bool {
    let is_meant = of_folder(folder);
    let mut seen = program.as_raw_pid();
    loop {
        let Some(newest) = newest_process().filter(|newest| (seen..seen + MOST_ASKED).contains(newest)) else {
            // Too many, or the numbers have begun anew.
            return !find(&is_meant).is_empty();
        };
        if newest == seen {
            return false;
        }
        if (seen + 1..=newest).any(|number| belongs(number, &is_meant)) {
            return true;
        }
        seen = newest;
    }
}

/// The number of the process or thread that was started last.
fn newest_process() -> Option<i32> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().nth(4)?.parse().ok()
}

/// The processes with a mark that `is_meant`.
fn find(is_meant: &impl Fn(&[u8]) -> bool) -> Vec<i32> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let numbers = processes.flatten().filter_map(|process| process.file_name().to_str()?.parse().ok());
    numbers.filter(|number| belongs(*number, is_meant)).collect()
}

/// Whether the environment of a process has a mark that `is_meant`. Those of other users cannot be read and have none.
fn belongs(process: i32, is_meant: &impl Fn(&[u8]) -> bool) -> bool {
    let Ok(environment) = std::fs::read(format!("/proc/{process}/environ")) else { return false };
    let mut marks = environment.split(|&byte| byte == 0).filter(|variable| variable.starts_with(PREFIX.as_bytes()));
    marks.any(is_meant)
}
