//! Measuring the loop: many workers increment one counter at once, each with a connection of its own, by one strategy.
//!
//! Knows neither arguments nor printing: it takes a [`Trial`] and returns a [`Row`].

mod row;
mod worker;

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use self::row::Row;
use self::worker::Worked;
use crate::cas::{Counter, Key, RetryPolicy, Store, StoreError};

/// How an increment is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// The guide's loop as it stands: read, swap, and at once again until it lands.
    Guide,
    /// The loop of `incr-cas` with its defaults.
    Cas,
    /// The same with `--fallback incr`.
    Fallback,
    /// The server's own arithmetic.
    Incr,
}

/// When a trial ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    Time(Duration),
    /// This many increments by all workers together.
    Increments(u64),
}

/// One measurement to be made.
#[derive(Debug, Clone)]
pub(crate) struct Trial<'a> {
    pub(crate) key: &'a Key,
    pub(crate) strategy: Strategy,
    pub(crate) workers: usize,
    pub(crate) until: Until,
}

/// Opens a connection; called once per worker, on the worker's thread.
pub(crate) type Connect<'a> = &'a (dyn Fn() -> Box<dyn Store> + Sync);

/// Why a trial has no result.
#[derive(Debug)]
pub(crate) enum TrialError {
    /// The counter is not there.
    Missing,
    /// The key holds no number, or one too close to the end of numbers.
    Unsuitable,
    /// A worker got no answer.
    Store(StoreError),
}

impl Strategy {
    pub(crate) const ALL: [Strategy; 4] = [
        Strategy::Guide,
        Strategy::Cas,
        Strategy::Fallback,
        Strategy::Incr,
    ];

    /// The name in arguments, tables and JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Strategy::Guide => "guide",
            Strategy::Cas => "cas",
            Strategy::Fallback => "fallback",
            Strategy::Incr => "incr",
        }
    }

    /// When this strategy tries again.
    fn policy(self) -> RetryPolicy {
        match self {
            Strategy::Guide => RetryPolicy {
                max_retries: u32::MAX,
                ..RetryPolicy::ONCE
            },
            Strategy::Cas | Strategy::Incr => RetryPolicy::COUNTER,
            Strategy::Fallback => RetryPolicy {
                max_retries: RetryPolicy::RETRIES_BEFORE_FALLBACK,
                ..RetryPolicy::COUNTER
            },
        }
    }
}

/// What the workers share.
struct Race {
    /// All workers connect and learn about their server before the first increment.
    start: Barrier,
    until: Until,
    /// Increments begun, where their number ends the trial.
    begun: AtomicU64,
}

impl Race {
    /// Whether a worker may begin another increment.
    fn goes_on(&self, started: Instant) -> bool {
        match self.until {
            Until::Time(time) => started.elapsed() < time,
            Until::Increments(all) => self.begun.fetch_add(1, Ordering::Relaxed) < all,
        }
    }
}

/// Makes one measurement.
pub(crate) fn run(trial: &Trial, connect: Connect) -> Result<Row, TrialError> {
    let mut observer = connect();
    let before = read(observer.as_mut(), trial.key)?;
    let race = Race {
        start: Barrier::new(trial.workers),
        until: trial.until,
        begun: AtomicU64::new(0),
    };
    let worked = thread::scope(|scope| {
        let workers: Vec<_> = (0..trial.workers)
            .map(|_| scope.spawn(|| worker::work(connect().as_mut(), trial, &race)))
            .collect();
        let join = |worker: thread::ScopedJoinHandle<'_, Worked>| {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().map(join).collect::<Vec<_>>()
    });
    let after = read(observer.as_mut(), trial.key)?;
    if let Some(error) = worked.iter().find_map(|worked| worked.error.clone()) {
        return Err(TrialError::Store(error));
    }
    Ok(Row::of(trial, &worked, after.get() - before.get()))
}

fn read(store: &mut dyn Store, key: &Key) -> Result<Counter, TrialError> {
    let items = store
        .look(std::slice::from_ref(key))
        .map_err(TrialError::Store)?;
    let item = items
        .into_iter()
        .flatten()
        .next()
        .ok_or(TrialError::Missing)?;
    let counter = Counter::parse(&item.value).map_err(|_| TrialError::Unsuitable)?;
    if counter.is_far_from_wrapping() {
        Ok(counter)
    } else {
        Err(TrialError::Unsuitable)
    }
}
