//! Signals as something that can be waited for beside pipes.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;
use signal_hook::consts::SIGCHLD;
use signal_hook::{SigId, flag, low_level};

/// What a command is told when mccas is told.
const FORWARDED: [Signal; 7] = [
    Signal::HUP,
    Signal::INT,
    Signal::QUIT,
    Signal::TERM,
    Signal::USR1,
    Signal::USR2,
    Signal::WINCH,
];

/// Wakes whoever polls it when a signal came or a child changed its state.
///
/// Signals that mccas was started to ignore (`nohup`, a background job of a script) stay ignored, for the command too.
#[derive(Debug)]
pub(crate) struct Signals {
    wake: UnixStream,
    waker: Waker,
    caught: Vec<(Signal, Arc<AtomicBool>)>,
    registered: Vec<SigId>,
}

/// Wakes whoever waits for signals, from another thread.
#[derive(Debug)]
pub(crate) struct Waker {
    write: UnixStream,
    woken: Arc<AtomicBool>,
}

impl Waker {
    fn new(write: &UnixStream) -> io::Result<Waker> {
        Ok(Waker {
            write: write.try_clone()?,
            woken: Arc::default(),
        })
    }

    pub(crate) fn wake(&self) {
        // In this order: the flag is up when the pipe wakes. A pipe that is full wakes as well.
        self.woken.store(true, Ordering::Release);
        let _ = (&self.write).write(&[0]);
    }
}

/// What ended a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    Signal(Signal),
    /// A [`Waker`] called.
    Woken,
    /// The time is over.
    Over,
}

impl Signals {
    /// For tests: only hears of children; signals do to mccas what they always do.
    #[cfg(test)]
    pub(crate) fn of_children() -> io::Result<Signals> {
        let (wake, write) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let waker = Waker::new(&write)?;
        let registered = vec![low_level::pipe::register(SIGCHLD, write)?];
        Ok(Signals {
            wake,
            waker,
            caught: Vec::new(),
            registered,
        })
    }

    /// Catches the signals that a command should get as well, and Ctrl-Z. From now on they do nothing to mccas by themselves.
    pub(crate) fn listen() -> io::Result<Signals> {
        Signals::catch(None)
    }

    /// The same, but as long as `idle` is up, signals do to mccas what they always do: no command runs that they could be
    /// meant for.
    pub(crate) fn listen_unless(idle: &Arc<AtomicBool>) -> io::Result<Signals> {
        Signals::catch(Some(idle))
    }

    fn catch(unless: Option<&Arc<AtomicBool>>) -> io::Result<Signals> {
        let (wake, write) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let mut signals = Signals {
            wake,
            waker: Waker::new(&write)?,
            caught: Vec::new(),
            registered: Vec::new(),
        };
        let ignored = ignored();
        // Only whoever watches over a command all the time can stop and go on together with it.
        let stop = unless.is_none().then_some(Signal::TSTP);
        for signal in FORWARDED.into_iter().chain(stop) {
            let number = signal.as_raw();
            if ignored.contains(signal) {
                continue;
            }
            if let Some(idle) = unless {
                let default = flag::register_conditional_default(number, Arc::clone(idle))?;
                signals.registered.push(default);
            }
            let caught = Arc::new(AtomicBool::new(false));
            // In this order: the flag is up when the pipe wakes.
            let flag = flag::register(number, Arc::clone(&caught))?;
            let pipe = low_level::pipe::register(number, write.try_clone()?)?;
            signals.registered.extend([flag, pipe]);
            signals.caught.push((signal, caught));
        }
        let children = low_level::pipe::register(SIGCHLD, write)?;
        signals.registered.push(children);
        Ok(signals)
    }

    /// The next signal that was caught and not yet taken.
    pub(crate) fn take(&self) -> Option<Signal> {
        self.caught
            .iter()
            .find(|(_, caught)| caught.swap(false, Ordering::Relaxed))
            .map(|&(signal, _)| signal)
    }

