//! Starts a program, keeps what it prints, and ends it with all that it has started.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    os::{
        fd::OwnedFd,
        unix::{fs::MetadataExt, process::CommandExt},
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use fs_err::File;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open},
};

use super::{guardian::Guardian, leftovers, tail::Tail};
use crate::StageContext;

/// Where the output of the program goes.
pub(crate) const LOG: &str = "log.txt";

/// The variables of the user's environment that a program sees.
const PASSED_ON: [&str; 4] = ["PATH", "HOME", "TMPDIR", "LANG"];

/// Lines of the log that a failure shows.
const SHOWN_LINES: usize = 10;

/// How long a program may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// How often to look whether the program is to be stopped.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// A program to run.
pub(super) struct Program<'a> {
    pub argv: &'a [String],
    /// Its environment besides what is passed on.
    pub env: &'a BTreeMap<&'a str, &'a str>,
    /// Its current directory.
    pub folder: &'a Path,
    /// Where in that folder its standard output goes, if not into the log.
    pub stdout: Option<&'a str>,
}

/// Runs a program to its end.
pub(super) fn run(program: &Program, context: &StageContext) -> anyhow::Result<()> {
    let log = context.out.join(LOG);
    let name = &program.argv[0];
    let mut tree = Tree::start(program, &log, context)?;
    let status = tree.wait(context, &log)?;
    if !status.success() {
        tree.kill()?;
        let room = if is_full(program.folder) { "its disk has no room left; " } else { "" };
        bail!("`{}` ended with {status}; {room}{}", program.argv.join(" "), last_lines(&log));
    }
    tree.finish().with_context(|| format!("`{name}` left processes behind"))
}

/// A program and all that it has started.
struct Tree {
    leader: Child,
    /// Number of the leader and of its process group.
    group: Pid,
    /// Becomes readable when the leader ends.
    end: OwnedFd,
    /// The work folder, by which those that have left the group are known.
    folder: PathBuf,
    guardian: Option<Arc<Guardian>>,
    is_over: bool,
}

impl Tree {
    fn start(program: &Program, log: &Path, context: &StageContext) -> anyhow::Result<Self> {
        let folder = fs_err::canonicalize(context.out.parent().unwrap_or(&context.out))?;
        let guardian = context.guardian.clone();
        let mut command = command(program, log, &folder)?;
        if let Some(guardian) = &guardian {
            guardian.watch(&folder).context("cannot start the guardian of the run")?;
        }
        let leader = command.spawn().with_context(|| format!("cannot start `{}`", program.argv[0]))?;
        let group = Pid::from_child(&leader);
        let end = pidfd_open(group, PidfdFlags::empty())?;
        let tree = Self { leader, group, end, folder, guardian, is_over: false };
        tree.guardian.as_ref().map_or(Ok(()), |guardian| guardian.started(group))?;
        Ok(tree)
    }

    /// Waits for the end of the program and ends the rest of its group. The ended program is kept on the system's list
    /// until then, so that nobody else can have the number of the group.
    fn wait(&mut self, context: &StageContext, log: &Path) -> anyhow::Result<ExitStatus> {
        let mut tail = context.follow.then(|| Tail::open(log)).transpose()?;
        loop {
            let has_ended = self.ends_within(LOOK_INTERVAL)?;
            if let Some(tail) = &mut tail {
                tail.show(has_ended, |line| context.output(line))?;
            }
            if has_ended {
                kill_process_group(self.group, Signal::KILL)?;
                return Ok(self.reap()?);
            }
            if context.cancelled() {
                self.stop()?;
                bail!("stopped");
            }
        }
    }

    /// Waits for the end of the program, but not longer than `time`.
    fn ends_within(&self, time: Duration) -> anyhow::Result<bool> {
        let time = Timespec::try_from(time)?;
        match poll(&mut [PollFd::new(&self.end, PollFlags::IN)], Some(&time)) {
            Ok(count) => Ok(count > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks the program to end, and ends it if it does not.
    fn stop(&mut self) -> anyhow::Result<()> {
        kill_process_group(self.group, Signal::TERM)?;
        self.ends_within(GRACE)?;
        self.kill()
    }

    /// Ends whatever is left.
    fn kill(&mut self) -> anyhow::Result<()> {
        if !self.is_over {
            kill_process_group(self.group, Signal::KILL)?;
            self.reap()?;
        }
        leftovers::end(leftovers::of_folder(&self.folder), Duration::ZERO)
    }

    /// Ends what a successful program has left running.
    fn finish(mut self) -> anyhow::Result<()> {
        if leftovers::exist_after(self.group, &self.folder) { self.kill() } else { Ok(()) }
    }

    /// Takes the ended program off the system's list.
    fn reap(&mut self) -> std::io::Result<ExitStatus> {
        if let Some(guardian) = &self.guardian {
            guardian.ended(self.group)?;
        }
        self.is_over = true;
        self.leader.wait()
    }
}

impl Drop for Tree {
    /// Whatever went wrong, nothing keeps running.
    fn drop(&mut self) {
        if !self.is_over {
            let _ = self.kill();
        }
    }
}

fn command(program: &Program, log: &Path, folder: &Path) -> anyhow::Result<Command> {
    let log = File::create(log)?.into_parts().0;
    let stdout = match &program.stdout {
        Some(path) => create_below(program.folder, path)?.into_parts().0,
        None => log.try_clone()?,
    };
    let name = &program.argv[0];
    let path = program.env.get("PATH").map(OsString::from).or_else(|| std::env::var_os("PATH"));
    // A path instead of a name lets the system start the program without copying the tables of our own memory.
    let mut command = Command::new(find(name, path.as_deref()).unwrap_or_else(|| name.into()));
    command.arg0(name).args(&program.argv[1..]).current_dir(program.folder).process_group(0).env_clear();
    command.envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?)))).envs(program.env);
    command.envs(leftovers::inherited_marks()).envs([leftovers::mark(folder)]);
    command.stdin(Stdio::null()).stdout(stdout).stderr(log);
    Ok(command)
}

/// Where a program of that name lies, as a shell finds it; `None` if it is a path itself or is not found.
fn find(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    let is_program = |file: &PathBuf| file.metadata().is_ok_and(|file| file.is_file() && file.mode() & 0o111 != 0);
    let folders = std::env::split_paths(path.filter(|_| !name.contains('/'))?);
    folders.map(|folder| folder.join(name)).find(is_program)
}

fn create_below(folder: &Path, path: &str) -> std::io::Result<File> {
    let path = folder.join(path);
    fs_err::create_dir_all(path.parent().unwrap_or(folder))?;
    File::create(path)
}

/// Whether nothing more can be written there: then the log may lack the line that says so.
fn is_full(folder: &Path) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail == 0)
}

fn last_lines(log: &Path) -> String {
    let text = fs_err::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    if lines.is_empty() {
        return "it printed nothing".to_owned();
    }
    let shown = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
    format!("the end of {}:\n{}", log.display(), shown.join("\n"))
}
