//! Finds the processes that a Command started, wherever they went, and ends them.
//!
//! A program may start others, and those may leave its process group and its session. What they keep is their environment:
//! every Command has a variable there that names its work folder. A process that is seen with it belongs to that folder,
//! also after the runner that started it has died.

use std::{
    collections::HashSet,
    ffi::OsString,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::bail;
use rustix::process::{Pid, Signal, kill_process};

/// How the name of the variable begins. The rest is the fingerprint, so that a run within a Command does not hide the
/// variable of the outer one.
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
    (name, folder.as_os_str().to_owned())
}

/// The variables of the Commands within which this program itself runs: what it starts belongs to them as well.
pub(super) fn inherited_marks() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| name.as_bytes().starts_with(PREFIX.as_bytes()))
}

/// Kills every process that belongs to one of the folders, until for the time `calm` none was seen.
///
/// # Errors
/// If some are still there after half a minute.
pub(crate) fn end(folders: &HashSet<PathBuf>, calm: Duration) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut last_seen = start;
    loop {
        let found = find(folders);
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
    let folders = HashSet::from([folder.to_owned()]);
    let mut seen = program.as_raw_pid();
    loop {
        let Some(newest) = newest_process().filter(|newest| (seen..seen + MOST_ASKED).contains(newest)) else {
            // Too many, or the numbers have begun anew.
            return !find(&folders).is_empty();
        };
        if newest == seen {
            return false;
        }
        if (seen + 1..=newest).any(|number| belongs(number, &folders)) {
            return true;
        }
        seen = newest;
    }
}

/// The number of the process or thread that was started last.
fn newest_process() -> Option<i32> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().nth(4)?.parse().ok()
}

/// The processes that belong to one of the folders.
fn find(folders: &HashSet<PathBuf>) -> Vec<i32> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let numbers = processes.flatten().filter_map(|process| process.file_name().to_str()?.parse().ok());
    numbers.filter(|number| belongs(*number, folders)).collect()
}

/// Whether the environment of a process names one of the folders. Those of other users cannot be read and do not.
fn belongs(process: i32, folders: &HashSet<PathBuf>) -> bool {
    let Ok(environment) = std::fs::read(format!("/proc/{process}/environ")) else { return false };
    let marks = environment.split(|&byte| byte == 0).filter(|variable| variable.starts_with(PREFIX.as_bytes()));
    let mut works = marks.filter_map(|variable| variable.splitn(2, |&byte| byte == b'=').nth(1));
    works.any(|work| folders.contains(Path::new(&OsString::from_vec(work.to_vec()))))
}
