//! What Tab offers, asked for as bash does.

use super::support::{Folder, TWO};

/// What is offered for the last of `words`, each with a space before it; nothing may be said besides.
#[track_caller]
fn offered(folder: &Folder, words: &str) -> Vec<String> {
    let words: Vec<&str> = words.split(' ').collect();
    let mut command = folder.command();
    command.args(["--", "simvg-pipe"]).args(&words);
    command
        .env("SIMVG_PIPE_COMPLETE", "bash")
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    let output = command.output().expect("it starts");
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]), "{words:?}");
    String::from_utf8(output.stdout).expect("Unicode").lines().map(str::to_owned).collect()
}

#[test]
fn stages_and_parameters_are_those_of_the_file() {
    let folder = Folder::with(TWO);
    for words in ["run p.ron --target ", "plan p.ron --from ", "why p.ron ", "watch p.ron --target "] {
        let names = offered(&folder, words);
        assert_eq!(names[..2], ["a", "b"], "{words}");
    }
    assert_eq!(offered(&folder, "run p.ron --set "), ["word="]);
    assert_eq!(offered(&folder, "run p.ron --set word="), ["word=\"hello\""]);
}

#[test]
fn runs_and_pipelines_are_those_of_the_store() {
    let folder = Folder::with(TWO);
    assert!(!offered(&folder, "show ").contains(&"latest".to_owned()));
    folder.expect("run p.ron --store kept", 0);
    let id = folder.json("runs --store kept", 0)[0]["run"].as_str().expect("an id").to_owned();
    assert_eq!(offered(&folder, "diff --store kept l"), ["latest"]);
    assert_eq!(offered(&folder, &format!("show --store kept {}", &id[..4])), [id]);
    assert_eq!(offered(&folder, "artifacts path --store kept tw"), ["two"]);
    assert_eq!(offered(&folder, "artifacts path --store kept two ")[..2], ["a", "b"]);
}

#[test]
fn files_kinds_and_data_sets_are_known() {
    let folder = Folder::with(TWO);
    folder.put("notes.txt", "");
    assert_eq!(offered(&folder, "run ").iter().filter(|name| !name.starts_with('-')).collect::<Vec<_>>(), ["p.ron"]);
    assert_eq!(offered(&folder, "kinds Comm"), ["Command"]);
    assert!(offered(&folder, "data list refcoco").contains(&"refcocog_umd".to_owned()));
}

#[test]
fn what_cannot_be_read_leaves_nothing_to_offer_and_is_not_told() {
    let folder = Folder::with("Pipeline(");
    folder.put("artifacts", "a file where the store should be");
    for words in ["run p.ron --target ", "run p.ron --set ", "run none.ron --target ", "show latest", "run \u{e9}"] {
        let names = offered(&folder, words);
        assert!(names.iter().all(|name| name.starts_with('-')), "{words}: {names:?}");
    }
}

#[test]
fn every_shell_is_told_how_to_ask() {
    let folder = Folder::with(TWO);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (script, _) = folder.expect(&format!("completions {shell}"), 0);
        assert!(script.contains("SIMVG_PIPE_COMPLETE"), "{shell}: {script}");
    }
}
