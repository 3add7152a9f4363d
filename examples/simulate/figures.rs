//! What came of a run.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::cas::RetryPolicy;
use crate::world::Costs;

pub(crate) const HEAD: &str = "\
| writers | rule | incr/s | of the limit | attempts | p50 | p99 | max | fairness | given up |
|---|---|---|---|---|---|---|---|---|---|";

pub(crate) struct Figures {
    /// The shortest time between two increments.
    least: Duration,
    increments: u64,
    attempts: u64,
    given_up: u64,
    latencies: Histogram<u64>,
    time: Duration,
    /// The increments of each writer.
    shares: Vec<u64>,
}

impl Figures {
    pub(crate) fn new(costs: Costs) -> Figures {
        Figures {
            // A swap can win if it was read after the last one had won: one way there, one back, and the work.
            least: 2 * costs.way + costs.service + costs.work,
            increments: 0,
            attempts: 0,
            given_up: 0,
            latencies: Histogram::new(3).expect("three digits are possible"),
            time: Duration::ZERO,
            shares: Vec::new(),
        }
    }

    pub(crate) fn increments(&self) -> u64 {
        self.increments
    }

    pub(crate) fn done(&mut self, attempts: u32, time: Duration) {
        self.increments += 1;
        self.attempts += u64::from(attempts);
        self.took(time);
    }

    /// One that never came took at least as long as any may: a rule that soon gives up is not the faster for it.
    pub(crate) fn gave_up(&mut self, attempts: u32, time: Duration) {
        self.given_up += 1;
        self.attempts += u64::from(attempts);
        self.took(time.max(RetryPolicy::COUNTER.deadline));
    }

    fn took(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.latencies.record(nanos.max(1)).expect("it grows");
    }

    pub(crate) fn over(self, time: Duration, shares: Vec<u64>) -> Figures {
        Figures {
            time,
            shares,
            ..self
        }
    }

    pub(crate) fn per_second(&self) -> f64 {
        number(self.increments) / self.time.as_secs_f64().max(f64::EPSILON)
    }

    /// The throughput as a share of what one key can have.
    pub(crate) fn of_limit(&self) -> f64 {
        self.per_second() * self.least.as_secs_f64()
    }

    /// Jain's index.
    pub(crate) fn fairness(&self) -> f64 {
        let sum: f64 = self.shares.iter().map(|&share| number(share)).sum();
        let squares: f64 = self.shares.iter().map(|&share| number(share).powi(2)).sum();
        let writers = number(self.shares.len() as u64);
        if squares == 0.0 {
            1.0
        } else {
            sum.powi(2) / (writers * squares)
        }
    }

    /// The share of the increments that were given up.
    pub(crate) fn given_up(&self) -> f64 {
        let all = self.given_up + self.increments;
        number(self.given_up) / number(all.max(1))
    }

    /// The time that this share of the increments took at most.
    pub(crate) fn at(&self, share: f64) -> Duration {
        Duration::from_nanos(self.latencies.value_at_quantile(share))
    }

    pub(crate) fn longest(&self) -> Duration {
        Duration::from_nanos(self.latencies.max())
    }

    pub(crate) fn row(&self, writers: &str, rule: &str) -> String {
        let attempts = number(self.attempts) / number((self.increments + self.given_up).max(1));
        format!(
            "| {writers} | {rule} | {:.0} | {:.2} | {attempts:.2} | {} | {} | {} | {:.2} | {:.1}% |",
            self.per_second(),
            self.of_limit(),
            shown(self.at(0.5)),
            shown(self.at(0.99)),
            shown(self.longest()),
            self.fairness(),
            self.given_up() * 100.0
        )
    }
}

pub(crate) fn shown(time: Duration) -> String {
    match time.as_micros() {
        micros @ 0..1000 => format!("{micros} us"),
        _ if time < Duration::from_secs(1) => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown to three digits")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}
