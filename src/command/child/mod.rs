//! Running a command of the user's: as a filter (value in, value out) or for as long as it takes.
//!
//! Each command is the leader of a process group of its own, so that what it started can be ended with it, and nothing
//! else: the group of mccas may be that of a script or a pipeline. What this costs and how it is made good:
//!
//! - A signal to mccas (Ctrl-C in a terminal reaches only the foreground group) does not reach the command:
//!   [`Signals`] catches it, and [`Running::wait`] hands it to the caller to pass on.
//! - A command that reads the terminal is stopped by it (SIGTTIN), as it is not in the terminal's foreground group.
//!   [`Running::wait`] tells it, and a signal that is passed on makes it go on, so that it can heed it.
//! - If mccas is killed by SIGKILL, the command lives on. Nothing that a process does can prevent that.
//!
//! The group's number cannot be taken by strangers while it is in use here: the leader is not reaped (`waitid` with
//! `NOWAIT`) before the last signal to the group, or the group has other members, which hold the number as well.

mod filter;
mod foreground;
mod group;
mod running;
mod signals;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};

use rustix::io::Errno;

use crate::cas::Key;

pub(crate) use filter::{Ending, Limits, feed, filter};
pub(crate) use foreground::foreground;
pub(crate) use running::{Event, Running};
pub(crate) use signals::{Pause, Signals, Waker, ignored, obey, signal_name};

/// The command that the user gave: words, or one line for a shell. It knows `key` by the environment.
pub(crate) fn command_of(words: &[OsString], line: Option<&OsString>, key: &Key) -> Command {
    let mut command = match (line, words) {
        (Some(line), _) => {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(line);
            shell
        }
        (None, [program, arguments @ ..]) => {
            let mut command = Command::new(program);
            command.args(arguments);
            command
        }
        // The options ask for one of both.
        (None, []) => Command::new(""),
    };
    // A variable cannot hold a zero byte; the key of an outer command is not this one.
    if key.as_bytes().contains(&0) {
        command.env_remove("MCCAS_KEY");
    } else {
        command.env("MCCAS_KEY", OsStr::from_bytes(key.as_bytes()));
    }
    command
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// It exited with this code.
    Code(u8),
    /// This signal ended it.
    Signal(i32),
}

impl Status {
    /// The code by which a shell tells it: 128+n for signal n.
    pub(crate) fn shell_code(self) -> u8 {
        match self {
            Status::Code(code) => code,
            Status::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }

    pub(crate) fn success(self) -> bool {
        self == Status::Code(0)
    }
}

impl From<ExitStatus> for Status {
    fn from(status: ExitStatus) -> Status {
        match (status.code(), status.signal()) {
            (Some(code), _) => Status::Code(u8::try_from(code & 0xff).unwrap_or(u8::MAX)),
            (None, Some(signal)) => Status::Signal(signal),
            (None, None) => Status::Code(u8::MAX),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Status::Code(code) => write!(f, "exit status {code}"),
            Status::Signal(signal) => match signal_hook::low_level::signal_name(signal) {
                Some(name) => write!(f, "signal {signal} ({name})"),
                None => write!(f, "signal {signal}"),
            },
        }
    }
}

/// Why a command did not start. Nothing ran.
#[derive(Debug)]
pub(crate) enum StartError {
    /// There is no such command (127 in a shell).
    NotFound(String),
    /// It is there, but cannot be executed (126 in a shell).
    NotExecutable(String),
    /// The system could not do it: no processes or descriptors left.
    System(String),
}

impl StartError {
    fn of(command: &Command, error: &io::Error) -> StartError {
        let program = Path::new(command.get_program());
        let name = program.to_string_lossy();
        // The kernel says "not found" of a script as well whose interpreter is not there.
        let is_there = name.contains('/') && program.exists();
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::NOENT) if is_there => StartError::NotExecutable(format!(
                "{name}: the interpreter in its first line is not there"
            )),
            Some(Errno::NOENT) => StartError::NotFound(format!("{name}: command not found")),
            Some(Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE) | None => {
                StartError::System(format!("{name}: cannot start: {error}"))
            }
            Some(_) => StartError::NotExecutable(format!("{name}: cannot execute: {error}")),
        }
    }

    /// The code by which a shell tells it; `None` if it has none.
    pub(crate) fn shell_code(&self) -> Option<u8> {
        match self {
            StartError::NotFound(_) => Some(127),
            StartError::NotExecutable(_) => Some(126),
            StartError::System(_) => None,
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::NotFound(message)
            | StartError::NotExecutable(message)
            | StartError::System(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for StartError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_tells_a_signal_as_128_and_its_number() {
        assert_eq!(Status::Code(7).shell_code(), 7);
        assert_eq!(Status::Signal(15).shell_code(), 143);
        assert_eq!(Status::Signal(9).to_string(), "signal 9 (SIGKILL)");
    }
}
