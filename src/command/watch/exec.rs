//! `--exec`: a shell command per change.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use crate::cas::Token;
use crate::output::event::Event;

/// Runs a shell command with the value on its stdin; what it prints goes where our own output goes.
pub(super) fn shell(
    command: &str,
    key: &std::ffi::OsStr,
    event: Event,
    token: Option<Token>,
    value: &[u8],
) -> Result<(), String> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::piped());
    shell.env("MCCAS_EVENT", event.name()).env(
        "MCCAS_TOKEN",
        token.map(|token| token.to_string()).unwrap_or_default(),
    );
    if !key.as_bytes().contains(&0) {
        shell.env("MCCAS_KEY", key);
    }
    let mut child = shell
        .spawn()
        .map_err(|error| format!("cannot start sh: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read its input closes the pipe early, which is its right.
        let _ = stdin.write_all(value);
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the command ended with {status}")),
        Err(error) => Err(format!("cannot wait for the command: {error}")),
    }
}
