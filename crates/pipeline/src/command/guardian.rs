//! A small process that outlives the runner, to end what a killed runner has left behind.
//!
//! It is this program once more. It reads what the runner tells about its Commands from a pipe. When the runner ends, in
//! whatever way, the kernel closes the pipe; then the guardian kills every process that belongs to the run and ends itself.
//! Another run may be working in the same folder by then: its processes have marks of their own and are left alone.

use std::{
    collections::HashSet,
    ffi::{OsStr, OsString},
    io::{self, BufRead, Write},
    os::unix::{ffi::OsStrExt, process::CommandExt},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};

use super::leftovers;

/// The last word of a runner that has ended all of its Commands.
const FAREWELL: &[u8] = b"bye";

/// A process that the runner was starting when it was killed shows its environment within this time.
const CALM: Duration = Duration::from_millis(500);

/// The runner's end of the pipe. The process starts with the first Command.
#[derive(Debug)]
pub(crate) struct Guardian {
    argv: Vec<OsString>,
    process: Mutex<Option<Child>>,
}

impl Guardian {
    /// A guardian that is started with `argv`, which must call [`guard`].
    pub fn new(argv: Vec<OsString>) -> Self {
        Self { argv, process: Mutex::new(None) }
    }

    /// A Command is about to start in that work folder.
    pub fn watch(&self, folder: &Path) -> io::Result<()> {
        let (name, value) = leftovers::mark(folder);
        self.tell(&[b"w", name.as_bytes(), b"=", value.as_bytes()].concat())
    }

    /// The Command that was watched last in some thread has this process group.
    pub fn started(&self, group: Pid) -> io::Result<()> {
        self.tell(format!("+{}", group.as_raw_nonzero()).as_bytes())
    }

    /// That process group is empty; the system may give its number to somebody else.
    pub fn ended(&self, group: Pid) -> io::Result<()> {
        self.tell(format!("-{}", group.as_raw_nonzero()).as_bytes())
    }

    /// Sends a word. A guardian that somebody has killed is replaced by one that knows of what comes from now on.
    fn tell(&self, word: &[u8]) -> io::Result<()> {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(child) = process.as_mut() {
            if send(child, word).is_ok() {
                return Ok(());
            }
            child.wait()?;
        }
        let mut child = self.start()?;
        send(&mut child, word)?;
        *process = Some(child);
        Ok(())
    }

    /// Standard output and error are not passed on: whoever reads the runner's would wait for the guardian, too.
    fn start(&self) -> io::Result<Child> {
        let program = self.argv.first().map_or(OsStr::new(""), OsString::as_os_str);
        let mut command = Command::new(program);
        // It is listed under the name of this program.
        command.arg0(std::env::args_os().next().unwrap_or_default());
        command.args(&self.argv[1..]).current_dir("/").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    }
}

impl Drop for Guardian {
    /// Lets the guardian end what Commands have left running, and waits for that.
    fn drop(&mut self) {
        let process = self.process.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut child) = process.take() {
            // If it is gone, there is nothing to say and nothing to wait for.
            let _ = send(&mut child, FAREWELL);
            let _ = child.wait();
        }
    }
}

/// Sends a word and the byte that ends it, at once.
fn send(child: &mut Child, word: &[u8]) -> io::Result<()> {
    let pipe = child.stdin.as_mut().ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
    pipe.write_all(&[word, &[0]].concat())
}

/// What the guardian does: listens until the pipe closes, then ends every process of the run.
pub fn guard(words: impl BufRead) {
    let mut marks = HashSet::new();
    let mut groups = HashSet::new();
    let mut calm = CALM;
    let group = |digits: &[u8]| Pid::from_raw(std::str::from_utf8(digits).ok()?.parse().ok()?);
    for word in words.split(0).map_while(Result::ok) {
        match word.split_first() {
            Some((b'w', mark)) => drop(marks.insert(mark.to_vec())),
            Some((b'+', digits)) => groups.extend(group(digits)),
            Some((b'-', digits)) => drop(group(digits).map(|group| groups.remove(&group))),
            _ if word == FAREWELL => calm = Duration::ZERO,
            _ => {}
        }
    }
    for group in groups {
        // It may have ended together with the runner.
        let _ = kill_process_group(group, Signal::KILL);
    }
    // A process that even this does not end hangs in the kernel; the next run that needs its folder says so.
    let _ = leftovers::end(|mark| marks.contains(mark), calm);
}
