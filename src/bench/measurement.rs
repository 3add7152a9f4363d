//! The result of one trial.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::worker::Worked;
use super::{Strategy, Trial};

/// What one strategy did with one number of workers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measurement {
    pub(crate) strategy: Strategy,
    pub(crate) workers: usize,
    /// Increments that were acknowledged.
    pub(crate) increments: u64,
    pub(crate) increments_per_second: f64,
    pub(crate) attempts_per_increment: f64,
    /// The most attempts that one increment took.
    pub(crate) max_attempts: u32,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) max: Duration,
    /// Jain's index over the workers' increments: 1 = all equal, 1/n = one worker made them all (Jain, Chiu, Hawe 1984).
    pub(crate) fairness: f64,
    /// Acknowledged increments that the counter does not show; less than zero if it shows some that nobody made.
    pub(crate) lost_updates: i128,
    /// Increments given up.
    pub(crate) exhausted: u64,
}

impl Measurement {
    /// Sums up the workers; `grown` is how much the counter grew.
    pub(super) fn of(trial: &Trial, worked: &[Worked], grown: i128) -> Measurement {
        let sum = |count: fn(&Worked) -> u64| worked.iter().map(count).sum::<u64>();
        let increments = sum(|worked| worked.increments);
        let time = worked
            .iter()
            .map(|worked| worked.time)
            .max()
            .unwrap_or_default();
        let mut latencies = Histogram::<u64>::new(3).expect("three digits are possible");
        for worked in worked {
            latencies
                .add(&worked.latencies)
                .expect("a growing histogram takes any other");
        }
        Measurement {
            strategy: trial.strategy,
            workers: trial.workers,
            increments,
            increments_per_second: ratio(increments, 1) / time.as_secs_f64().max(f64::EPSILON),
            attempts_per_increment: ratio(sum(|worked| worked.attempts), increments.max(1)),
            max_attempts: worked
                .iter()
                .map(|worked| worked.most_attempts)
                .max()
                .unwrap_or(0),
            p50: Duration::from_nanos(latencies.value_at_quantile(0.5)),
            p99: Duration::from_nanos(latencies.value_at_quantile(0.99)),
            max: Duration::from_nanos(latencies.max()),
            fairness: fairness(
                &worked
                    .iter()
                    .map(|worked| worked.increments)
                    .collect::<Vec<_>>(),
            ),
            lost_updates: i128::from(increments) - grown,
            exhausted: sum(|worked| worked.exhausted),
        }
    }
}

/// Jain's fairness index.
fn fairness(shares: &[u64]) -> f64 {
    let sum: f64 = shares.iter().map(|&share| ratio(share, 1)).sum();
    let squares: f64 = shares.iter().map(|&share| ratio(share, 1).powi(2)).sum();
    if squares == 0.0 {
        1.0
    } else {
        sum.powi(2) / (ratio(shares.len() as u64, 1) * squares)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate is shown to three digits"
)]
fn ratio(number: u64, by: u64) -> f64 {
    number as f64 / by as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn fairness_is_one_when_all_are_equal_and_one_nth_when_one_has_all() {
        assert!(close(fairness(&[5, 5, 5, 5]), 1.0));
        assert!(close(fairness(&[20, 0, 0, 0]), 0.25));
        assert!(close(fairness(&[0, 0]), 1.0));
    }
}
