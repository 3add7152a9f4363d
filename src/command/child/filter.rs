//! A command as a filter: bytes to its stdin, its stdout collected, both bounded in time and size.
//!
//! Both pipes are polled, so that neither side can wait for the other: a command may read late, not at all, or write
//! before it reads. One that closes its stdin does not want the rest, which is its right.
//!
//! **When the output is whole.** At the end of the file, when *all* that hold the pipe have closed it. A command may
//! exit earlier than what it started (`cat > >(jq .)` in bash): its output may still be on the way then, and half of it
//! would be taken for the new value if the exit alone counted. So the end of the file is awaited even then, as by
//! `$(...)` in a shell, but only for as long as bytes come with no longer pause than [`Limits::linger`]. After that it is
//! [`Ending::HeldOpen`]: the group is ended, and the output must not be used. A background process that does not hold
//! the pipe (`> /dev/null`) is left alone.

use std::io::{self, Read, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::ioctl_fionbio;
use rustix::process::Signal;

use super::signals::timespec;
use super::{Running, Signals, StartError, Status};

/// What is read or written at a time: what a pipe holds.
const CHUNK: usize = 64 * 1024;

/// What a filter may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The moment at which it is ended.
    pub(crate) deadline: Option<Instant>,
    /// Between TERM and KILL.
    pub(crate) grace: Duration,
    /// How long its output may be held open in silence after it exited.
    pub(crate) linger: Duration,
    /// The longest output.
    pub(crate) max_output: usize,
    /// How long it may go on after a signal that it was passed; `None`: as long as it takes.
    pub(crate) after_signal: Option<Duration>,
}

impl Limits {
    /// No deadline, and a second for each of the rest.
    pub(crate) fn new(max_output: usize) -> Limits {
        Limits {
            deadline: None,
            grace: Duration::from_secs(1),
            linger: Duration::from_secs(1),
            max_output,
            after_signal: None,
        }
    }
}

/// Why a filter is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It exited, and its output is whole.
    Exited,
    /// It was ended at the deadline.
    TimedOut,
    /// It was ended because its output was too long.
    TooLong,
    /// It exited, but a process that it left behind held its output open; that was ended.
    HeldOpen,
}

/// What came of a filter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Filtered {
    pub(crate) ending: Ending,
    pub(crate) status: Status,
    /// What it wrote; whole only after [`Ending::Exited`].
    pub(crate) output: Vec<u8>,
    /// The first signal that mccas got meanwhile and passed on: whatever the command made of it, mccas was asked to end.
    pub(crate) signal: Option<Signal>,
}

/// Runs `command` with `input` on its stdin and collects its stdout; its stderr is ours.
pub(crate) fn filter(
    command: &mut Command,
    input: &[u8],
    limits: &Limits,
    signals: &Signals,
) -> Result<Filtered, StartError> {
    command.stdout(Stdio::piped());
    feed(command, input, limits, signals)
}

/// Runs `command` with `input` on its stdin. Its stdout goes where it was set up to go, so there is no output to collect.
pub(crate) fn feed(
    command: &mut Command,
    input: &[u8],
    limits: &Limits,
    signals: &Signals,
) -> Result<Filtered, StartError> {
    command.stdin(Stdio::piped());
    let mut running = Running::start(command)?;
    let mut pipes = Pipes::of(&mut running, input)
        .map_err(|error| StartError::System(format!("cannot prepare its pipes: {error}")))?;
    let (ending, signal) = pump(&mut running, &mut pipes, limits, signals);
    let status = match ending {
        Ending::Exited => running.ended(),
        _ => None,
    };
    Ok(Filtered {
        ending,
        status: status.unwrap_or_else(|| running.end(limits.grace)),
        output: pipes.output,
        signal,
    })
}

