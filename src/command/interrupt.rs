//! Ctrl-C as a request to finish, for commands that print something at the end; then it is obeyed.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::Signal;
use signal_hook::{SigId, flag, low_level};

use super::child::{ignored, obey};

/// What asks to finish.
const ASKING: [Signal; 3] = [Signal::INT, Signal::TERM, Signal::HUP];

/// Whether somebody asked to finish, and by which signal.
#[derive(Debug, Clone)]
pub(super) struct Interrupt(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Each signal that is heard, and whether it came.
    heard: Vec<(Signal, Arc<AtomicBool>)>,
    /// Up when the next one ends the program as it always does.
    deadly: Arc<AtomicBool>,
    /// What raises that when a signal comes.
    raising: Mutex<Vec<SigId>>,
}

/// As long as this lives, every signal only asks.
pub(super) struct Held(Arc<Shared>);

impl Interrupt {
    /// From now on the first Ctrl-C (or SIGTERM, or SIGHUP) only asks; a second one ends the program as it always does.
    pub(super) fn listen() -> io::Result<Interrupt> {
        let ignored = ignored();
        let mut shared = Shared {
            heard: Vec::new(),
            deadly: Arc::default(),
            raising: Mutex::default(),
        };
        for signal in ASKING {
            if !ignored.contains(signal) {
                let came = Arc::new(AtomicBool::new(false));
                flag::register_conditional_default(signal.as_raw(), Arc::clone(&shared.deadly))?;
                flag::register(signal.as_raw(), Arc::clone(&came))?;
                shared.heard.push((signal, came));
            }
        }
        shared.arm()?;
        Ok(Interrupt(Arc::new(shared)))
    }

    pub(super) fn asked(&self) -> bool {
        self.0.signal().is_some()
    }

    /// Keeps the second one from ending the program too, while it must not end without giving something back.
    pub(super) fn hold(&self) -> Held {
        for id in self.0.raising().drain(..) {
            low_level::unregister(id);
        }
        self.0.deadly.store(false, Ordering::SeqCst);
        Held(Arc::clone(&self.0))
    }

    /// Ends the program by the signal that asked, if one did, now that it has finished.
    pub(super) fn obey(&self) {
        if let Some(signal) = self.0.signal() {
            obey(signal);
        }
    }
}

impl Shared {
    /// The signal that came.
    fn signal(&self) -> Option<Signal> {
        let mut heard = self.heard.iter();
        let came = heard.find(|(_, came)| came.load(Ordering::SeqCst));
        came.map(|&(signal, _)| signal)
    }

    fn arm(&self) -> io::Result<()> {
        let mut raising = self.raising();
        for (signal, _) in &self.heard {
            raising.push(flag::register(signal.as_raw(), Arc::clone(&self.deadly))?);
        }
        Ok(())
    }

    fn raising(&self) -> MutexGuard<'_, Vec<SigId>> {
        self.raising.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Where it cannot be had, a second one only asks as well.
        let _ = self.0.arm();
        if self.0.signal().is_some() {
            self.0.deadly.store(true, Ordering::SeqCst);
        }
    }
}