    /// For another thread.
    pub(crate) fn waker(&self) -> io::Result<Waker> {
        Ok(Waker {
            write: self.waker.write.try_clone()?,
            woken: Arc::clone(&self.waker.woken),
        })
    }

    /// Whether a [`Waker`] has called since the last time.
    pub(super) fn was_woken(&self) -> bool {
        self.waker.woken.swap(false, Ordering::Acquire)
    }

    /// Waits until there is something to read, or for a signal.
    pub(crate) fn until_readable(&self, input: impl AsFd) -> Option<Signal> {
        loop {
            self.calm();
            if let Some(signal) = self.take() {
                return Some(signal);
            }
            let mut ready = [
                PollFd::from_borrowed_fd(self.wake(), PollFlags::IN),
                PollFd::new(&input, PollFlags::IN),
            ];
            // An interrupted wait is a signal, which the next round sees.
            let _ = poll(&mut ready, None);
            if !ready[1].revents().is_empty() {
                return None;
            }
        }
    }

    /// Waits, at most so long, for a signal or a [`Waker`].
    pub(crate) fn pause(&self, time: Duration) -> Pause {
        let until = Instant::now().checked_add(time);
        loop {
            self.calm();
            if let Some(signal) = self.take() {
                return Pause::Signal(signal);
            }
            if self.was_woken() {
                return Pause::Woken;
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Pause::Over;
            }
            let mut wake = [PollFd::from_borrowed_fd(self.wake(), PollFlags::IN)];
            // An interrupted wait is a signal, which the next round sees.
            let _ = poll(&mut wake, timespec(left).as_ref());
        }
    }

    /// What to poll for input.
    pub(super) fn wake(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// Empties the pipe; to be done before looking for what had filled it.
    pub(super) fn calm(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.wake).read(&mut bytes), Ok(read) if read > 0) {}
    }
}

/// The time as poll takes it; `None` waits for ever.
pub(super) fn timespec(time: Option<Duration>) -> Option<Timespec> {
    time.and_then(|time| Timespec::try_from(time).ok())
}

/// `SIGINT` for the signal of that name.
pub(crate) fn signal_name(signal: Signal) -> String {
    match low_level::signal_name(signal.as_raw()) {
        Some(name) => name.into(),
        None => format!("signal {}", signal.as_raw()),
    }
}

/// Does what the signal does to a program that does not catch it; returns if that is nothing.
pub(crate) fn obey(signal: Signal) {
    // It fails only for a signal that has no such effect, and those are not caught.
    let _ = low_level::emulate_default_handler(signal.as_raw());
}

impl Drop for Signals {
    fn drop(&mut self) {
        for &id in &self.registered {
            low_level::unregister(id);
        }
    }
}

/// The signals that this process ignores, as bits: n-1 for signal n.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ignored(u64);

impl Ignored {
    pub(crate) fn contains(self, signal: Signal) -> bool {
        self.0 & (1 << (signal.as_raw() - 1)) != 0
    }
}

/// The signals that mccas was started to ignore; where the system does not tell, none.
pub(crate) fn ignored() -> Ignored {
    let status = std::fs::read_to_string("/proc/self/status");
    Ignored(
        status
            .ok()
            .and_then(|status| parse_ignored(&status))
            .unwrap_or(0),
    )
}

fn parse_ignored(status: &str) -> Option<u64> {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_thread_ends_a_pause_also_one_that_has_not_begun() {
        let signals = Signals::of_children().unwrap();
        let long = Duration::from_secs(20);
        let waker = signals.waker().unwrap();
        waker.wake();
        assert_eq!(signals.pause(long), Pause::Woken);
        assert_eq!(signals.pause(Duration::from_millis(1)), Pause::Over);
        let other = std::thread::spawn(move || waker.wake());
        assert_eq!(signals.pause(long), Pause::Woken);
        other.join().unwrap();
    }

    #[test]
    fn ignored_signals_are_read_from_the_systems_mask() {
        let status = "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
        assert_eq!(parse_ignored(status), Some(0x1001));
        assert_eq!(parse_ignored("Name:\tx\n"), None);
    }
}
