//! `--exec`: a shell command per change.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::cas::{Key, Token};
use crate::command::child::{Ending, Limits, Signals, feed, obey};
use crate::output::event::Event;

/// How long a command may take to come to an end once it was asked to.
const GRACE: Duration = Duration::from_secs(1);

/// The command of `--exec`, and what is known of its runs.
pub(super) struct Exec<'a> {
    command: &'a str,
    signals: Signals,
    /// Up while no command runs: signals end the watch by themselves then.
    idle: Arc<AtomicBool>,
    /// Whether any run failed.
    pub(super) failed: bool,
}

/// What a command is told.
pub(super) struct Told<'a> {
    pub(super) key: &'a Key,
    pub(super) event: Event,
    pub(super) token: Option<Token>,
    pub(super) value: &'a [u8],
}

impl<'a> Exec<'a> {
    pub(super) fn new(command: &'a str) -> io::Result<Exec<'a>> {
        let idle = Arc::new(AtomicBool::new(true));
        Ok(Exec {
            command,
            signals: Signals::listen_unless(&idle)?,
            idle,
            failed: false,
        })
    }

    /// Runs the command with the value on its stdin, until `end` at most; what it prints goes where our own output goes.
    ///
    /// A signal to us is passed on to it. Then it gets a moment to end, and the signal ends us.
    pub(super) fn run(&mut self, told: &Told, end: Option<Instant>) -> Result<(), String> {
        let limits = Limits {
            deadline: end,
            grace: GRACE,
            after_signal: Some(GRACE),
            ..Limits::new(0)
        };
        let outcome = if end.is_some_and(|end| Instant::now() >= end) {
            Err("the command was not run, as the time of --for is over".to_string())
        } else {
            self.idle.store(false, Ordering::Relaxed);
            let fed = feed(&mut self.shell(told), told.value, &limits, &self.signals);
            self.idle.store(true, Ordering::Relaxed);
            let signal = fed.as_ref().map_or(None, |fed| fed.signal);
            // One may have come after the command ended and before the next would have ended us.
            if let Some(signal) = signal.or_else(|| self.signals.take()) {
                obey(signal);
            }
            match fed {
                Err(error) => Err(error.to_string()),
                Ok(fed) if fed.ending == Ending::TimedOut => {
                    Err("the command was ended, as the time of --for is over".to_string())
                }
                Ok(fed) if fed.status.success() => Ok(()),
                Ok(fed) => Err(format!("the command ended with {}", fed.status)),
            }
        };
        self.failed |= outcome.is_err();
        outcome
    }

    fn shell(&self, told: &Told) -> Command {
        let token = told.token.map(|token| token.to_string());
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(self.command)
            .env("MCCAS_EVENT", told.event.name())
            .env("MCCAS_TOKEN", token.unwrap_or_default());
        // A variable cannot hold a zero byte.
        if !told.key.as_bytes().contains(&0) {
            shell.env("MCCAS_KEY", OsStr::from_bytes(told.key.as_bytes()));
        }
        shell
    }
}
