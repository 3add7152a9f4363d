//! From what was counted to what is worth telling: the rows of a key or of a client, the hottest first.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::counts::{Counts, Span};
use super::findings::{Bound, By, Findings, Name, Part, Row, Scope};
use super::tally::{OfClient, OfKey, Tally};
use super::top::Slot;

impl Tally {
    /// All rows with any count, hottest first; what only the caller knows stays empty.
    pub(crate) fn findings(&self, by: By, scope: Scope) -> Findings {
        let mut rows = match by {
            By::Key => self.key_rows(scope),
            By::Client => self.client_rows(scope),
        };
        rows.sort_by_cached_key(|row| hotness(&row.counts, &row.name));
        Findings {
            scope,
            by,
            elapsed: Duration::ZERO,
            rows,
            more: 0,
            all: scope.of(&self.all),
            bound: Bound {
                tracked: self.keys.len(),
                overflowed: self.keys.overflowed(),
                lost_unseen: self.keys.floor(),
            },
            dropped: 0,
            behind: false,
            server: None,
        }
    }

    fn key_rows(&self, scope: Scope) -> Vec<Row> {
        let told = |slot: &&Slot<_, OfKey>| !scope.of(&slot.value.span).is_empty();
        let rows = self.keys.iter().filter(told).map(|slot| {
            let of_key = &slot.value;
            Row {
                name: Name::Key(Arc::clone(&slot.name)),
                counts: scope.of(&of_key.span),
                changed: of_key.changed,
                parts: parts(
                    of_key
                        .writers
                        .iter()
                        .map(|slot| part(name(&slot.value), slot, scope)),
                ),
                history: of_key.history.iter().copied().collect(),
                error: slot.error,
                partial: slot.partial,
                more_parts: of_key.writers.overflowed(),
            }
        });
        rows.collect()
    }

    fn client_rows(&self, scope: Scope) -> Vec<Row> {
        let mut keys: HashMap<u64, Vec<Part>> = HashMap::new();
        for key in self.keys.iter() {
            for writer in key.value.writers.iter() {
                let of_writer = keys.entry(writer.name).or_default();
                of_writer.push(part(Name::Key(Arc::clone(&key.name)), writer, scope));
            }
        }
        let lossy = self.keys.overflowed();
        let told = self
            .writers
            .iter()
            .filter(|slot| !scope.of(&slot.value.span).is_empty());
        told.map(|slot| Row {
            name: name(&slot.value),
            counts: scope.of(&slot.value.span),
            changed: None,
            parts: parts(keys.remove(&slot.name).unwrap_or_default().into_iter()),
            history: Vec::new(),
            error: slot.error,
            partial: slot.partial,
            more_parts: lossy,
        })
        .collect()
    }
}

impl Scope {
    fn of(self, span: &Span) -> Counts {
        match self {
            Scope::Interval => span.since_mark(),
            Scope::Whole => span.now,
        }
    }
}

fn name(of_client: &OfClient) -> Name {
    let client = of_client.client.as_ref();
    Name::Client(client.and_then(|client| client.name()).map(String::from))
}

fn part(name: Name, of_client: &Slot<u64, OfClient>, scope: Scope) -> Part {
    Part {
        name,
        counts: scope.of(&of_client.value.span),
        partial: of_client.partial,
    }
}

fn parts(all: impl Iterator<Item = Part>) -> Vec<Part> {
    let mut parts: Vec<Part> = all.filter(|part| !part.counts.is_empty()).collect();
    parts.sort_by_cached_key(|part| hotness(&part.counts, &part.name));
    parts
}

/// What rows are sorted by; names make the order the same each time.
fn hotness(counts: &Counts, name: &Name) -> (Reverse<u64>, Reverse<u64>, Name) {
    (Reverse(counts.lost), Reverse(counts.stores), name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::{Mutation, Outcome};
    use crate::contention::testing::{named, tried};

    fn take(tally: &mut Tally, mutation: &Mutation, times: usize) {
        (0..times).for_each(|_| tally.take(mutation));
    }

    /// A number of swaps that lost, by nobody in particular.
    fn lose(tally: &mut Tally, key: &str, times: usize) {
        take(tally, &tried(key, "cas", Outcome::Exists, None), times);
    }

    /// Two clients on `hot`, one of them also on `cold`.
    fn fight() -> Tally {
        let mut tally = Tally::new(Vec::new());
        let (one, other) = (named(1, "10.0.0.1:11"), named(2, "10.0.0.1:22"));
        for (key, command, outcome, writer, times) in [
            ("cold", "set", Outcome::Stored, &one, 90),
            ("hot", "cas", Outcome::Stored, &one, 8),
            ("hot", "cas", Outcome::Exists, &other, 4),
        ] {
            take(
                &mut tally,
                &tried(key, command, outcome, Some(writer)),
                times,
            );
        }
        tally
    }

    fn client(port: u16) -> Name {
        Name::Client(Some(format!("10.0.0.1:{port}")))
    }

    #[test]
    fn the_key_that_lost_most_stands_first_with_its_hottest_client_first() {
        let findings = fight().findings(By::Key, Scope::Whole);
        let names: Vec<&Name> = findings.rows.iter().map(|row| &row.name).collect();
        assert_eq!(
            names,
            [
                &Name::Key(b"hot"[..].into()),
                &Name::Key(b"cold"[..].into())
            ]
        );
        let clients: Vec<&Name> = findings.rows[0]
            .parts
            .iter()
            .map(|part| &part.name)
            .collect();
        assert_eq!(clients, [&client(22), &client(11)]);
        assert!(!findings.is_lower_bound());
    }

    #[test]
    fn clients_have_their_keys() {
        let findings = fight().findings(By::Client, Scope::Whole);
        assert_eq!(
            (&findings.rows[0].name, findings.rows[0].counts.lost),
            (&client(22), 4)
        );
        assert_eq!(
            (findings.rows[1].counts.stores, findings.rows[1].parts.len()),
            (98, 2)
        );
    }

    #[test]
    fn an_interval_tells_only_what_happened_in_it() {
        let mut tally = fight();
        tally.mark();
        tally.take(&tried(
            "cold",
            "set",
            Outcome::Stored,
            Some(&named(2, "b:2")),
        ));
        let findings = tally.findings(By::Key, Scope::Interval);
        assert_eq!(
            (
                findings.rows.len(),
                findings.rows[0].parts.len(),
                findings.all.stores
            ),
            (1, 1, 1)
        );
    }

    #[test]
    fn a_share_counts_from_ten_swaps_on() {
        let mut tally = fight();
        let above =
            |tally: &Tally, ratio| tally.findings(By::Key, Scope::Whole).above(ratio).is_some();
        assert!(above(&tally, 0.3) && !above(&tally, 0.34));
        lose(&mut tally, "rare", 9);
        assert!(!above(&tally, 0.34));
        lose(&mut tally, "rare", 1);
        assert!(above(&tally, 0.34));
    }

    #[test]
    fn rows_left_out_are_counted_and_drops_make_a_lower_bound() {
        let findings = fight().findings(By::Key, Scope::Whole).cut(1);
        assert_eq!((findings.rows.len(), findings.more), (1, 1));
        let findings = Findings {
            dropped: 3,
            ..findings
        };
        assert!(findings.is_lower_bound());
    }
}
