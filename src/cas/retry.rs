//! When a lost swap is tried again: a pure function of how often it lost, how long it took, and a random number.

use std::time::Duration;

/// How many retries a loop has and how long it waits between them.
///
/// The first retry of a counter comes at once, as two writers that met by chance need no more. Only then it waits.
/// A wait is drawn evenly from a part of its ceiling up to that (jitter: Brooker, "Exponential Backoff And Jitter", AWS
/// Architecture Blog, 2015).
///
/// In compare-and-swap the first one wins, so more attempts never make fewer wins; what they cost is the time of the processors
/// and of the server. An attempt that took no longer than its way met nobody who needs that time, and the next one waits for
/// about one round trip, so that two writers do not go on in step. Where attempts are slower a crowd is there (delay as the sign
/// of it: Brakmo and Peterson, "TCP Vegas", 1995). The ceilings of a crowd *shrink*: who waited longest waits least, so that
/// nobody starves, and those that are awake meet few of the sleeping. What keeps a crowd from waking all at once is the least
/// that such a ceiling can be: it is measured in attempts, which take the longer the more are awake.
///
/// The value must be read *after* the wait: one read before it is stale by then. The figures behind the numbers are in
/// docs/retries.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryPolicy {
    /// Swaps that may be tried after the first one.
    pub(crate) max_retries: u32,
    /// Retries before the first wait.
    pub(crate) at_once: u32,
    /// The ceiling of the first wait.
    pub(crate) base: Duration,
    /// Each ceiling in percent of the one before: less than 100 shrinks, more grows.
    pub(crate) growth: u32,
    /// The largest ceiling, unless the crowd (`attempts`, `age`) asks for more.
    pub(crate) cap: Duration,
    /// The least wait in percent of its ceiling.
    pub(crate) surely: u32,
    /// No ceiling is less than the time of so many attempts like the last one, though never more than a part of the time that
    /// the loop has taken ([`PART`]): a single attempt can be slow for any reason, such as a server that stood still.
    pub(crate) attempts: u32,
    /// No ceiling is less than the time that the loop has taken, divided by this; 0: none. Who has got nowhere for so long is
    /// in a crowd that shorter waits would only keep the server busy with.
    pub(crate) age: u32,
    /// No ceiling is more than one round trip, doubled for each such part of one by which the last attempt took longer than its
    /// two exchanges; 0: there is no such limit. What it took longer it stood in a queue, and a wait is worth something only
    /// where others need the time of the processor or of the server.
    pub(crate) queue: u32,
    /// The time limit of the whole loop; no attempt starts after it.
    pub(crate) deadline: Duration,
}

/// A round trip doubled so often is longer than any ceiling.
const MOST_DOUBLINGS: u32 = 31;

/// What `attempts` can make of a ceiling at most: the time that the loop has taken, divided by this.
const PART: u32 = 8;

/// A lost attempt, as far as it says when the next one should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Loss {
    /// Attempts that lost, this one included.
    pub(crate) lost: u32,
    /// How long this one took, from its read to the answer to its swap.
    pub(crate) took: Duration,
    /// Time since the loop began.
    pub(crate) elapsed: Duration,
    /// What the way to the server and back takes at least; `None` if that is not known.
    pub(crate) round_trip: Option<Duration>,
}

/// What follows a lost swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Wait this long, read again, swap again.
    Retry(Duration),
    /// The retries are used up.
    OutOfRetries,
    /// The time is used up, or would be after the wait.
    OutOfTime,
}

impl RetryPolicy {
    /// The policy of counters: with it 128 processes that increment one key at once all succeed.
    pub(crate) const COUNTER: RetryPolicy = RetryPolicy {
        max_retries: 1000,
        at_once: 1,
        base: Duration::from_millis(100),
        growth: 85,
        cap: Duration::from_millis(100),
        surely: 25,
        attempts: 64,
        age: 32,
        queue: 8,
        deadline: Duration::from_secs(10),
    };

    /// Full jitter as most programs have it, in milliseconds: doubling from 2 to 100. For comparison.
    pub(crate) const DOUBLING: RetryPolicy = RetryPolicy {
        at_once: 0,
        base: Duration::from_millis(2),
        growth: 200,
        cap: Duration::from_millis(100),
        surely: 0,
        attempts: 0,
        age: 0,
        queue: 0,
        ..RetryPolicy::COUNTER
    };

    /// The policy where each attempt runs a command: an attempt that loses has wasted tens of milliseconds of the processor,
    /// which the others need, so none comes at once, and the waits are longer by as much.
    pub(crate) const COMMAND: RetryPolicy = RetryPolicy {
        base: Duration::from_millis(50),
        cap: Duration::from_millis(3000),
        ..RetryPolicy::DOUBLING
    };

