//! A command that has the terminal: it runs in our own process group, as an editor must.

use std::process::Command;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process};

use super::{Signals, StartError, Status, obey};

/// Runs a command to its end. Returns how it ended, and the signal that mccas got meanwhile, if it is one that asks to end.
///
/// What is typed at the terminal (Ctrl-C, Ctrl-\) reaches the command by itself and means it alone. What is sent to mccas is
/// passed on.
pub(crate) fn foreground(
    command: &mut Command,
    signals: &Signals,
) -> Result<(Status, Option<Signal>), StartError> {
    let mut child = command
        .spawn()
        .map_err(|error| StartError::of(command, &error))?;
    let pid = Pid::from_child(&child);
    let mut asked = None;
    loop {
        signals.calm();
        let ended = child
            .try_wait()
            .map_err(|error| StartError::System(format!("cannot wait for it: {error}")))?;
        // Taken after the end, too: what was typed for the command is not for what comes next, and who asked us is heard.
        while let Some(signal) = signals.take() {
            match signal {
                Signal::INT | Signal::QUIT | Signal::WINCH => {}
                // Whoever started us must see that we have stopped as well.
                Signal::TSTP => obey(signal),
                signal => {
                    asked = asked.or(Some(signal));
                    // As long as it has not been reaped, the number is its own.
                    if ended.is_none() {
                        let _ = kill_process(pid, signal);
                    }
                }
            }
        }
        if let Some(status) = ended {
            return Ok((Status::from(status), asked));
        }
        let mut wake = [PollFd::from_borrowed_fd(signals.wake(), PollFlags::IN)];
        // An interrupted wait is a signal, which the next round sees.
        let _ = poll(&mut wake, None);
    }
}
