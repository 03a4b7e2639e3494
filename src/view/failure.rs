//! Errors, with the source underlined where there is one.

use miette::MietteHandlerOpts;
use simvg_pipeline::Error;

use super::say;

/// Chooses how diagnostics look: whole lines, so that they can be searched, copied and compared.
pub fn set_up() {
    // Only a second call could fail.
    let _ =
        miette::set_hook(Box::new(|_| Box::new(MietteHandlerOpts::new().wrap_lines(false).context_lines(1).build())));
}

/// Shows an error on stderr.
pub fn show(error: &anyhow::Error) {
    match error.downcast_ref::<Error>() {
        Some(Error::Mistakes(mistakes)) => {
            for mistake in &mistakes.list {
                say(&format!("{:?}", miette::Report::new(mistake.clone())));
            }
            say(&format!("{}: {mistakes}", console::style("error").red().bold().for_stderr()));
        }
        _ => say(&format!("{}: {error:#}", console::style("error").red().bold().for_stderr())),
    }
}
