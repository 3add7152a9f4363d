//! Two connections to a server: the log, read on a thread of its own, and a second one for what the log cannot tell.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::cas::StoreError;
use crate::client::Session;
use crate::client::log::Log;
use crate::contention::report::Counters;
use crate::contention::{By, Pattern, Report, Scope, Tally};

/// How long the reader waits for more of the log before it looks whether it is still wanted.
const READ: Duration = Duration::from_millis(100);
/// After this long without a store the server's logging thread is about to doze off.
const QUIET: Duration = Duration::from_millis(100);
/// The longest that the logging thread sleeps, and a little more.
const SLEEP: Duration = Duration::from_millis(1200);
/// How far the server may be behind with its log at the end.
const BEHIND: Duration = Duration::from_secs(5);

/// A server being observed.
pub(super) struct Observation {
    server: Session,
    shared: Arc<Shared>,
    started: Instant,
    /// Where the whole time and the interval began.
    first: Start,
    last: Start,
    ended: Option<Instant>,
    /// Whether the server had not told all of its log at the end.
    behind: bool,
    /// The stores seen at the last look, and when they had grown.
    seen: u64,
    grown: Instant,
}

/// The state of everything at some moment.
#[derive(Debug, Clone, Copy)]
struct Start {
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
        mut server: Session,
        patterns: Vec<Pattern>,
    ) -> Result<Observation, StoreError> {
        let mut tally = Tally::new(patterns);
        let log = server.attach_knowing(&mut tally.clients)?;
        let counters = server.counters()?;
        let shared = Arc::new(Shared {
            tally: Mutex::new(tally),
            stopped: AtomicBool::new(false),
            failure: Mutex::new(None),
        });
        let reader = Arc::clone(&shared);
        thread::spawn(move || reader.read(log));
        let started = Instant::now();
        let start = Start {
            at: started,
            counters,
            skipped: 0,
        };
        let observation = Observation {
            server,
            shared,
            started,
            first: start,
            last: start,
            ended: None,
            behind: false,
            seen: 0,
            grown: started,
        };
        observation.knock(false);
        Ok(observation)
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// Why the log ended, if it did.
    pub(super) fn failure(&self) -> Option<StoreError> {
        lock(&self.shared.failure).clone()
    }

    /// Keeps the server's logging thread awake: to be called about ten times a second.
    pub(super) fn keep_awake(&mut self) {
        let all = lock(&self.shared.tally).all.now;
        let seen = all.stores + all.lost + all.missing;
        if seen != self.seen {
            self.seen = seen;
            self.grown = Instant::now();
        } else if self.grown.elapsed() >= QUIET && self.server.can_be_knocked() {
            self.server.knock();
        }
    }

    /// The report of the interval that ends now; the next one begins.
    pub(super) fn interval(&mut self, by: By) -> Report {
        let unsure = lock(&self.shared.tally).clients.unsure();
        if unsure && let Ok(list) = self.server.connections() {
            lock(&self.shared.tally).clients.listed(list);
        }
        let end = self.now();
        let mut tally = lock(&self.shared.tally);
        let report = dated(tally.report(by, Scope::Interval), &self.last, &end);
        tally.mark();
        self.last = Start {
            skipped: tally.skipped,
            ..end
        };
        report
    }

    /// The report of the whole time, until now or until it was stopped.
    pub(super) fn whole(&self, by: By) -> Report {
        let tally = lock(&self.shared.tally);
        let end = Start {
            at: self.ended.unwrap_or_else(Instant::now),
            skipped: tally.skipped,
            ..self.last
        };
        Report {
            behind: self.behind,
            ..dated(tally.report(by, Scope::Whole), &self.first, &end)
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

    /// A knock ends the count where its line stands in the log. A second one, seen too, proves that the lines of the
    /// server's other threads have come as well: it goes round them one by one.
    fn settle(&mut self) {
        // The first knock's line was never seen: between us and the server somebody changes addresses.
        let strange = lock(&self.shared.tally).is_waiting();
        for ends in [true, false] {
            if strange || !self.knock(ends) {
                // No way to know, then; so wait as long as a line can take.
                thread::sleep(SLEEP);
                return;
            }
            let deadline = Instant::now() + BEHIND;
            while lock(&self.shared.tally).is_waiting() && self.failure().is_none() {
                if Instant::now() > deadline {
                    self.behind = true;
                    return;
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// Knocks, and has the line of it waited for; whether that is possible.
    fn knock(&self, ends: bool) -> bool {
        if !self.server.can_be_knocked() {
            return false;
        }
        // Locked meanwhile, so that the line is not read before it is waited for.
        let mut tally = lock(&self.shared.tally);
        let name = self.server.knock().map(|name| name.to_string());
        let known = name.is_some();
        if let Some(name) = name {
            tally.wait_for(name, ends);
        }
        known
    }

    fn now(&mut self) -> Start {
        Start {
            at: Instant::now(),
            // Without them the log speaks alone.
            counters: self.server.counters().ok().flatten(),
            skipped: lock(&self.shared.tally).skipped,
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn read(&self, mut log: Log) {
        while !self.stopped.load(Ordering::Relaxed) {
            if let Err(error) = self.read_some(&mut log) {
                *lock(&self.failure) = Some(error);
                return;
            }
        }
    }

    /// Waits for some of the log without the lock, and takes it in with the lock.
    fn read_some(&self, log: &mut Log) -> Result<(), StoreError> {
        log.fill(Instant::now() + READ)?;
        let mut tally = lock(&self.tally);
        log.lines(&mut |line| tally.take(line))
    }
}

/// A report with what happened between two moments beside the log.
fn dated(report: Report, from: &Start, to: &Start) -> Report {
    let server = to
        .counters
        .zip(from.counters)
        .and_then(|(to, from)| to.since(&from));
    let skipped = to.skipped - from.skipped;
    let dropped = server.map_or(skipped, |server| {
        server.log_worker_dropped + server.log_watcher_skipped.max(skipped)
    });
    Report {
        elapsed: to.at - from.at,
        server,
        dropped,
        ..report
    }
}

/// What another thread left behind when it panicked is still worth reporting.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
