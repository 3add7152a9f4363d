//! `mccas`: compare-and-swap for memcached at the shell.
//!
//! Parse, run, turn the result into an exit code; nothing else happens here.

mod bench;
mod cas;
mod check;
mod cli;
mod client;
mod command;
mod contention;
mod exit;
mod output;
mod settings;

use std::process::ExitCode;

use crate::exit::Exit;

fn main() -> ExitCode {
    let (settings, command) = match cli::parse() {
        Ok(parsed) => parsed,
        Err(exit) => return exit.into(),
    };
    let mut out = output::Output::new(settings.output);
    let outcome = command::run(&command, &settings, cli::tree, &mut out);
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) if error.is::<output::Closed>() => Exit::Done.into(),
        Err(error) => {
            out.trouble(&format!("{error:#}"));
            if error.is::<command::UsageError>() {
                Exit::Usage.into()
            } else {
                Exit::Failed.into()
            }
        }
    }
}
