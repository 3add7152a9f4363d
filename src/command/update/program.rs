//! The user's command: how it is started, what it is told, and what one run of it came to.

use std::ffi::OsString;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::cas::{Item, Key};
use crate::command::child::{
    Ending, Limits, Signals, StartError, Status, command_of, filter, obey,
};
use crate::command::under_way::UnderWay;

/// How long a command may take to come to an end once it was asked to.
const GRACE: Duration = Duration::from_secs(1);

/// A command that makes a new value out of the old one.
pub(super) struct Program<'a> {
    pub(super) words: &'a [OsString],
    /// The line for a shell that stands in their place.
    pub(super) line: Option<&'a OsString>,
    pub(super) key: &'a Key,
    pub(super) server: &'a str,
    /// When it is ended, whatever it does.
    pub(super) deadline: Option<Instant>,
    pub(super) max_output: usize,
    pub(super) signals: &'a Signals,
    pub(super) under_way: &'a UnderWay,
}

/// Why nothing is to be written.
pub(super) enum Declined {
    /// The new value is the old one.
    Unchanged,
    Failed(Failure),
}

/// Why a run brought no new value.
#[derive(Debug)]
pub(super) enum Failure {
    /// It ended with something else than 0.
    Status(Status),
    NotStarted(StartError),
    /// It was ended at the deadline.
    TimedOut,
    /// It was ended because it wrote more than a value may have.
    TooLong,
    /// It ended with this, but what it left running kept its output open, so that nobody knows whether it is whole.
    HeldOpen(Status),
}

impl Program<'_> {
    /// Runs it once: `value` on its stdin, its stdout the new value.
    ///
    /// A signal to mccas is passed on to it. Then it gets a moment to end, and the signal ends mccas: nothing is written.
    pub(super) fn run(
        &self,
        value: &[u8],
        item: Option<&Item>,
        attempt: u32,
    ) -> Result<Vec<u8>, Failure> {
        let limits = Limits {
            deadline: self.deadline,
            grace: GRACE,
            after_signal: Some(GRACE),
            ..Limits::new(self.max_output)
        };
        self.under_way.hand_over();
        let filtered = filter(
            &mut self.command(item, attempt),
            value,
            &limits,
            self.signals,
        );
        self.under_way.over();
        let signal = filtered.as_ref().map_or(None, |filtered| filtered.signal);
        // One may have come after the command ended and before the next would have ended us.
        if let Some(signal) = signal.or_else(|| self.signals.take()) {
            obey(signal);
        }
        let filtered = filtered.map_err(Failure::NotStarted)?;
        match (filtered.ending, filtered.status) {
            (Ending::Exited, status) if status.success() => Ok(filtered.output),
            (Ending::Exited, status) => Err(Failure::Status(status)),
            (Ending::TimedOut, _) => Err(Failure::TimedOut),
            (Ending::TooLong, _) => Err(Failure::TooLong),
            (Ending::HeldOpen, status) => Err(Failure::HeldOpen(status)),
        }
    }

    fn command(&self, item: Option<&Item>, attempt: u32) -> Command {
        let mut command = command_of(self.words, self.line, self.key);
        let token = item.map(|item| item.token.to_string());
        let flags = item.map_or(0, |item| item.flags);
        command
            .env("MCCAS_TOKEN", token.unwrap_or_default())
            .env("MCCAS_ATTEMPT", attempt.to_string())
            .env("MCCAS_FLAGS", flags.to_string())
            .env("MCCAS_SERVER", self.server);
        command
    }
}