/// Moves bytes and passes signals on until there is an ending; returns it and the first signal.
fn pump(
    running: &mut Running,
    pipes: &mut Pipes,
    limits: &Limits,
    signals: &Signals,
) -> (Ending, Option<Signal>) {
    let mut first_signal = None;
    let mut deadline = limits.deadline;
    // Since when the command has ended and nothing has come.
    let mut quiet_since = None;
    let ending = loop {
        signals.calm();
        while let Some(signal) = signals.take() {
            running.signal(signal);
            if first_signal.is_none() && signal != Signal::WINCH {
                first_signal = Some(signal);
                let patience = limits.after_signal.map(|time| Instant::now() + time);
                deadline = deadline.into_iter().chain(patience).min();
            }
        }
        let exited = running.ended().is_some();
        let now = Instant::now();
        let held = exited.then(|| *quiet_since.get_or_insert(now) + limits.linger);
        let is_over = |until: Option<Instant>| until.is_some_and(|until| now >= until);
        if exited && pipes.stdout.is_none() {
            break Ending::Exited;
        } else if is_over(deadline) {
            break Ending::TimedOut;
        } else if is_over(held) {
            break Ending::HeldOpen;
        }
        let until = [deadline, held].into_iter().flatten().min();
        pipes.wait(until.map(|until| until - now), signals);
        pipes.write();
        let before = pipes.output.len();
        pipes.read(limits.max_output);
        if pipes.output.len() > limits.max_output {
            break Ending::TooLong;
        } else if pipes.output.len() > before {
            quiet_since = None;
        }
    };
    (ending, first_signal)
}

/// Both pipes of a filter, as far as they are still open.
struct Pipes<'a> {
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    unsent: &'a [u8],
    output: Vec<u8>,
}

impl<'a> Pipes<'a> {
    fn of(running: &mut Running, input: &'a [u8]) -> io::Result<Pipes<'a>> {
        let pipes = Pipes {
            stdin: running.child.stdin.take(),
            stdout: running.child.stdout.take(),
            unsent: input,
            output: Vec::new(),
        };
        // Our ends only: the command's are other open files.
        if let Some(stdin) = &pipes.stdin {
            ioctl_fionbio(stdin, true)?;
        }
        if let Some(stdout) = &pipes.stdout {
            ioctl_fionbio(stdout, true)?;
        }
        Ok(pipes)
    }

    /// Waits until a pipe is ready, a signal came or the time is over.
    fn wait(&self, time: Option<Duration>, signals: &Signals) {
        let mut ready = vec![PollFd::from_borrowed_fd(signals.wake(), PollFlags::IN)];
        ready.extend(self.stdin.iter().map(|it| PollFd::new(it, PollFlags::OUT)));
        ready.extend(self.stdout.iter().map(|it| PollFd::new(it, PollFlags::IN)));
        // Whatever ended the wait, each pipe is tried: none of them blocks.
        let _ = poll(&mut ready, timespec(time).as_ref());
    }

    /// Writes what the command takes now; closes its stdin after the last byte, or when it wants no more.
    fn write(&mut self) {
        let Some(stdin) = &mut self.stdin else {
            return;
        };
        if !self.unsent.is_empty() {
            match stdin.write(&self.unsent[..self.unsent.len().min(CHUNK)]) {
                Ok(written) => self.unsent = &self.unsent[written..],
                Err(error) if is_passing(&error) => return,
                // A closed pipe: it reads no further.
                Err(_) => self.unsent = &[],
            }
        }
        if self.unsent.is_empty() {
            self.stdin = None;
        }
    }

    /// Reads what is there, at most one byte beyond the limit.
    fn read(&mut self, max: usize) {
        let Some(stdout) = &mut self.stdout else {
            return;
        };
        let room = max.saturating_add(1).saturating_sub(self.output.len());
        let mut part = stdout.take(room.min(CHUNK) as u64);
        let before = self.output.len();
        match part.read_to_end(&mut self.output) {
            // The end of the file, unless only the part was full.
            Ok(read) if read == 0 && room > 0 => self.stdout = None,
            Err(error) if !is_passing(&error) && self.output.len() == before => self.stdout = None,
            _ => {}
        }
    }
}

/// Whether the pipe is only not ready.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
