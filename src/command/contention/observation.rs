//! A server being observed: its log read on a thread of its own, and a second connection for what the log cannot tell.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::cas::StoreError;
use crate::cas::mutation::Counters;
use crate::client::Session;
use crate::client::log::{self, Detail, Keeper, Later, Reader, Settled};
use crate::contention::{By, Findings, Pattern, Scope, Tally};

/// How long the reader waits for more of the log before it looks whether it is still wanted.
const READ: Duration = Duration::from_millis(100);
/// How far the server may be behind with its log at the end.
const BEHIND: Duration = Duration::from_secs(5);
/// How often it is looked at whether the end of the log has come.
const LOOK: Duration = Duration::from_millis(5);

/// A server being observed.
pub(super) struct Observation {
    keeper: Keeper,
    shared: Arc<Shared>,
    started: Instant,
    /// Where the whole time and the interval began.
    first: Moment,
    last: Moment,
    ended: Option<Instant>,
    /// Whether the server had not told all of its log at the end.
    behind: bool,
}

/// What stands beside the log at some moment.
#[derive(Debug, Clone, Copy)]
struct Moment {
    at: Instant,
    counters: Option<Counters>,
    skipped: u64,
}

/// What the reader and the rest share.
struct Shared {
    tally: Mutex<Tally>,
    stopped: AtomicBool,
    failure: Mutex<Option<StoreError>>,
}

impl Observation {
    /// Attaches to the log of `server`.
    pub(super) fn begin(
        server: Session,
        patterns: Vec<Pattern>,
    ) -> Result<Observation, StoreError> {
        let (reader, mut keeper) = log::follow(server, Detail::Stores)?;
        let counters = keeper.counters()?;
        let shared = Arc::new(Shared {
            tally: Mutex::new(Tally::new(patterns)),
            stopped: AtomicBool::new(false),
            failure: Mutex::new(None),
        });
        let counting = Arc::clone(&shared);
        thread::spawn(move || counting.count(reader));
        let started = Instant::now();
        let start = Moment {
            at: started,
            counters,
            skipped: 0,
        };
        // Whether its line comes tells whether those of later ones will.
        keeper.knock(Later::Told);
        Ok(Observation {
            keeper,
            shared,
            started,
            first: start,
            last: start,
            ended: None,
            behind: false,
        })
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// Why the log ended, if it did.
    pub(super) fn failure(&self) -> Option<StoreError> {
        self.shared.failure()
    }

    /// Keeps the server's logging thread awake: to be called about ten times a second.
    pub(super) fn keep_awake(&mut self) {
        self.keeper.keep_awake();
    }

    /// The findings of the interval that ends now; the next one begins.
    pub(super) fn interval(&mut self, by: By) -> Findings {
        // A client without a name is shown as one.
        let _ = self.keeper.name_clients();
        let end = self.now();
        let mut tally = lock(&self.shared.tally);
        let findings = dated(tally.findings(by, Scope::Interval), &self.last, &end);
        tally.mark();
        self.last = Moment {
            skipped: self.keeper.skipped(),
            ..end
        };
        findings
    }

    /// The findings of the whole time, until now or until it was stopped.
    pub(super) fn whole(&self, by: By) -> Findings {
        let tally = lock(&self.shared.tally);
        let end = Moment {
            at: self.ended.unwrap_or_else(Instant::now),
            skipped: self.keeper.skipped(),
            ..self.last
        };
        Findings {
            behind: self.behind,
            ..dated(tally.findings(by, Scope::Whole), &self.first, &end)
        }
    }

    /// Ends the time, and waits for what the server has yet to tell of it.
    pub(super) fn stop(&mut self) {
        self.last = self.now();
        self.ended = Some(self.last.at);
        if self.failure().is_none() {
            self.settle();
        }
        self.shared.stopped.store(true, Ordering::Relaxed);
    }

    fn settle(&mut self) {
        let shared = &self.shared;
        let settled = self.keeper.settle(Later::LetPass, BEHIND, &mut |_| {
            thread::sleep(LOOK);
            Ok(shared.failure().is_none())
        });
        // That the log has ended meanwhile is told by itself.
        self.behind = settled == Ok(Settled::Behind) && shared.failure().is_none();
    }

    fn now(&mut self) -> Moment {
        Moment {
            at: Instant::now(),
            // Without them the log speaks alone.
            counters: self.keeper.counters().ok().flatten(),
            skipped: self.keeper.skipped(),
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn failure(&self) -> Option<StoreError> {
        lock(&self.failure).clone()
    }

    fn count(&self, mut reader: Reader) {
        while !self.stopped.load(Ordering::Relaxed) {
            if let Err(error) = self.count_some(&mut reader) {
                *lock(&self.failure) = Some(error);
                return;
            }
        }
    }

    /// Waits for some of the log without the lock, and counts it with the lock.
    fn count_some(&self, reader: &mut Reader) -> Result<(), StoreError> {
        reader.wait(Instant::now() + READ)?;
        let mut tally = lock(&self.tally);
        reader.stores(&mut |mutation| tally.take(mutation))
    }
}

/// Findings with what happened between two moments beside the log.
fn dated(findings: Findings, from: &Moment, to: &Moment) -> Findings {
    let server = to
        .counters
        .zip(from.counters)
        .and_then(|(to, from)| to.since(&from));
    let skipped = to.skipped - from.skipped;
    Findings {
        elapsed: to.at - from.at,
        server,
        dropped: server.map_or(skipped, |server| server.dropped(skipped)),
        ..findings
    }
}

/// What another thread left behind when it panicked is still worth reporting.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