    /// The policy where the server's own arithmetic takes over (`--fallback incr`). It is meant for contention that a second
    /// attempt, which comes at once, does not get through.
    pub(crate) const BEFORE_FALLBACK: RetryPolicy = RetryPolicy {
        max_retries: 1,
        ..RetryPolicy::COUNTER
    };

    /// One attempt and no more.
    pub(crate) const ONCE: RetryPolicy = RetryPolicy {
        max_retries: 0,
        at_once: 0,
        base: Duration::ZERO,
        growth: 100,
        cap: Duration::ZERO,
        surely: 0,
        attempts: 0,
        age: 0,
        queue: 0,
        deadline: Duration::MAX,
    };

    /// Decides what follows a lost attempt. `random` lies in 0 .. 1.
    pub(crate) fn next(&self, loss: &Loss, random: f64) -> Next {
        if loss.lost > self.max_retries {
            return Next::OutOfRetries;
        }
        let wait = match loss.lost.checked_sub(self.at_once + 1) {
            None => Duration::ZERO,
            Some(earlier) => {
                let surely = f64::from(self.surely) / 100.0;
                let part = surely + (1.0 - surely) * random.clamp(0.0, 1.0);
                times(self.ceiling(earlier, loss), part)
            }
        };
        if loss.elapsed.saturating_add(wait) >= self.deadline {
            Next::OutOfTime
        } else {
            Next::Retry(wait)
        }
    }

    /// The longest that a wait can be which follows this attempt and so many `earlier` waits.
    fn ceiling(&self, earlier: u32, loss: &Loss) -> Duration {
        let power = i32::try_from(earlier).unwrap_or(i32::MAX);
        let grown = times(self.base, (f64::from(self.growth) / 100.0).powi(power)).min(self.cap);
        let crowd = loss.took.saturating_mul(self.attempts);
        let age = loss.elapsed.checked_div(self.age).unwrap_or_default();
        let crowded = grown.max(crowd.min(loss.elapsed / PART)).max(age);
        match loss.round_trip {
            Some(round_trip) if self.queue > 0 => {
                crowded.min(self.for_the_queue(round_trip, loss.took))
            }
            _ => crowded,
        }
    }

    /// The longest wait that the queue is worth in which an attempt stood that `took` so long.
    fn for_the_queue(&self, round_trip: Duration, took: Duration) -> Duration {
        let queued = took.saturating_sub(round_trip.saturating_mul(2));
        let part = (round_trip / self.queue).max(Duration::from_nanos(1));
        let doublings = (queued.as_nanos() / part.as_nanos()).min(u128::from(MOST_DOUBLINGS));
        round_trip.saturating_mul(1 << doublings)
    }
}

