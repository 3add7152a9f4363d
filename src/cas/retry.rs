//! When a lost swap is tried again: a pure function of how often it lost, how long it took, and a random number.

use std::time::Duration;

/// How many retries a loop has and how long it waits between them.
///
/// The first retries come at once, as two writers that met by chance need no more. Then waits and attempts alternate. A
/// wait is drawn evenly from 0 to its ceiling (full jitter: Brooker, "Exponential Backoff And Jitter", AWS Architecture
/// Blog, 2015), and the ceiling grows with each wait. It is measured in attempts: where an attempt takes long, be it that
/// the server is far away or that the machine is crowded, others need as long, too. Who has waited often tries more often after a wait: a
/// writer that has just slept is slower than those that are awake, and would lose to them again and again.
///
/// The value must be read *after* the wait: one read before it is stale by then. The figures behind the numbers are in
/// docs/retries.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryPolicy {
    /// Swaps that may be tried after the first one.
    pub(crate) max_retries: u32,
    /// Retries before the first wait.
    pub(crate) at_once: u32,
    /// The least ceiling of the first wait.
    pub(crate) base: Duration,
    /// The ceiling of the first wait in attempts, if these take longer than `base`.
    pub(crate) attempts: u32,
    /// How many times as long each ceiling is as the one before.
    pub(crate) growth: u32,
    /// The largest ceiling, or the time of a few attempts where that is longer and waits are measured in them.
    pub(crate) cap: Duration,
    /// After so many waits each further one is followed by one attempt more; 0: by one each.
    pub(crate) patience: u32,
    /// The time limit of the whole loop; no attempt starts after it.
    pub(crate) deadline: Duration,
}

/// A wait can be as long as this part of the time that the loop has taken already, where others wait in attempts: who has
/// got nowhere for so long is in a crowd that shorter waits would only keep the server busy with.
const AGE: u32 = 4;

