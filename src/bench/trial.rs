//! What is to be measured, and by which strategy.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::cas::{Key, RetryPolicy, Store, StoreError};

/// How an increment is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// The guide's loop as it stands: read, swap, and at once again until it lands.
    Guide,
    /// The same with waits that double from 2 to 100 ms, full jitter.
    Doubling,
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
    /// How long each write lets the key live where its expiry cannot be kept; `None` if it is not ours to say.
    pub(crate) life: Option<Duration>,
    /// Up once it is to end before its time.
    pub(crate) over: &'a AtomicBool,
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
    pub(crate) const ALL: [Strategy; 5] = [
        Strategy::Guide,
        Strategy::Doubling,
        Strategy::Cas,
        Strategy::Fallback,
        Strategy::Incr,
    ];

    /// The name in arguments, tables and JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Strategy::Guide => "guide",
            Strategy::Doubling => "doubling",
            Strategy::Cas => "cas",
            Strategy::Fallback => "fallback",
            Strategy::Incr => "incr",
        }
    }

    /// What it is, for people.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Strategy::Guide => "the loop of the guide as it stands",
            Strategy::Doubling => "full jitter, doubling from 2 ms to 100 ms",
            Strategy::Cas => "incr-cas with its defaults",
            Strategy::Fallback => "incr-cas --fallback incr",
            Strategy::Incr => "the server's own arithmetic",
        }
    }

    /// When this strategy tries again.
    pub(super) fn policy(self) -> RetryPolicy {
        match self {
            Strategy::Guide => RetryPolicy {
                max_retries: u32::MAX,
                ..RetryPolicy::ONCE
            },
            Strategy::Doubling => RetryPolicy::DOUBLING,
            Strategy::Cas | Strategy::Incr => RetryPolicy::COUNTER,
            Strategy::Fallback => RetryPolicy::BEFORE_FALLBACK,
        }
    }
}
