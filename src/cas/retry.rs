//! When a lost swap is tried again: a pure function of how often it lost, how long it took, and a random number.

use std::time::Duration;

/// How many retries a loop has and how long it waits between them.
///
/// The wait before retry *n* is drawn evenly from 0 to `base * 2^(n-1)`, at most `cap`: exponential backoff with full
/// jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), which of the known variants needs the
/// fewest attempts under contention. The value must be read *after* the wait: one read before it is stale by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryPolicy {
    /// Swaps that may be tried after the first one.
    pub(crate) max_retries: u32,
    /// The longest wait before the first retry.
    pub(crate) base: Duration,
    /// The longest wait before any retry.
    pub(crate) cap: Duration,
    /// The time limit of the whole loop; no attempt starts after it.
    pub(crate) deadline: Duration,
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
    /// The policy of counters: with it 128 processes that increment one key at once all succeed. The figures behind it
    /// are in docs/benchmarks.md.
    pub(crate) const COUNTER: RetryPolicy = RetryPolicy {
        max_retries: 1000,
        base: Duration::from_millis(2),
        cap: Duration::from_millis(100),
        deadline: Duration::from_secs(10),
    };

    /// The policy where each attempt runs a command: an attempt that loses has wasted tens of milliseconds of the processor,
    /// which the others need, so the waits are longer by as much.
    pub(crate) const COMMAND: RetryPolicy = RetryPolicy {
        base: Duration::from_millis(50),
        cap: Duration::from_millis(3000),
        ..RetryPolicy::COUNTER
    };

    /// The retries before the server's own arithmetic takes over (`--fallback incr`). It is meant for contention that a
    /// second attempt does not get through.
    pub(crate) const RETRIES_BEFORE_FALLBACK: u32 = 1;

    /// One attempt and no more.
    pub(crate) const ONCE: RetryPolicy = RetryPolicy {
        max_retries: 0,
        base: Duration::ZERO,
        cap: Duration::ZERO,
        deadline: Duration::MAX,
    };

    /// Decides what follows the `lost`-th lost swap (1 = the first), `elapsed` after the start of the loop.
    ///
    /// `random` lies in 0 .. 1.
    pub(crate) fn next(&self, lost: u32, elapsed: Duration, random: f64) -> Next {
        if lost > self.max_retries {
            return Next::OutOfRetries;
        }
        let seconds = self.ceiling(lost).as_secs_f64() * random.clamp(0.0, 1.0);
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        if elapsed.saturating_add(wait) >= self.deadline {
            Next::OutOfTime
        } else {
            Next::Retry(wait)
        }
    }

    /// The longest wait after the `lost`-th lost swap.
    fn ceiling(&self, lost: u32) -> Duration {
        let doublings = lost.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        max_retries: 3,
        base: Duration::from_millis(1),
        cap: Duration::from_millis(3),
        deadline: Duration::from_secs(1),
    };

    fn wait(lost: u32, random: f64) -> Next {
        POLICY.next(lost, Duration::ZERO, random)
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
        assert_eq!(
            RetryPolicy::ONCE.next(1, Duration::ZERO, 0.0),
            Next::OutOfRetries
        );
    }

    #[test]
    fn no_attempt_starts_after_the_deadline() {
        assert_eq!(POLICY.next(1, Duration::from_secs(1), 0.0), Next::OutOfTime);
        assert_eq!(
            POLICY.next(3, Duration::from_millis(998), 1.0),
            Next::OutOfTime
        );
        assert_eq!(
            POLICY.next(3, Duration::from_millis(998), 0.5),
            Next::Retry(Duration::from_micros(1500))
        );
    }

    #[test]
    fn no_number_of_losses_overflows() {
        let policy = RetryPolicy {
            max_retries: u32::MAX,
            base: Duration::MAX,
            cap: Duration::MAX,
            ..POLICY
        };
        assert_eq!(policy.next(u32::MAX, Duration::ZERO, 1.0), Next::OutOfTime);
        assert_eq!(
            wait(1, f64::NAN.max(2.0)),
            Next::Retry(Duration::from_millis(1))
        );
    }
}
