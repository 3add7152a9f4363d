//! The time in which the command runs: it is watched, and the lease renewed.

use std::time::Duration;

use rustix::process::Signal;

use super::clock::now;
use super::renewer::{Answer, Gone, Renewer};
use super::trouble::Trouble;
use crate::cas::lease::{Due, Lease, Loss, Release, Renewal};
use crate::command::child::{Event, Pause, Running, Signals, Status, obey};

/// The longest wait. A wait does not go on while the machine sleeps, but the lease does: so late after the machine has woken
/// it is noticed that it is over.
const LONGEST: Duration = Duration::from_secs(1);

/// How the time of the command ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// By itself.
    ByItself(Status),
    /// It was ended, as the lease was lost.
    Lost(Why, Status),
}

/// Why a lease is lost.
#[derive(Debug)]
pub(super) enum Why {
    Loss(Loss),
    /// No renewal was answered in time.
    Unanswered,
    /// None was sent in time.
    Slept,
}

/// What became of the lease after the command.
#[derive(Debug)]
pub(super) enum Released {
    Done,
    /// It had been lost before: somebody else may have held it while the command ran.
    Lost(Loss),
    /// It could not be given back, and expires.
    Left(String),
}

/// A lease under which a command runs.
pub(super) struct Hold<'a> {
    pub(super) lease: Lease,
    pub(super) renewer: Renewer,
    pub(super) signals: &'a Signals,
    pub(super) grace: Duration,
    pub(super) troubled: &'a mut dyn FnMut(Trouble),
    /// The signal that stopped the command when that was last told.
    pub(super) stopped: Option<Signal>,
}

impl Hold<'_> {
    /// Waits for the end of the command, and brings it about if the lease is lost.
    pub(super) fn watch(&mut self, running: &mut Running) -> Ended {
        loop {
            let why = match self.lease.due(now()) {
                // Nothing was asked: nobody was there to ask it.
                Due::Lost if !self.lease.is_troubled() && !self.renewer.is_busy() => {
                    Some(Why::Slept)
                }
                Due::Lost => Some(Why::Unanswered),
                Due::Renew { .. } if !self.renewer.is_busy() => {
                    self.renewer.renew();
                    None
                }
                Due::Renew { patience: time } | Due::Wait(time) => {
                    match running.wait(time.min(LONGEST), self.signals) {
                        Event::Ended(status) => return Ended::ByItself(status),
                        Event::Signal(Signal::TSTP) => self.stand_still(running).err(),
                        Event::Signal(signal) => {
                            running.pass_on(signal);
                            None
                        }
                        Event::Stopped(signal) => {
                            self.tell_stop(signal, running);
                            None
                        }
                        Event::Woken => self.heed().err(),
                        Event::Timeout => None,
                    }
                }
            };
            if let Some(why) = why {
                return match running.ended() {
                    Some(status) => Ended::ByItself(status),
                    None => Ended::Lost(why, running.end(self.grace)),
                };
            }
        }
    }

    /// Ctrl-Z: stops together with the command, which goes on only if the lease has not run out meanwhile.
    fn stand_still(&mut self, running: &Running) -> Result<(), Why> {
        // Its own way of stopping may be to go on.
        running.signal(Signal::STOP);
        obey(Signal::TSTP);
        if self.lease.due(now()) == Due::Lost {
            return Err(Why::Slept);
        }
        running.signal(Signal::CONT);
        Ok(())
    }

    /// Says once that the command stands still: else nobody knows why nothing happens, while the lock is held without end.
    fn tell_stop(&mut self, signal: Signal, running: &Running) {
        if self.stopped != Some(signal) {
            self.stopped = Some(signal);
            (self.troubled)(Trouble::Stopped(signal, running.group()));
        }
    }

    /// Draws the consequences of what the server has answered.
    fn heed(&mut self) -> Result<(), Why> {
        while let Some(answer) = self.renewer.answer().map_err(|Gone| Why::Unanswered)? {
            let Answer::Renewal(answered) = answer else {
                continue;
            };
            if answered.renewal != Renewal::Renewed {
                (self.troubled)(Trouble::Renewal(&answered.renewal));
            }
            self.lease.heed(answered).map_err(Why::Loss)?;
        }
        Ok(())
    }

    /// Gives the lease back. A signal ends the attempt, and is returned to be obeyed.
    pub(super) fn release(mut self) -> (Released, Option<Signal>) {
        self.renewer.release();
        let until = self.lease.until();
        loop {
            match self.renewer.answer() {
                Ok(Some(Answer::Release(released))) => return (judged(released), None),
                // One that was under way.
                Ok(Some(Answer::Renewal(_))) => continue,
                Ok(None) => {}
                Err(Gone) => return (left("the thread that speaks with it has ended"), None),
            }
            match self.signals.pause(until.saturating_sub(now())) {
                Pause::Woken | Pause::Signal(Signal::WINCH) => {}
                Pause::Signal(stop @ Signal::TSTP) => obey(stop),
                Pause::Signal(signal) => return (left("a signal came"), Some(signal)),
                Pause::Over => return (left("the server did not answer"), None),
            }
        }
    }
}

fn judged(released: Result<Release, crate::cas::StoreError>) -> Released {
    match released {
        Ok(Release::Done) => Released::Done,
        Ok(Release::Lost(loss)) => Released::Lost(loss),
        Ok(Release::Again) => left("the connection was cut again and again"),
        Err(error) => Released::Left(error.to_string()),
    }
}

fn left(reason: &str) -> Released {
    Released::Left(reason.into())
}
