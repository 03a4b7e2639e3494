//! Starts a program, keeps what it prints, and ends it when the user asks to stop.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread::sleep,
    time::Duration,
};

use anyhow::{Context, bail};
use fs_err::File;

use crate::StageContext;

/// Where the output of the program goes.
pub(super) const LOG: &str = "log.txt";

/// The variables of the user's environment that a program sees.
const PASSED_ON: [&str; 4] = ["PATH", "HOME", "TMPDIR", "LANG"];

/// Lines of the log that a failure shows.
const SHOWN_LINES: usize = 10;

/// Runs a program to its end in the output folder of the stage.
pub(super) fn run(argv: &[String], env: &BTreeMap<String, String>, context: &StageContext) -> anyhow::Result<()> {
    let log = context.out.join(LOG);
    let file = File::create(&log)?.into_parts().0;
    let mut command = Command::new(&argv[0]);
    command.args(&argv[1..]).current_dir(&context.out).env_clear();
    command.envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?)))).envs(env);
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let mut child = command.spawn().with_context(|| format!("cannot start `{}`", argv[0]))?;
    let status = wait(&mut child, context)?;
    if !status.success() {
        bail!("`{}` ended with {status}; {}", argv.join(" "), last_lines(&log));
    }
    Ok(())
}

/// Waits for the end of the program, asking ever less often: most programs are either short or very long.
fn wait(child: &mut Child, context: &StageContext) -> anyhow::Result<ExitStatus> {
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if context.cancelled() {
            child.kill()?;
            child.wait()?;
            bail!("interrupted");
        }
        sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
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
