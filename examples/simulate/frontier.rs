//! What each number of the rule is good for: the rule with one of them changed.

use std::io::{self, Write};
use std::time::Duration;

use crate::cas::RetryPolicy;
use crate::figures::{Figures, shown};
use crate::rule::Rule;
use crate::scenario::Scenario;

const CHOSEN: RetryPolicy = RetryPolicy::COUNTER;

/// A rule, and what it is in words.
type Variant = (String, RetryPolicy);

fn variants() -> Vec<Variant> {
    let mut variants = vec![("**as it is (chosen)**".into(), CHOSEN)];
    variants.extend(other_ceilings());
    variants.extend(other_crowds());
    variants.push(("full jitter, 2 to 100 ms".into(), RetryPolicy::DOUBLING));
    variants
}

/// How long the first waits are.
fn other_ceilings() -> Vec<Variant> {
    let at_once = [0, 3].map(|at_once| {
        let name = format!("retries at once: {at_once}");
        (name, RetryPolicy { at_once, ..CHOSEN })
    });
    let first = [16, 48, 80].map(|millis| {
        let name = format!("first ceiling {millis} ms");
        (name, from_to(millis, millis, CHOSEN.growth))
    });
    let next = [50, 70, 100].map(|growth| {
        let name = format!("next ceiling {growth} %");
        (name, RetryPolicy { growth, ..CHOSEN })
    });
    let growing = [(2, 100), (8, 100), (8, 300)].map(|(first, cap)| {
        let name = format!("ceiling from {first} to {cap} ms, times 3");
        (name, from_to(first, cap, 300))
    });
    let surely = [0, 50].map(|surely| {
        let name = format!("at least {surely} % of the ceiling");
        (name, RetryPolicy { surely, ..CHOSEN })
    });
    let mut all: Vec<Variant> = at_once.into();
    all.extend(first);
    all.extend(next);
    all.extend(growing);
    all.extend(surely);
    all
}

/// How a crowd is noticed.
fn other_crowds() -> Vec<Variant> {
    let attempts = [0, 16, 256].map(|attempts| {
        let name = format!("no less than {attempts} attempts");
        (name, RetryPolicy { attempts, ..CHOSEN })
    });
    let queue = [("none", 0), ("a quarter", 4), ("a sixteenth", 16)].map(|(part, queue)| {
        let name = format!("doubled for each part of a round trip: {part}");
        (name, RetryPolicy { queue, ..CHOSEN })
    });
    let age = [("none", 0), ("1/8", 8)].map(|(part, age)| {
        let name = format!("part of the loop's time: {part}");
        (name, RetryPolicy { age, ..CHOSEN })
    });
    attempts.into_iter().chain(age).chain(queue).collect()
}

fn from_to(first: u64, cap: u64, growth: u32) -> RetryPolicy {
    RetryPolicy {
        base: Duration::from_millis(first),
        growth,
        cap: Duration::from_millis(cap),
        ..CHOSEN
    }
}

/// A table: a line for each variant, a column for each scenario.
pub(crate) fn table(out: &mut impl Write, scenarios: &[Scenario]) -> io::Result<()> {
    let (mut head, mut line) = ("| rule |".to_string(), "|---|".to_string());
    for scenario in scenarios {
        head += &format!(" {} |", scenario.name);
        line += "---|";
    }
    writeln!(out, "{head}\n{line}")?;
    for (what, policy) in variants() {
        let cells = scenarios.iter().map(|scenario| {
            let figures = scenario.run(Rule::Policy(policy));
            format!(" {} |", cell(&figures))
        });
        writeln!(out, "| {what} |{}", cells.collect::<String>())?;
    }
    Ok(())
}

/// Throughput, 99th percentile and Jain's index.
fn cell(figures: &Figures) -> String {
    format!(
        "{:.0}/s, {}, {:.2}",
        figures.per_second(),
        shown(figures.at(0.99)),
        figures.fairness()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    #[test]
    fn only_the_first_variant_is_the_rule_as_it_is_and_no_two_are_the_same() {
        let variants = variants();
        for (at, (what, policy)) in variants.iter().enumerate() {
            assert_eq!(*policy == CHOSEN, at == 0, "{what}");
            let earlier = &variants[..at];
            assert!(
                earlier
                    .iter()
                    .all(|(name, other)| name != what && other != policy)
            );
        }
    }

    #[test]
    fn the_table_has_a_line_for_each_variant_and_the_figures_of_the_rule() {
        let two = &scenario::local()[..1];
        let mut table = Vec::new();
        super::table(&mut table, two).unwrap();
        let table = String::from_utf8(table).unwrap();
        assert_eq!(table.lines().count(), 2 + variants().len());
        let ours = cell(&two[0].run(Rule::Ours));
        let chosen = table.lines().nth(2).unwrap();
        assert_eq!(chosen, format!("| **as it is (chosen)** | {ours} |"));
    }
}
