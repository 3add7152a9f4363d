//! Signals during the live view: the terminal is given back before one of them stops or ends the process.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{self, Signal};
use signal_hook::flag;

use crate::command::child::{ignored, obey};

/// Those that stop or end a program without asking. What asks it to finish is heard by `Interrupt`.
const CAUGHT: [Signal; 3] = [Signal::TSTP, Signal::HUP, Signal::QUIT];

/// Signals that wait for the terminal, as long as this lives.
pub(super) struct Signals {
    /// Up when signals do again what they always do.
    over: Arc<AtomicBool>,
    caught: Vec<(Signal, Arc<AtomicBool>)>,
}

impl Signals {
    pub(super) fn catch() -> io::Result<Signals> {
        let mut signals = Signals {
            over: Arc::default(),
            caught: Vec::new(),
        };
        let ignored = ignored();
        for signal in CAUGHT {
            // Where nobody could let us go on, the system lets SIGTSTP do nothing, as long as it is not caught.
            let is_void = signal == Signal::TSTP && !can_stop();
            if is_void || ignored.contains(signal) {
                continue;
            }
            let came = Arc::new(AtomicBool::new(false));
            flag::register_conditional_default(signal.as_raw(), Arc::clone(&signals.over))?;
            flag::register(signal.as_raw(), Arc::clone(&came))?;
            signals.caught.push((signal, came));
        }
        Ok(signals)
    }

    /// Whether one came that is not obeyed yet.
    pub(super) fn came(&self) -> bool {
        let mut caught = self.caught.iter();
        caught.any(|(_, came)| came.load(Ordering::SeqCst))
    }

    /// Does what those that came do. Returns when the process goes on, and has the terminal (`ours`) or is to finish (`asked`).
    pub(super) fn obey(&self, ours: impl Fn() -> bool, asked: impl Fn() -> bool) {
        loop {
            while let Some(signal) = self.take() {
                // It stops this thread, so that nothing is drawn before the process stands.
                obey(signal);
            }
            if asked() || ours() || !can_stop() {
                return;
            }
            // It goes on in the background, where the terminal is the shell's.
            obey(Signal::TSTP);
        }
    }

    fn take(&self) -> Option<Signal> {
        let mut caught = self.caught.iter();
        let taken = caught.find(|(_, came)| came.swap(false, Ordering::SeqCst));
        taken.map(|&(signal, _)| signal)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        while let Some(signal) = self.take() {
            obey(signal);
        }
    }
}

/// Does what Ctrl-Z does where keys are not read one by one: all processes of the pipeline get the signal, and so do we.
///
/// It is obeyed later: which thread gets it is the system's choice, and this one may go on for a while.
pub(super) fn ask_to_stop() -> io::Result<()> {
    Ok(process::kill_current_process_group(Signal::TSTP)?)
}

/// Whether a shell with job control started us, which could let us go on: it leads our session and not our group.
fn can_stop() -> bool {
    process::getsid(None).is_ok_and(|leader| leader != process::getpgrp())
}
