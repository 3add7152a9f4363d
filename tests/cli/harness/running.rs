//! A command that runs in the background, such as `watch`: its lines as they come, and its end.

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::inspect::show;
use crate::harness::mccas::{collect, end_within, take};
use crate::harness::outcome::{Outcome, code_of};
use crate::harness::process::signal;
use crate::harness::wait::PATIENCE;

/// A running command; killed when dropped.
pub(crate) struct Running {
    child: Child,
    command: String,
    limit: Duration,
    started: Instant,
    lines: Receiver<Vec<u8>>,
    stderr: Receiver<Vec<u8>>,
}

impl Running {
    pub(crate) fn new(mut child: Child, command: String, limit: Duration) -> Self {
        let (send, lines) = mpsc::channel();
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        thread::spawn(move || {
            let mut line = Vec::new();
            while stdout
                .read_until(b'\n', &mut line)
                .is_ok_and(|read| read > 0)
            {
                if send.send(std::mem::take(&mut line)).is_err() {
                    break;
                }
            }
        });
        let stderr = collect(child.stderr.take().expect("a pipe"));
        Self {
            child,
            command,
            limit,
            started: Instant::now(),
            lines,
            stderr,
        }
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line of stdout without its end; fails the test if none comes.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => show(line.strip_suffix(b"\n").unwrap_or(&line)),
            Err(RecvTimeoutError::Timeout) => self.fail("no further line came"),
            Err(RecvTimeoutError::Disconnected) => self.fail("it ended without a further line"),
        }
    }

    /// The next line of stdout, which must be an object.
    #[track_caller]
    pub(crate) fn object(&mut self) -> serde_json::Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// The next line of stdout if one comes in this time.
    #[track_caller]
    pub(crate) fn line_within(&mut self, time: Duration) -> Option<String> {
        let line = self.lines.recv_timeout(time).ok()?;
        Some(show(line.strip_suffix(b"\n").unwrap_or(&line)))
    }

    /// Sends a signal by its short name, such as `INT`.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// Waits for the end and returns the outcome, with the lines of stdout not yet taken.
    #[track_caller]
    pub(crate) fn wait(mut self) -> Outcome {
        let Some(status) = end_within(&mut self.child, self.limit) else {
            self.fail("it did not end in time");
        };
        let elapsed = self.started.elapsed();
        // Bounded, as a child of the command may still hold the pipe open.
        let rest = std::iter::from_fn(|| self.lines.recv_timeout(PATIENCE).ok());
        let stdout = rest.flatten().collect();
        let stderr = take(&self.stderr).expect("the end of stderr");
        Outcome {
            code: code_of(status),
            stdout,
            stderr: show(&stderr),
            elapsed,
        }
    }

    #[track_caller]
    fn fail(&mut self, what: &str) -> ! {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let stderr = take(&self.stderr).unwrap_or_default();
        panic!("{}: {what}\n--- stderr:\n{}", self.command, show(&stderr))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
