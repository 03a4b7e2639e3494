//! A runner that is killed leaves nothing running, and the next run goes on by itself.

use std::{
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::support::{Folder, assert_contains};

/// Longer than any of this takes, even on a machine with a lot to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// One stage that starts a process which leaves its group and its session and keeps writing to `beat`, and another behind
/// it. The file `go` lets the first one come to its end.
fn stray() -> Folder {
    let script = "setsid sh -c 'while true; do echo >> BEAT; sleep 0.02; done' & until [ -e GO ]; do sleep 0.02; done; echo x > x";
    let stages = format!(
        r#""a": Command(argv: ["sh", "-c", "{script}"], outputs: ["x"]),
        "b": Command(argv: ["cp", "{{in:a}}/x", "y"], inputs: {{"a": Stage("a")}}, outputs: ["y"])"#
    );
    let folder = Folder::with("");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let stages = stages.replace("BEAT", &path("beat")).replace("GO", &path("go"));
    folder.put("p.ron", &format!("Pipeline(name: \"stray\", stages: {{{stages}}})"));
    folder
}

fn start(folder: &Folder, options: &str) -> Child {
    let mut command = folder.command();
    command.args(format!("run p.ron {options}").split_whitespace());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        sleep(Duration::from_millis(5));
    }
}

fn length(beat: &Path) -> u64 {
    fs_err::metadata(beat).map_or(0, |metadata| metadata.len())
}

/// Waits until nobody writes to the file any more.
#[track_caller]
fn wait_until_still(beat: &Path) {
    let mut last = None;
    wait_until("it is still writing", || {
        let now = length(beat);
        sleep(Duration::from_millis(200));
        last.replace(now) == Some(length(beat))
    });
}

/// The processes that `child` has started, by what the kernel says.
fn children(child: &Child) -> Vec<i32> {
    let mut found = Vec::new();
    for task in fs_err::read_dir(format!("/proc/{}/task", child.id())).expect("it lives").flatten() {
        let text = fs_err::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(text.split_whitespace().filter_map(|number| number.parse::<i32>().ok()));
    }
    found
}

fn command_line(process: i32) -> String {
    String::from_utf8_lossy(&fs_err::read(format!("/proc/{process}/cmdline")).unwrap_or_default()).replace('\0', " ")
}

fn signal(process: u32, name: &str) {
    let words = [format!("-{name}"), process.to_string()];
    assert!(std::process::Command::new("kill").args(words).status().expect("kill exists").success());
}

/// Starts the pipeline and kills the runner once its first stage is at work; gives where the stray process writes to.
fn killed(folder: &Folder, before: impl Fn(&Child)) -> PathBuf {
    let mut child = start(folder, "");
    let beat = folder.path().join("beat");
    wait_until("the stage starts", || length(&beat) > 0);
    before(&child);
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    beat
}

#[test]
fn a_killed_runner_leaves_no_process_behind() {
    let folder = stray();
    wait_until_still(&killed(&folder, |_| {}));
    folder.put("go", "");
    assert_eq!(folder.run("", 0), "a:ran b:ran");
}

#[test]
fn the_next_run_ends_what_runner_and_guardian_left() {
    let folder = stray();
    let beat = killed(&folder, |child| {
        let guardian = children(child).into_iter().find(|process| command_line(*process).ends_with("guard "));
        signal(u32::try_from(guardian.expect("a guardian")).expect("a number"), "KILL");
    });
    folder.put("go", "");
    assert_eq!(folder.run("", 0), "a:ran b:ran");
    wait_until_still(&beat);
}

#[test]
fn the_second_ctrl_c_ends_everything_at_once() {
    let script = "trap '' TERM; while true; do echo >> BEAT; sleep 0.02; done";
    let folder = Folder::with("");
    let beat = folder.path().join("beat");
    let script = script.replace("BEAT", &beat.display().to_string());
    let stage = format!(r#""a": Command(argv: ["sh", "-c", "{script}"], outputs: [])"#);
    folder.put("p.ron", &format!("Pipeline(name: \"stubborn\", stages: {{{stage}}})"));
    let mut child = start(&folder, "");
    wait_until("the stage starts", || length(&beat) > 0);
    signal(child.id(), "INT");
    sleep(Duration::from_millis(300));
    assert!(child.try_wait().expect("it can be asked").is_none(), "it gives the stage time to end");
    signal(child.id(), "INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    wait_until_still(&beat);
}

#[test]
fn a_runner_that_waits_takes_over_from_one_that_is_killed() {
    let folder = stray();
    // It works for as long as the guardian of the killed run looks around.
    let text = fs_err::read_to_string(folder.path().join("p.ron")).expect("written");
    let text = text.replace("; echo x > x", "; sleep 0.4; echo x > x");
    folder.put("p.ron", &text);
    let mut first = start(&folder, "");
    let beat = folder.path().join("beat");
    wait_until("the stage starts", || length(&beat) > 0);
    let second = folder.command().args(["run", "p.ron"]).stderr(Stdio::piped()).spawn().expect("it starts");
    let runs = folder.path().join("artifacts/runs");
    let waits = || {
        let logs = fs_err::read_dir(&runs).expect("runs").flatten().map(|run| run.path().join("events.jsonl"));
        logs.filter_map(|log| fs_err::read_to_string(log).ok()).any(|log| log.contains("stage_waiting"))
    };
    wait_until("the second waits", waits);
    // Those who only read are not held up.
    folder.expect("plan p.ron", 0);
    first.kill().expect("it can be killed");
    first.wait().expect("it ends");
    folder.put("go", "");
    let output = second.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    assert_contains(&told, &["waiting  a  another process works on it", "2 ran"]);
    wait_until_still(&beat);
}

#[test]
fn a_runner_works_on_other_stages_while_one_is_taken() {
    let folder = stray();
    let text = fs_err::read_to_string(folder.path().join("p.ron")).expect("readable");
    folder.put("p.ron", &text.replace("stages: {", r#"stages: {"c": Command(argv: ["true"], outputs: []), "#));
    let mut first = start(&folder, "--target a");
    wait_until("the stage starts", || length(&folder.path().join("beat")) > 0);
    let mut second = start(&folder, "");
    let store = folder.path().join("artifacts/store");
    wait_until("the other stage is made", || fs_err::read_dir(&store).is_ok_and(|entries| entries.count() == 1));
    folder.put("go", "");
    assert!(first.wait().expect("it ends").success() && second.wait().expect("it ends").success());
    assert_eq!(folder.run("", 0), "c:hit a:hit b:hit");
}
