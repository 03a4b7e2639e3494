//! `simvg-pipe completions`: what a shell has to run so that Tab completes.

use anyhow::{Context, Result};
use clap::Args;
use clap_complete::Shell;

use crate::{completion, exit_code::Exit, view};

/// Arguments of `completions`.
#[derive(Args)]
#[command(after_help = "Put it where the shell starts, so that it always fits the program:
  bash        echo 'source <(simvg-pipe completions bash)' >> ~/.bashrc
  zsh         echo 'source <(simvg-pipe completions zsh)' >> ~/.zshrc
  fish        echo 'simvg-pipe completions fish | source' >> ~/.config/fish/config.fish
  elvish      echo 'eval (simvg-pipe completions elvish | slurp)' >> ~/.elvish/rc.elv
  powershell  simvg-pipe completions powershell >> $PROFILE

Tab then offers stages, parameters, runs and data sets besides commands and options.")]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Prints the lines.
pub fn run(args: &CompletionsArgs) -> Result<Exit> {
    let script =
        completion::registration(&args.shell.to_string()).context("there are no completions for that shell")?;
    view::print(&script)?;
    Ok(Exit::Success)
}
