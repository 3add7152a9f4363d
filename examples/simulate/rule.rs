//! When a lost swap is tried again: ours, and what others do.

use std::time::Duration;

use crate::cas::{Loss, Next, RetryPolicy};
use crate::chance::Chance;

/// A rule of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// `incr-cas`.
    Ours,
    /// The same with other numbers.
    Policy(RetryPolicy),
    /// Full jitter, doubling from 2 to 100 ms (AWS Architecture Blog, 2015).
    FullJitter,
    /// Half of the ceiling for sure, and chance for the other half (the same source).
    EqualJitter,
    /// From 2 ms to three times the last wait, at most 100 ms (the same source).
    Decorrelated,
    /// gRPC's connection backoff: 1 s, times 1.6, at most 120 s, a fifth of jitter.
    Grpc,
    /// The guide's loop, and spymemcached's `CASMutator` (8192 attempts): at once.
    AtOnce,
    /// `update` of the crate `memcache`: at once, eight attempts.
    EightAtOnce,
}

pub(crate) const ALL: [Rule; 7] = [
    Rule::Ours,
    Rule::FullJitter,
    Rule::EqualJitter,
    Rule::Decorrelated,
    Rule::Grpc,
    Rule::AtOnce,
    Rule::EightAtOnce,
];

const BASE: Duration = RetryPolicy::DOUBLING.base;
const CAP: Duration = RetryPolicy::DOUBLING.cap;

impl Rule {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Rule::Ours => "mccas",
            Rule::Policy(_) => "mccas with other numbers",
            Rule::FullJitter => "full jitter, 2 to 100 ms",
            Rule::EqualJitter => "equal jitter",
            Rule::Decorrelated => "decorrelated jitter",
            Rule::Grpc => "gRPC",
            Rule::AtOnce => "the guide's",
            Rule::EightAtOnce => "the crate's",
        }
    }

    /// What follows a lost swap; `last` is the wait before it.
    pub(crate) fn next(self, loss: &Loss, last: Duration, chance: &mut Chance) -> Next {
        let random = chance.fraction();
        let wait = match self {
            Rule::Ours => return RetryPolicy::COUNTER.next(loss, random),
            Rule::Policy(policy) => return policy.next(loss, random),
            Rule::FullJitter => return RetryPolicy::DOUBLING.next(loss, random),
            Rule::EqualJitter => {
                let doubled = BASE.saturating_mul(1 << (loss.lost - 1).min(20));
                doubled.min(CAP).mul_f64(0.5 + random / 2.0)
            }
            Rule::Decorrelated => {
                let most = last.max(BASE) * 3;
                (BASE + most.saturating_sub(BASE).mul_f64(random)).min(CAP)
            }
            Rule::Grpc => {
                let grown = 1.6_f64.powi(i32::try_from(loss.lost - 1).unwrap_or(i32::MAX));
                Duration::from_secs_f64(grown.min(120.0) * (0.8 + 0.4 * random))
            }
            Rule::EightAtOnce if loss.lost >= 8 => return Next::OutOfRetries,
            Rule::AtOnce | Rule::EightAtOnce => Duration::ZERO,
        };
        if loss.elapsed + wait >= RetryPolicy::COUNTER.deadline {
            Next::OutOfTime
        } else {
            Next::Retry(wait)
        }
    }
}
