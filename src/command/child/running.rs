//! A command that runs in a process group of its own: wait for it, signal it, end it.

use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::group::is_alive;
use super::signals::timespec;
use super::{Signals, StartError, Status};

/// How long the system may take to end a group after SIGKILL: longer only in an uninterruptible system call.
const KILLED: Duration = Duration::from_secs(1);

/// A process group is looked at this often while it is being ended: nothing reports the end of a grandchild.
const LOOK: Duration = Duration::from_millis(2);

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The command ended. What it left running in the background goes on.
    Ended(Status),
    /// This signal stopped the command. Told once for each time that it stops.
    Stopped(Signal),
    /// mccas got this signal; whether the command gets it too is for the caller to say.
    Signal(Signal),
    /// A [`Waker`](super::Waker) called.
    Woken,
    /// The time is over.
    Timeout,
}

/// A command that was started. If it is dropped before it ended, its group is killed.
#[derive(Debug)]
pub(crate) struct Running {
    pub(super) child: Child,
    group: Pid,
    status: Option<Status>,
}

impl Running {
    /// Starts `command`, with its streams and environment as they were set up, in a group of its own.
    pub(crate) fn start(command: &mut Command) -> Result<Running, StartError> {
        use std::os::unix::process::CommandExt;
        match command.process_group(0).spawn() {
            Ok(child) => Ok(Running {
                group: Pid::from_child(&child),
                child,
                status: None,
            }),
            Err(error) => Err(StartError::of(command, &error)),
        }
    }

    /// Waits until the command ends or a signal comes, at most so long.
    pub(crate) fn wait(&mut self, time: Duration, signals: &Signals) -> Event {
        let until = Instant::now().checked_add(time);
        loop {
            signals.calm();
            if let Some(status) = self.ended() {
                return Event::Ended(status);
            }
            // Before the signal, which may well come because of it, and makes the command go on.
            if let Some(signal) = self.stopped() {
                return Event::Stopped(signal);
            }
            if let Some(signal) = signals.take() {
                return Event::Signal(signal);
            }
            if signals.was_woken() {
                return Event::Woken;
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Event::Timeout;
            }
            let mut wake = [PollFd::from_borrowed_fd(signals.wake(), PollFlags::IN)];
            // An interrupted wait is a signal, which the next round sees.
            let _ = poll(&mut wake, timespec(left).as_ref());
        }
    }

    /// Whether the command has ended; it is reaped then.
    pub(crate) fn ended(&mut self) -> Option<Status> {
        if self.status.is_none() && self.has_exited() {
            self.status = self.child.wait().ok().map(Status::from);
        }
        self.status
    }

    /// Whether there is nothing left but to reap it.
    fn has_exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        matches!(waitid(WaitId::Pid(self.group), options), Ok(Some(_)))
    }

    /// By which signal the command has been stopped since the last time, if it still stands.
    fn stopped(&self) -> Option<Signal> {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        let told = waitid(WaitId::Pid(self.group), options).ok()??;
        Signal::from_named_raw(told.stopping_signal()?)
    }

    /// The process group of the command, as `kill` takes it.
    pub(crate) fn group(&self) -> i32 {
        self.group.as_raw_pid()
    }

    /// Passes a signal on that mccas got, so that a command that stands still gets it, too.
    pub(crate) fn pass_on(&self, signal: Signal) {
        self.signal(signal);
        // That a window has another size makes nobody go on.
        if signal != Signal::WINCH {
            self.signal(Signal::CONT);
        }
    }

    /// Sends a signal to the whole group, while the command itself runs.
    pub(crate) fn signal(&self, signal: Signal) {
        if self.status.is_none() {
            // The group may be gone in this very moment, and then there is nobody left to tell.
            let _ = kill_process_group(self.group, signal);
        }
    }

    /// Ends the whole group: TERM, and after `grace` KILL for those that remain. Returns when nobody is left.
    ///
    /// It takes no longer than `grace` and the moment that the system needs for a KILL.
    pub(crate) fn end(&mut self, grace: Duration) -> Status {
        // Sent also if the leader has just ended: it is not reaped, or its group lives.
        let _ = kill_process_group(self.group, Signal::TERM);
        // A stopped process does not hear TERM before it goes on.
        let _ = kill_process_group(self.group, Signal::CONT);
        if !self.gone_within(grace) {
            let _ = kill_process_group(self.group, Signal::KILL);
            self.gone_within(KILLED);
        }
        self.status.unwrap_or(Status::Signal(Signal::KILL.as_raw()))
    }

    /// Waits until no member of the group is left.
    fn gone_within(&mut self, time: Duration) -> bool {
        let until = Instant::now().checked_add(time);
        loop {
            // The leader is ours to reap.
            if self.ended().is_some() && !is_alive(self.group) {
                return true;
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                return false;
            }
            thread::sleep(LOOK);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended().is_none() {
            let _ = kill_process_group(self.group, Signal::KILL);
            self.gone_within(KILLED);
        }
    }
}

#[cfg(test)]
#[path = "running_tests.rs"]
mod tests;