/// A lost attempt, as far as it says when the next one should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Loss {
    /// Attempts that lost, this one included.
    pub(crate) lost: u32,
    /// How long this one took, from its read to the answer to its swap.
    pub(crate) took: Duration,
    /// Time since the loop began.
    pub(crate) elapsed: Duration,
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
        base: Duration::from_millis(8),
        attempts: 16,
        growth: 3,
        cap: Duration::from_millis(100),
        patience: 3,
        deadline: Duration::from_secs(10),
    };

    /// Full jitter as most programs have it, in milliseconds: doubling from 2 to 100. For comparison.
    pub(crate) const DOUBLING: RetryPolicy = RetryPolicy {
        at_once: 0,
        base: Duration::from_millis(2),
        attempts: 0,
        growth: 2,
        patience: 0,
        ..RetryPolicy::COUNTER
    };

    /// The policy where each attempt runs a command: an attempt that loses has wasted tens of milliseconds of the processor,
    /// which the others need, so none comes at once, and the waits are longer by as much.
    pub(crate) const COMMAND: RetryPolicy = RetryPolicy {
        base: Duration::from_millis(50),
        cap: Duration::from_millis(3000),
        ..RetryPolicy::DOUBLING
    };

    /// The retries before the server's own arithmetic takes over (`--fallback incr`). It is meant for contention that a
    /// second attempt does not get through.
    pub(crate) const RETRIES_BEFORE_FALLBACK: u32 = 1;

    /// One attempt and no more.
    pub(crate) const ONCE: RetryPolicy = RetryPolicy {
        max_retries: 0,
        at_once: 0,
        base: Duration::ZERO,
        attempts: 0,
        growth: 1,
        cap: Duration::ZERO,
        patience: 0,
        deadline: Duration::MAX,
    };

    /// Decides what follows a lost attempt. `random` lies in 0 .. 1.
    pub(crate) fn next(&self, loss: &Loss, random: f64) -> Next {
        if loss.lost > self.max_retries {
            return Next::OutOfRetries;
        }
        let ceiling = self
            .wait_before(loss.lost)
            .map_or(Duration::ZERO, |wait| self.ceiling(wait, loss));
        let seconds = ceiling.as_secs_f64() * random.clamp(0.0, 1.0);
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        if loss.elapsed.saturating_add(wait) >= self.deadline {
            Next::OutOfTime
        } else {
            Next::Retry(wait)
        }
    }

    /// Which wait follows the `lost`-th lost attempt, the first one being 0; `None` if the next attempt comes at once.
    fn wait_before(&self, lost: u32) -> Option<u32> {
        let mut left = lost.checked_sub(self.at_once)?.checked_sub(1)?;
        if self.patience == 0 {
            return Some(left);
        }
        for wait in 0.. {
            let attempts = 1 + wait / self.patience;
            match left.checked_sub(attempts) {
                Some(rest) => left = rest,
                None => return (left == 0).then_some(wait),
            }
        }
        None
    }

    /// The longest that the `wait`-th wait can be, behind this attempt.
    fn ceiling(&self, wait: u32, loss: &Loss) -> Duration {
        let first = self.base.max(loss.took.saturating_mul(self.attempts));
        let mut cap = self.cap.max(loss.took.saturating_mul(self.attempts.min(4)));
        if self.patience > 0 {
            cap = cap.max(loss.elapsed / AGE);
        }
        first
            .saturating_mul(self.growth.saturating_pow(wait))
            .min(cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        max_retries: 3,
        at_once: 0,
        base: Duration::from_millis(1),
        attempts: 0,
        growth: 2,
        cap: Duration::from_millis(3),
        patience: 0,
        deadline: Duration::from_secs(1),
    };

    fn loss(lost: u32) -> Loss {
        Loss {
            lost,
            took: Duration::from_millis(1),
            elapsed: Duration::ZERO,
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
    fn the_first_retries_come_at_once_and_later_ones_more_often_after_each_wait() {
        let counter = RetryPolicy::COUNTER;
        // At once; three waits with one attempt each; three with two; and so on.
        let expected = [0, 8, 24, 72, 100, 0, 100, 0, 100, 0, 100, 0, 0, 100];
        assert_eq!(ceilings(&counter, 0, 14), expected);
    }

    #[test]
    fn waits_are_as_long_as_some_attempts_where_these_are_slow() {
        let counter = RetryPolicy::COUNTER;
        assert_eq!(ceilings(&counter, 1, 4), [0, 16, 48, 100]);
        assert_eq!(ceilings(&counter, 200, 4), [0, 800, 800, 800], "far away");
        let command = RetryPolicy::COMMAND;
        assert_eq!(ceilings(&command, 0, 3), [50, 100, 200]);
        assert_eq!(ceilings(&command, 9000, 3), [50, 100, 200]);
    }

    #[test]
    fn who_has_got_nowhere_for_long_waits_a_part_of_that() {
        let waited = |policy: RetryPolicy, seconds| {
            let loss = Loss {
                took: Duration::ZERO,
                elapsed: Duration::from_secs(seconds),
                ..loss(7)
            };
            policy.next(&loss, 1.0)
        };
        let counter = RetryPolicy::COUNTER;
        assert_eq!(waited(counter, 4), Next::Retry(Duration::from_millis(648)));
        assert_eq!(waited(counter, 2), Next::Retry(Duration::from_millis(500)));
        assert_eq!(
            waited(RetryPolicy::COMMAND, 4),
            Next::Retry(Duration::from_secs(3))
        );
    }

    #[test]
    fn no_number_of_losses_overflows() {
        let policy = RetryPolicy {
            max_retries: u32::MAX,
            base: Duration::MAX,
            cap: Duration::MAX,
            attempts: u32::MAX,
            growth: u32::MAX,
            patience: 1,
            ..POLICY
        };
        let slow = |lost| Loss {
            took: Duration::MAX,
            ..loss(lost)
        };
        assert_eq!(policy.next(&slow(1), 1.0), Next::OutOfTime);
        let last = policy.next(&slow(u32::MAX), 0.0);
        assert!(matches!(last, Next::Retry(_) | Next::OutOfTime));
        assert_eq!(
            wait(1, f64::NAN.max(2.0)),
            Next::Retry(Duration::from_millis(1))
        );
    }
}
