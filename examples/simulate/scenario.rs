//! What is simulated.

use std::time::Duration;

use crate::figures::Figures;
use crate::rule::Rule;
use crate::world::{Costs, Crowd, Frozen, World};

const SEED: u64 = 20_261_126;

/// One crowd in one world.
pub(crate) struct Scenario {
    /// What stands in the table for it.
    pub(crate) name: String,
    pub(crate) writers: usize,
    costs: Costs,
    crowd: Crowd,
}

/// Costs as measured on a small virtual machine of two cores, with the server on it.
const LOCAL: Costs = Costs {
    way: Duration::from_nanos(500),
    jitter: Duration::from_micros(2),
    service: Duration::from_micros(7),
    work: Duration::from_micros(12),
    waking: Duration::from_micros(60),
    cores: Some(2),
    frozen: None,
};

/// The costs of writers of their own machine, with so much time for an exchange.
fn away(exchange: Duration) -> Costs {
    Costs {
        way: exchange / 2,
        jitter: exchange / 10,
        service: Duration::from_micros(6),
        work: Duration::from_micros(9),
        waking: Duration::from_micros(60),
        cores: None,
        frozen: None,
    }
}

pub(crate) fn local() -> Vec<Scenario> {
    [2, 8, 32, 128, 512]
        .map(|writers| staying(writers, LOCAL, ""))
        .into()
}

/// The crowds of which it is seen what a rule is good for: where the machine is at rest, where others use most of it, and where
/// each writer has its own.
pub(crate) fn telling() -> Vec<Scenario> {
    let busy = Costs {
        service: LOCAL.service * 3,
        work: LOCAL.work * 3,
        waking: LOCAL.waking * 3,
        ..LOCAL
    };
    let mut scenarios = local();
    scenarios.push(staying(512, busy, ", busy machine"));
    let near = away(Duration::from_micros(300));
    scenarios.extend([8, 128, 512].map(|writers| staying(writers, near, ", exchange 0.3 ms")));
    scenarios
}

pub(crate) fn remote() -> Vec<Scenario> {
    let exchanges = [
        ("0.3 ms", 300),
        ("1 ms", 1000),
        ("20 ms", 20_000),
        ("100 ms", 100_000),
    ];
    let scenarios = exchanges.into_iter().flat_map(|(name, exchange)| {
        let costs = away(Duration::from_micros(exchange));
        [2, 8, 128, 512].map(|writers| staying(writers, costs, &format!(", exchange {name}")))
    });
    scenarios.collect()
}

pub(crate) fn crowds() -> Vec<Scenario> {
    let crowds = [("1,000", 1_000), ("10,000", 10_000), ("100,000", 100_000)];
    let scenarios = crowds.map(|(name, writers)| Scenario {
        name: format!("{name}, exchange 1 ms"),
        writers,
        costs: away(Duration::from_millis(1)),
        crowd: Crowd::Passing {
            writers,
            within: Duration::from_secs(1),
        },
    });
    scenarios.into()
}

/// Writers that do something else between two increments.
pub(crate) fn thinking() -> Vec<Scenario> {
    let times = [("1 ms", 1), ("1 s", 1000)];
    let scenarios = times.into_iter().flat_map(|(name, time)| {
        [8, 128, 512].map(|writers| {
            let scenario = staying(writers, LOCAL, &format!(", think {name}"));
            scenario.thinking(Duration::from_millis(time))
        })
    });
    scenarios.collect()
}

/// A server that stands still in the middle.
pub(crate) fn frozen() -> Vec<Scenario> {
    let times = [("200 ms", 200), ("1 s", 1000)];
    let scenarios = times.into_iter().flat_map(|(name, time)| {
        [2, 32, 512].map(|writers| {
            let scenario = staying(writers, LOCAL, &format!(", frozen {name}"));
            scenario.frozen(Duration::from_secs(2), Duration::from_millis(time))
        })
    });
    scenarios.collect()
}

fn staying(writers: usize, costs: Costs, what: &str) -> Scenario {
    Scenario {
        name: format!("{writers}{what}"),
        writers,
        costs,
        crowd: Crowd::Staying {
            writers,
            pause: Duration::ZERO,
            time: Duration::from_secs(5),
        },
    }
}

impl Scenario {
    pub(crate) fn run(&self, rule: Rule) -> Figures {
        World::new(self.costs, self.crowd, rule, SEED).run()
    }

