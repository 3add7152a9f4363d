//! A server being observed: its log read on a thread of its own, and a second connection for what the log cannot tell.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::cas::StoreError;
use crate::cas::mutation::Counters;
use crate::client::Session;
use crate::client::log::{self, Detail, Entry, Keeper, Later, Reader, Settled};
use crate::contention::load::Load;
use crate::contention::{By, Findings, Reading, Scope, Tally, Watched};

/// How long the reader waits for more of the log before it looks whether it is still wanted.
const READ: Duration = Duration::from_millis(100);
/// How far the server may be behind with its log at the end.
const BEHIND: Duration = Duration::from_secs(5);
/// How often it is looked at what the server drops.
const SPARE: Duration = Duration::from_secs(1);
/// How often it is looked at whether the end of the log has come.
const LOOK: Duration = Duration::from_millis(5);

/// A server being observed.
pub(super) struct Observation {
    server: Arc<str>,
    keeper: Keeper,
    shared: Arc<Shared>,
    /// Where the whole time and the interval began.
    first: Moment,
    last: Moment,
    ended: Option<Moment>,
    /// Whether the server had not told all of its log at the end.
    behind: bool,
    /// What of its log the server may drop, where reads are watched, and when that was looked at.
    load: Option<(Load, Instant)>,
}

/// What stands beside the log at some moment.
#[derive(Debug, Clone, Copy)]
struct Moment {
    at: Instant,
    counters: Option<Counters>,
    skipped: u64,
    /// Lines of the log that have come.
    lines: u64,
}

/// What the reader and the rest share.
struct Shared {
    tally: Mutex<Tally>,
    stopped: AtomicBool,
    failure: Mutex<Option<StoreError>>,
}

impl Observation {
    /// Attaches to the log of `server`, to be counted by `tally`; of reads too, as long as the server drops no larger share
    /// of its log than `max_drop`.
    pub(super) fn begin(
        server: Session,
        tally: Tally,
        max_drop: Option<f64>,
    ) -> Result<Observation, StoreError> {
        let name = server.name().into();
        let detail = match max_drop {
            Some(_) => Detail::Reads,
            None => Detail::Stores,
        };
        let (reader, mut keeper) = log::follow(server, detail)?;
        let counters = keeper.counters()?;
        let shared = Arc::new(Shared {
            tally: Mutex::new(tally),
            stopped: AtomicBool::new(false),
            failure: Mutex::new(None),
        });
        let counting = Arc::clone(&shared);
        thread::spawn(move || counting.count(reader));
        let start = Moment {
            at: Instant::now(),
            counters,
            skipped: 0,
            lines: 0,
        };
        // Whether its line comes tells whether those of later ones will.
        keeper.knock(Later::Told);
        Ok(Observation {
            server: name,
            keeper,
            shared,
            first: start,
            last: start,
            ended: None,
            behind: false,
            load: max_drop.map(|most| (Load::up_to(most), Instant::now())),
        })
    }

    /// The server's name.
    pub(super) fn server(&self) -> &Arc<str> {
        &self.server
    }

    /// Why the log ended, if it did.
    pub(super) fn failure(&self) -> Option<StoreError> {
        self.shared.failure()
    }

    /// Keeps the server's logging thread awake: to be called about ten times a second.
    pub(super) fn keep_awake(&mut self) {
        self.keeper.keep_awake();
        self.spare();
    }

    /// Stops where the server cannot bear to tell of reads.
    fn spare(&mut self) {
        let Some((load, looked)) = &mut self.load else {
            return;
        };
        if looked.elapsed() < SPARE {
            return;
        }
        *looked = Instant::now();
        let skipped = self.keeper.skipped();
        let Ok(Some(counters)) = self.keeper.counters() else {
            return;
        };
        let first = self.first.counters.unwrap_or_default();
        let dropped = counters.since(&first).map(|since| since.dropped(skipped));
        let Some(share) = load.look(self.keeper.lines(), dropped.unwrap_or_default()) else {
            return;
        };
        let error = StoreError::Refused(format!(
            "{} drops {:.0}% of its log of reads, more than --max-drop lets it: it is not watched any more",
            self.server,
            share * 100.0
        ));
        *lock(&self.shared.failure) = Some(error);
        self.shared.stopped.store(true, Ordering::Relaxed);
    }

    /// The findings of the interval that ends now; the next one begins.
    pub(super) fn interval(&mut self, by: By) -> Findings {
        // A client without a name is shown as one.
        let _ = self.keeper.name_clients();
        let end = match &self.ended {
            Some(ended) => *ended,
            None => self.now(),
        };
        let mut tally = lock(&self.shared.tally);
        let findings = tally.findings(by, Scope::Interval);
        let findings = self.dated(findings, &self.last, &end);
        tally.mark();
        drop(tally);
        self.last = Moment {
            skipped: self.keeper.skipped(),
            lines: self.keeper.lines(),
            ..end
        };
        findings
    }

    /// The findings of the whole time, until now or until it was stopped.
    pub(super) fn whole(&self, by: By) -> Findings {
        let tally = lock(&self.shared.tally);
        let (at, last) = match &self.ended {
            Some(ended) => (ended.at, ended),
            None => (Instant::now(), &self.last),
        };
        let end = Moment {
            at,
            skipped: self.keeper.skipped(),
            lines: self.keeper.lines(),
            ..*last
        };
        let findings = tally.findings(by, Scope::Whole);
        drop(tally);
        self.dated(findings, &self.first, &end)
    }

    /// Findings with what happened between two moments beside the log.
    fn dated(&self, findings: Findings, from: &Moment, to: &Moment) -> Findings {
        let counters = to
            .counters
            .zip(from.counters)
            .and_then(|(to, from)| to.since(&from));
        let skipped = to.skipped - from.skipped;
        let watched = Watched {
            server: Arc::clone(&self.server),
            all: findings.all,
            dropped: counters.map_or(skipped, |counters| counters.dropped(skipped)),
            behind: self.behind && findings.scope == Scope::Whole,
            counters,
            failure: self.failure().map(|error| error.to_string()),
            reading: self.load.is_some().then(|| Reading {
                lines: to.lines - from.lines,
                deletes_told: self.keeper.deletes_told(),
            }),
        };
        Findings {
            elapsed: to.at - from.at,
            at: unix_micros(to.at),
            servers: vec![watched],
            ..findings
        }
    }

    /// Ends the time, and waits for what the server has yet to tell of it.
    pub(super) fn stop(&mut self) {
        let mut end = self.now();
        if self.failure().is_none() {
            self.settle();
            // Only now has the server added up what it dropped until then.
            if let (Some(counted), Ok(Some(now))) = (end.counters, self.keeper.counters()) {
                end.counters = Some(counted.with_dropped_of(&now));
            }
        }
        self.ended = Some(end);
        // Also where the log has ended: what no line says any more of was read.
        let mut tally = lock(&self.shared.tally);
        self.keeper.finish(&mut |told| count(&mut tally, &told));
        drop(tally);
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
            lines: self.keeper.lines(),
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
        reader.told(&mut |told| count(&mut tally, &told))
    }
}

fn count(tally: &mut Tally, told: &Entry) {
    match told {
        Entry::Store(mutation) => tally.take(mutation),
        Entry::Read(fetch) => tally.take_read(fetch),
    }
}

/// A moment by the calendar, in microseconds of unix time.
fn unix_micros(at: Instant) -> Option<u64> {
    let then = SystemTime::now().checked_sub(at.elapsed())?;
    let since = then.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    since.as_micros().try_into().ok()
}

/// What another thread left behind when it panicked is still worth reporting.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
