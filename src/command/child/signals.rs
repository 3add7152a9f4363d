//! Signals as something that can be waited for beside pipes.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, poll};
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
    caught: Vec<(Signal, Arc<AtomicBool>)>,
    registered: Vec<SigId>,
}

impl Signals {
    /// Only hears of children; signals do to mccas what they always do.
    pub(crate) fn of_children() -> io::Result<Signals> {
        let (wake, write) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let registered = vec![low_level::pipe::register(SIGCHLD, write)?];
        Ok(Signals {
            wake,
            caught: Vec::new(),
            registered,
        })
    }

    /// Catches the signals that a command should get as well. From now on they no longer end mccas by themselves.
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
            caught: Vec::new(),
            registered: Vec::new(),
        };
        let ignored = ignored();
        for signal in FORWARDED {
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
    fn ignored_signals_are_read_from_the_systems_mask() {
        let status = "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
        assert_eq!(parse_ignored(status), Some(0x1001));
        assert_eq!(parse_ignored("Name:\tx\n"), None);
    }
}
