//! One worker of a trial: increments as fast as it may, and notes how long each took.

use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::race::Race;
use super::{Strategy, Trial};
use crate::cas::counter::Bounds;
use crate::cas::expiry::ExpiryError;
use crate::cas::increment::{Increment, increment};
use crate::cas::pacer::{Lost, Pacer};
use crate::cas::store::Failure;
use crate::cas::update::{Plan, Stopped, Why};
use crate::cas::{Counter, ExpiryRule, Item, Store, StoreError, Token, Want};

/// The longest latency that is measured; longer ones count as this.
const LONGEST: Duration = Duration::from_secs(60);

/// What one worker did.
pub(super) struct Worked {
    /// Increments that were acknowledged.
    pub(super) increments: u64,
    /// Increments that were given up, as their retries or their time were used up.
    pub(super) exhausted: u64,
    pub(super) attempts: u64,
    pub(super) most_attempts: u32,
    /// Time of each acknowledged increment, in nanoseconds.
    pub(super) latencies: Histogram<u64>,
    /// From the common start to this worker's last increment.
    pub(super) time: Duration,
    /// What ended this worker early.
    pub(super) error: Option<StoreError>,
}

/// The clock of one increment.
struct SilentPacer(Instant);

impl Pacer for SilentPacer {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn random(&mut self) -> u64 {
        fastrand::u64(..)
    }

    fn wait(&mut self, time: Duration) {
        if !time.is_zero() {
            thread::sleep(time);
        }
    }

    fn lost(&mut self, _: &Lost) {}

    fn unanswered(&mut self, _: &Failure) {}
    fn proof_ignored(&mut self, _: Token) {}

    fn stored(&mut self, _: u32, _: Option<Token>) {}
}

/// Makes increments until the trial ends.
pub(super) fn work(store: &mut dyn Store, trial: &Trial, race: &Race) -> Worked {
    // Connecting and learning about the server are not part of the measurement.
    let read = store.read(trial.key, Want::Value);
    let kept = |item: &Item| ExpiryRule::Keep.apply(Some(item), None);
    let unkept = matches!(&read, Ok(Some(item)) if kept(item).is_err_and(ExpiryError::is_unkept));
    let life = trial.life.filter(|_| unkept);
    let plan = Plan {
        key: trial.key.clone(),
        expiry: life.map_or(ExpiryRule::Keep, ExpiryRule::After),
        flags: None,
        want: Want::Value,
        policy: trial.strategy.policy(),
        exactly_once: false,
        tell_token: false,
    };
    race.start.wait();
    let started = Instant::now();
    let mut worked = Worked::new(read.err());
    while worked.error.is_none() && race.goes_on(started) {
        let begun = Instant::now();
        match one(store, &plan, trial.strategy) {
            Ok(attempts) => worked.acknowledge(attempts, begun.elapsed()),
            Err(stopped) => worked.give_up(&stopped),
        }
    }
    worked.time = started.elapsed();
    worked
}

/// One increment; returns its attempts.
fn one(store: &mut dyn Store, plan: &Plan, strategy: Strategy) -> Result<u32, Box<Stopped>> {
    if strategy == Strategy::Incr {
        return match store.add(&plan.key, 1) {
            Ok(Some(_)) => Ok(1),
            Ok(None) => Err(Stopped::before_any_attempt(Why::Missing)),
            Err(error) => Err(Stopped::before_any_attempt(Why::Store(error))),
        };
    }
    let bounds = Bounds {
        min: None,
        max: None,
    };
    let fallback = strategy == Strategy::Fallback;
    let what = Increment {
        by: Counter::ONE,
        initial: None,
        bounds,
        fallback,
    };
    let done = increment(store, plan, &what, &mut SilentPacer(Instant::now()))?;
    Ok(done.tally.attempts + u32::from(done.method == crate::cas::Method::Incr))
}

impl Worked {
    fn new(error: Option<StoreError>) -> Worked {
        let longest = u64::try_from(LONGEST.as_nanos()).unwrap_or(u64::MAX);
        let mut latencies =
            Histogram::new_with_bounds(1, longest, 3).expect("the bounds are in order");
        latencies.auto(false);
        let (increments, exhausted, attempts, most_attempts) = (0, 0, 0, 0);
        Worked {
            increments,
            exhausted,
            attempts,
            most_attempts,
            latencies,
            time: Duration::ZERO,
            error,
        }
    }

    fn acknowledge(&mut self, attempts: u32, time: Duration) {
        self.increments += 1;
        self.count(attempts);
        self.latencies
            .saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    fn give_up(&mut self, stopped: &Stopped) {
        self.count(stopped.tally.attempts);
        match &stopped.why {
            Why::OutOfRetries | Why::OutOfTime => self.exhausted += 1,
            Why::Store(error) => self.error = Some(error.clone()),
            Why::Expiry(error) if error.is_unkept() => {
                self.error = Some(StoreError::Refused(
                    "the moment at which the key expires cannot be told there, so that no swap can keep it; without --key bench \
                     makes a key of its own"
                        .into(),
                ));
            }
            why => {
                let message = format!("another client disturbed the counter: {why:?}");
                self.error = Some(StoreError::Refused(message));
            }
        }
    }

    fn count(&mut self, attempts: u32) {
        self.attempts += u64::from(attempts);
        self.most_attempts = self.most_attempts.max(attempts);
    }
}
