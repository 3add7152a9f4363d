//! The way to a lease: one attempt, or as many as fit into `--wait`.

use std::time::Duration;

use rustix::process::Signal;

use super::clock::now;
use crate::cas::lease::{Bid, Due, Held, Keep, Loss, Polling, Tried};
use crate::cas::store::Failure;
use crate::cas::{ErrorKind, Item, Store, StoreError};
use crate::command::child::{Pause, Signals, obey};

/// Why there is no lease. Where nothing else is said, nothing was left on the server.
#[derive(Debug)]
pub(super) enum NotHeld {
    /// Others have it: what the keys hold.
    Busy(Vec<Item>),
    /// The creation got no answer, and may land yet.
    Undecided(Failure),
    /// It was ours, and lost before anything could be done under it.
    Lost(Loss),
    /// It was ours, but answers took so long that nobody can say until when.
    TooSlow,
    Failed(StoreError),
}

/// One process on its way.
pub(super) struct Way<'a> {
    pub(super) store: &'a mut dyn Store,
    pub(super) signals: &'a Signals,
    pub(super) polling: Option<Polling>,
    /// Told of what the keys hold, each time that others have them.
    pub(super) busy: &'a mut dyn FnMut(&[Item]),
    /// The signal that ended it.
    pub(super) signal: Option<Signal>,
}

impl Way<'_> {
    /// Gets a lease, or the reason why there is none: the last one, if the time was over or a signal came.
    pub(super) fn acquire(&mut self, bid: &mut Bid) -> Result<Held, NotHeld> {
        let started = now();
        let mut answered = false;
        let mut polls = 0;
        loop {
            let stopped = match bid.attempt(self.store, &now) {
                Tried::Held(held) => return Ok(held),
                Tried::Undecided(failure) => NotHeld::Undecided(failure),
                Tried::Busy(items) => {
                    (self.busy)(&items);
                    NotHeld::Busy(items)
                }
                // Who answered before may answer again.
                Tried::Failed(error) if answered && error.kind() == ErrorKind::Unreachable => {
                    NotHeld::Failed(error)
                }
                Tried::Failed(error) => return Err(NotHeld::Failed(error)),
            };
            answered = true;
            polls += 1;
            let elapsed = now().saturating_sub(started);
            let next = |polling: Polling| polling.next(polls, elapsed, fastrand::f64());
            match self.polling.and_then(next) {
                Some(time) if !self.pause_is_cut_short(time) => {}
                _ => return Err(stopped),
            }
        }
    }

    /// Renews a lease until a command may be started under it: where the creation took long, that is not so at once.
    pub(super) fn make_certain(&mut self, held: &mut Held, keep: &Keep) -> Result<(), NotHeld> {
        while !held.lease.is_certain() && self.signal.is_none() {
            match held.lease.due(now()) {
                Due::Lost => return Err(NotHeld::TooSlow),
                Due::Wait(time) => {
                    self.pause_is_cut_short(time);
                }
                Due::Renew { .. } => {
                    let answered = keep.renew(self.store, &now);
                    held.lease.heed(answered).map_err(NotHeld::Lost)?;
                }
            }
        }
        Ok(())
    }

    /// Waits; whether a signal came that ends it.
    fn pause_is_cut_short(&mut self, time: Duration) -> bool {
        if let Pause::Signal(signal) = self.signals.pause(time) {
            self.signal = ending(signal);
        }
        self.signal.is_some()
    }

    /// The signal that came, if one came that ends a program.
    pub(super) fn signal(&mut self) -> Option<Signal> {
        let late = std::iter::from_fn(|| self.signals.take());
        let late = late.filter_map(ending).last();
        self.signal.or(late)
    }
}

/// The signal, if it ends a program. One that only stops it is obeyed at once.
fn ending(signal: Signal) -> Option<Signal> {
    if signal == Signal::TSTP {
        obey(signal);
    }
    Some(signal).filter(|&signal| signal != Signal::TSTP && signal != Signal::WINCH)
}
