//! What is simulated.

use std::time::Duration;

use crate::figures::Figures;
use crate::rule::Rule;
use crate::world::{Costs, Crowd, World};

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
    }
}

pub(crate) fn local() -> Vec<Scenario> {
    [2, 8, 32, 128, 512]
        .map(|writers| staying(writers, LOCAL, ""))
        .into()
}

pub(crate) fn remote() -> Vec<Scenario> {
    let exchanges = [("1 ms", 1), ("20 ms", 20), ("100 ms", 100)];
    let scenarios = exchanges.into_iter().flat_map(|(name, exchange)| {
        let costs = away(Duration::from_millis(exchange));
        [2, 8, 128].map(|writers| staying(writers, costs, &format!(", exchange {name}")))
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule;

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