    fn thinking(mut self, time: Duration) -> Scenario {
        if let Crowd::Staying { pause, .. } = &mut self.crowd {
            *pause = time;
        }
        self
    }

    fn frozen(mut self, from: Duration, time: Duration) -> Scenario {
        self.costs.frozen = Some(Frozen { from, time });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cas, rule};

    fn small(rule: Rule) -> Figures {
        sixteen(rule, 1)
    }

    /// Sixteen writers for so many seconds.
    fn sixteen(rule: Rule, seconds: u64) -> Figures {
        let scenario = Scenario {
            name: String::new(),
            writers: 16,
            costs: away(Duration::from_millis(1)),
            crowd: Crowd::Staying {
                writers: 16,
                pause: Duration::ZERO,
                time: Duration::from_secs(seconds),
            },
        };
        scenario.run(rule)
    }

    #[test]
    fn the_same_seed_gives_the_same_figures() {
        for rule in rule::ALL {
            let row = || small(rule).row("", "");
            assert_eq!(row(), row(), "{rule:?}");
        }
    }

    #[test]
    fn nobody_is_faster_than_the_limit() {
        for rule in rule::ALL {
            let share = small(rule).of_limit();
            assert!(share > 0.0 && share <= 1.0, "{rule:?}: {share}");
        }
    }

    #[test]
    fn writers_that_think_for_long_hardly_meet() {
        let second = Duration::from_secs(1);
        for rule in rule::ALL {
            let figures = staying(8, LOCAL, "").thinking(second).run(rule);
            // Five seconds, and each begins within the first.
            assert!((30..=48).contains(&figures.increments()), "{rule:?}");
            assert!(figures.longest() < Duration::from_millis(2), "{rule:?}");
        }
    }

    #[test]
    fn while_the_server_stands_still_nothing_comes_and_afterwards_all_does() {
        let (two, still) = (Duration::from_secs(2), Duration::from_millis(200));
        for rule in rule::ALL {
            let figures = staying(1, LOCAL, "").frozen(two, still).run(rule);
            let flowing = staying(1, LOCAL, "").run(rule);
            let share = figures.per_second() / flowing.per_second();
            // 4.8 of 5 seconds.
            assert!((0.955..0.965).contains(&share), "{rule:?}: {share}");
            let longest = figures.longest();
            let expected = still..still + Duration::from_millis(1);
            assert!(expected.contains(&longest), "{rule:?}: {longest:?}");
        }
    }

    #[test]
    fn a_wait_is_not_longer_than_the_queue_is_worth() {
        let before = cas::RetryPolicy {
            queue: 0,
            ..cas::RetryPolicy::COUNTER
        };
        let (before, ours) = (sixteen(Rule::Policy(before), 5), sixteen(Rule::Ours, 5));
        assert!(ours.per_second() > before.per_second() * 1.3);
        assert!(ours.at(0.99) < before.at(0.99) / 2);
        assert!(ours.longest() < before.longest());
    }

    #[test]
    fn increments_that_never_come_count_as_long_as_any_may_take() {
        let deadline = cas::RetryPolicy::COUNTER.deadline;
        assert!(small(Rule::Ours).longest() < deadline);
        let soon_given_up = small(Rule::EightAtOnce);
        assert!(soon_given_up.longest() >= deadline);
        assert!(soon_given_up.at(0.99) >= deadline);
    }

    #[test]
    fn increments_under_way_at_the_end_are_finished_and_counted() {
        // Who waits for seconds is still waiting when the time is over.
        let (grpc, second) = (small(Rule::Grpc), Duration::from_secs(1));
        assert!(grpc.longest() > second, "{:?}", grpc.longest());
        assert!(grpc.fairness() < 0.9);
    }

    #[test]
    fn a_single_writer_needs_one_attempt_and_two_exchanges() {
        let scenario = staying(1, away(Duration::from_millis(1)), "");
        let figures = scenario.run(Rule::Ours);
        assert!(
            (0.4..0.5).contains(&figures.of_limit()),
            "{}",
            figures.of_limit()
        );
    }

    #[test]
    fn ours_gives_nobody_up_where_eight_attempts_do() {
        assert!(small(Rule::Ours).given_up() < f64::EPSILON);
        assert!(small(Rule::EightAtOnce).given_up() > 0.1);
        // Over a second some wait once more often than others; over five it is even.
        let fairness = sixteen(Rule::Ours, 5).fairness();
        assert!(fairness > 0.9, "{fairness}");
    }
}