fn times(time: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        max_retries: 3,
        at_once: 0,
        base: Duration::from_millis(1),
        growth: 200,
        cap: Duration::from_millis(3),
        surely: 0,
        attempts: 0,
        age: 0,
        queue: 0,
        deadline: Duration::from_secs(1),
    };

    fn loss(lost: u32) -> Loss {
        Loss {
            lost,
            took: Duration::from_millis(1),
            elapsed: Duration::ZERO,
            round_trip: None,
        }
    }

    fn wait(lost: u32, random: f64) -> Next {
        POLICY.next(&loss(lost), random)
    }

    fn late(lost: u32, elapsed: u64, random: f64) -> Next {
        let elapsed = Duration::from_millis(elapsed);
        POLICY.next(
            &Loss {
                elapsed,
                ..loss(lost)
            },
            random,
        )
    }

    /// The longest waits after each of the first lost attempts, in milliseconds.
    fn ceilings(policy: &RetryPolicy, took: u64, attempts: u32) -> Vec<u128> {
        let took = Duration::from_millis(took);
        let waits = (1..=attempts).map(|lost| {
            let loss = Loss { took, ..loss(lost) };
            match policy.next(&loss, 1.0) {
                Next::Retry(wait) => wait.as_millis(),
                next => panic!("{next:?}"),
            }
        });
        waits.collect()
    }

    #[test]
    fn the_wait_doubles_up_to_the_cap_and_is_drawn_from_zero() {
        assert_eq!(wait(1, 1.0), Next::Retry(Duration::from_millis(1)));
        assert_eq!(wait(2, 1.0), Next::Retry(Duration::from_millis(2)));
        assert_eq!(wait(3, 1.0), Next::Retry(Duration::from_millis(3)));
        assert_eq!(wait(3, 0.5), Next::Retry(Duration::from_micros(1500)));
        assert_eq!(wait(3, 0.0), Next::Retry(Duration::ZERO));
    }

    #[test]
    fn retries_are_counted_after_the_first_attempt() {
        assert_eq!(wait(3, 0.0), Next::Retry(Duration::ZERO));
        assert_eq!(wait(4, 0.0), Next::OutOfRetries);
        assert_eq!(RetryPolicy::ONCE.next(&loss(1), 0.0), Next::OutOfRetries);
    }

    #[test]
    fn no_attempt_starts_after_the_deadline() {
        assert_eq!(late(1, 1000, 0.0), Next::OutOfTime);
        assert_eq!(late(3, 998, 1.0), Next::OutOfTime);
        assert_eq!(late(3, 998, 0.5), Next::Retry(Duration::from_micros(1500)));
    }

    #[test]
    fn retries_at_once_come_before_the_first_wait() {
        let policy = RetryPolicy {
            at_once: 2,
            ..RetryPolicy::DOUBLING
        };
        assert_eq!(ceilings(&policy, 0, 5), [0, 0, 2, 4, 8]);
    }

    #[test]
    fn a_counter_retries_at_once_and_then_waits_less_each_time_and_a_quarter_for_sure() {
        let counter = RetryPolicy::COUNTER;
        assert_eq!(ceilings(&counter, 0, 7), [0, 100, 85, 72, 61, 52, 44]);
        assert_eq!(ceilings(&RetryPolicy::COMMAND, 0, 3), [50, 100, 200]);
        let least = counter.next(&loss(2), 0.0);
        assert_eq!(least, Next::Retry(Duration::from_millis(25)));
    }

    /// The longest wait after the seventh lost attempt, in milliseconds.
    fn seventh(policy: RetryPolicy, took: u64, elapsed: u64) -> u128 {
        let loss = Loss {
            lost: 7,
            took: Duration::from_millis(took),
            elapsed: Duration::from_millis(elapsed),
            round_trip: None,
        };
        match policy.next(&loss, 1.0) {
            Next::Retry(wait) => wait.as_millis(),
            next => panic!("{next:?}"),
        }
    }

    #[test]
    fn who_finds_attempts_slow_waits_for_many_of_them_or_a_part_of_the_time_gone() {
        assert_eq!(seventh(RetryPolicy::COUNTER, 0, 0), 44);
        assert_eq!(seventh(RetryPolicy::COUNTER, 1, 1200), 64);
        // The server stood still.
        assert_eq!(seventh(RetryPolicy::COUNTER, 1000, 1200), 150);
        assert_eq!(seventh(RetryPolicy::COMMAND, 1000, 1200), 3000);
    }

    #[test]
    fn who_has_got_nowhere_for_long_waits_a_part_of_that() {
        assert_eq!(seventh(RetryPolicy::COUNTER, 0, 3200), 100);
        assert_eq!(seventh(RetryPolicy::DOUBLING, 0, 3200), 100);
        assert_eq!(seventh(RetryPolicy::COMMAND, 0, 3200), 3000);
    }

    /// The longest wait after a second lost attempt that took so many round trips of 1 ms, in milliseconds.
    fn queued(policy: RetryPolicy, round_trips: f64) -> u128 {
        let round_trip = Duration::from_millis(1);
        let loss = Loss {
            took: round_trip.mul_f64(round_trips),
            round_trip: Some(round_trip),
            ..loss(2)
        };
        match policy.next(&loss, 1.0) {
            Next::Retry(wait) => wait.as_millis(),
            next => panic!("{next:?}"),
        }
    }

    #[test]
    fn a_wait_is_as_long_as_the_queue_that_the_attempt_stood_in_makes_worth_while() {
        let counter = RetryPolicy::COUNTER;
        assert_eq!([0.5, 2.0, 2.1].map(|took| queued(counter, took)), [1, 1, 1]);
        assert_eq!([2.2, 2.3, 2.4].map(|took| queued(counter, took)), [2, 4, 8]);
        assert_eq!(
            [2.8, 2.9, 9.0].map(|took| queued(counter, took)),
            [64, 100, 100]
        );
        // Its attempts are long because they run a command.
        assert_eq!(queued(RetryPolicy::COMMAND, 2.0), 100);
    }

    #[test]
    fn no_number_of_losses_overflows() {
        let policy = RetryPolicy {
            max_retries: u32::MAX,
            base: Duration::MAX,
            cap: Duration::MAX,
            attempts: u32::MAX,
            growth: u32::MAX,
            age: 1,
            ..POLICY
        };
        let slow = |lost| Loss {
            took: Duration::MAX,
            ..loss(lost)
        };
        assert_eq!(policy.next(&slow(1), 1.0), Next::OutOfTime);
        let last = policy.next(&slow(u32::MAX), 0.0);
        assert!(matches!(last, Next::Retry(_) | Next::OutOfTime));
        for round_trip in [Duration::ZERO, Duration::MAX] {
            let loss = Loss {
                round_trip: Some(round_trip),
                ..slow(7)
            };
            let queue = u32::MAX;
            let next = RetryPolicy { queue, ..policy }.next(&loss, 1.0);
            assert!(matches!(next, Next::Retry(_) | Next::OutOfTime));
        }
        assert_eq!(
            wait(1, f64::NAN.max(2.0)),
            Next::Retry(Duration::from_millis(1))
        );
    }
}
