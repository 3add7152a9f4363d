//! From what was counted to what is worth telling: the rows of a key or of a client, the hottest first.

use std::cmp::Reverse;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use super::counts::{Counts, Span};
use super::findings::{Bound, By, Findings, Name, Part, Row, Scope, Watched};
use super::tally::{self, Of, Tally};
use super::top::{Slot, Top};

impl Tally {
    /// All rows with any count, hottest first; what only the caller knows stays empty.
    pub(crate) fn findings(&self, by: By, scope: Scope) -> Findings {
        let mut rows = match by {
            By::Key => rows(&self.by_key, scope, key, client_part),
            By::Client => rows(&self.by_client, scope, client, key_part),
            By::Host => rows(&self.by_host, scope, |slot| host(&slot.name), key_part),
            By::Prefix => {
                let prefix = |slot: &Slot<Arc<[u8]>, _>| self.prefix(&slot.name);
                rows(&self.by_prefix, scope, prefix, host_part)
            }
        };
        rank(&mut rows);
        let all = scope.of(&self.all);
        Findings {
            scope,
            by,
            elapsed: Duration::ZERO,
            at: None,
            rows,
            more: 0,
            all,
            bound: match by {
                By::Key | By::Client => bound(&self.by_key),
                By::Host => bound(&self.by_host),
                By::Prefix => bound(&self.by_prefix),
            },
            storms: match scope {
                Scope::Interval => self.storms.since_mark(),
                Scope::Whole => self.storms.whole(),
            },
            servers: vec![Watched {
                all,
                ..Watched::default()
            }],
        }
    }

    fn prefix(&self, name: &Arc<[u8]>) -> Name {
        if self.prefixes.is_shared(name) {
            Name::Prefix(Arc::clone(name))
        } else {
            Name::Key(Arc::clone(name))
        }
    }
}

/// The rows of whatever has been counted by name.
fn rows<K, P>(
    top: &Top<K, Of<P>>,
    scope: Scope,
    named: impl Fn(&Slot<K, Of<P>>) -> Name,
    part: fn(&Slot<P, tally::Part>) -> Name,
) -> Vec<Row>
where
    K: Clone + Eq + Hash,
    P: Clone + Eq + Hash,
{
    let told = |slot: &&Slot<K, Of<P>>| !scope.of(&slot.value.span).is_empty();
    let rows = top.iter().filter(told).map(|slot| {
        let of = &slot.value;
        Row {
            name: named(slot),
            server: None,
            counts: scope.of(&of.span),
            changed: of.changed,
            parts: parts(&of.parts, scope, part),
            connections: of.connections,
            hosts: parts(&of.hosts, scope, host_part),
            fights: of.fights.told(scope),
            history: Vec::new(),
            error: slot.error,
            partial: slot.partial,
            more_parts: of.parts.overflowed(),
            more_hosts: of.hosts.overflowed(),
        }
    });
    rows.collect()
}

fn parts<P: Clone + Eq + Hash>(
    top: &Top<P, tally::Part>,
    scope: Scope,
    named: fn(&Slot<P, tally::Part>) -> Name,
) -> Vec<Part> {
    let all = top.iter().map(|slot| Part {
        name: named(slot),
        counts: scope.of(&slot.value.span),
        partial: slot.partial,
    });
    let mut parts: Vec<Part> = all.filter(|part| !part.counts.is_empty()).collect();
    parts.sort_by_cached_key(|part| hotness(&part.counts, &part.name));
    parts
}

fn bound<K: Clone + Eq + Hash, P: Clone + Eq + Hash>(top: &Top<K, Of<P>>) -> Bound {
    Bound {
        tracked: top.len(),
        places: top.places(),
        overflowed: top.overflowed(),
        lost_unseen: top.floor(),
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

fn key<V>(slot: &Slot<Arc<[u8]>, V>) -> Name {
    Name::Key(Arc::clone(&slot.name))
}

fn client<P>(slot: &Slot<u64, Of<P>>) -> Name {
    let client = slot.value.client.as_ref();
    Name::Client(client.and_then(|client| client.name()).map(String::from))
}

fn host(name: &Arc<str>) -> Name {
    Name::Host((!name.is_empty()).then(|| Arc::clone(name)))
}

fn key_part(slot: &Slot<Arc<[u8]>, tally::Part>) -> Name {
    key(slot)
}

fn host_part(slot: &Slot<Arc<str>, tally::Part>) -> Name {
    host(&slot.name)
}

fn client_part(slot: &Slot<u64, tally::Part>) -> Name {
    let client = slot.value.client.as_ref();
    Name::Client(client.and_then(|client| client.name()).map(String::from))
}

/// The hottest first.
pub(super) fn rank(rows: &mut [Row]) {
    rows.sort_by_cached_key(|row| (hotness(&row.counts, &row.name), row.server.clone()));
}

/// What rows are sorted by; names make the order the same each time.
pub(super) fn hotness(counts: &Counts, name: &Name) -> (Reverse<u64>, Reverse<u64>, Name) {
    (Reverse(counts.lost), Reverse(counts.stores), name.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

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
        let servers = vec![Watched {
            dropped: 3,
            ..Watched::default()
        }];
        let findings = Findings {
            servers,
            ..findings
        };
        assert!(findings.is_lower_bound());
        assert_eq!(findings.dropped(), 3);
    }

    #[test]
    fn a_host_has_all_of_its_connections() {
        let findings = fight().findings(By::Host, Scope::Whole);
        let [host] = findings.rows.as_slice() else {
            panic!("{findings:#?}");
        };
        assert_eq!(host.name, Name::Host(Some("10.0.0.1".into())));
        assert_eq!((host.counts.stores, host.counts.lost), (98, 4));
        assert_eq!((host.connections, host.parts.len()), (2, 2));
        assert_eq!(host.parts[0].name, Name::Key(b"hot"[..].into()));
    }

    #[test]
    fn whose_address_is_not_known_is_of_no_host() {
        let mut tally = Tally::new(Vec::new());
        let nobody = Arc::new(crate::cas::mutation::Writer::unnamed(7));
        tally.take(&tried("k", "set", Outcome::Stored, Some(&nobody)));
        let findings = tally.findings(By::Host, Scope::Whole);
        assert_eq!(findings.rows[0].name, Name::Host(None));
        assert_eq!(findings.rows[0].connections, 0);
    }

    #[test]
    fn keys_that_begin_alike_are_one_row() {
        let mut tally = Tally::new(Vec::new());
        let (one, other) = (named(1, "10.0.0.1:11"), named(2, "10.0.0.2:22"));
        for (key, writer) in [("user:1", &one), ("user:2", &other), ("alone", &one)] {
            tally.take(&tried(key, "set", Outcome::Stored, Some(writer)));
        }
        let findings = tally.findings(By::Prefix, Scope::Whole);
        let rows = findings.rows.iter().map(|row| (&row.name, row.parts.len()));
        let (shared, alone) = (b"user:"[..].into(), b"alone"[..].into());
        let expected = [(&Name::Prefix(shared), 2), (&Name::Key(alone), 1)];
        assert_eq!(rows.collect::<Vec<_>>(), expected);
    }

    /// Numbers that look drawn by chance, the same in each run.
    fn drawn(seed: u64) -> impl FnMut(u64) -> u64 {
        let mut state = seed;
        move |below| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        }
    }

    /// Which swap was lost on which of a million keys: a tenth of them on ten keys, unequal; the rest on any.
    fn stream(seed: u64, swaps: usize) -> Vec<u64> {
        let mut below = drawn(seed);
        let mut stream = Vec::with_capacity(swaps);
        for _ in 0..swaps {
            stream.push(match below(10) {
                0 => below(10).min(below(10)),
                _ => 10 + below(1_000_000),
            });
        }
        stream
    }

    #[test]
    fn the_top_ten_of_a_million_keys_are_the_true_ones_in_any_order() {
        let mixed = stream(1, 200_000);
        let (mut falling, mut rising) = (mixed.clone(), mixed.clone());
        falling.sort_unstable();
        rising.sort_unstable_by_key(|&key| Reverse(key));
        for stream in [mixed, falling, rising] {
            let mut truth: HashMap<u64, u64> = HashMap::new();
            let mut tally = Tally::new(Vec::new());
            for &key in &stream {
                *truth.entry(key).or_default() += 1;
                lose(&mut tally, &key.to_string(), 1);
            }
            let findings = tally.findings(By::Key, Scope::Whole);
            let bound = stream.len() as u64 / findings.bound.places as u64;
            assert!(findings.bound.overflowed && findings.bound.lost_unseen <= bound);
            let lost = |row: &Row| match &row.name {
                Name::Key(key) => truth[&std::str::from_utf8(key).unwrap().parse().unwrap()],
                name => panic!("{name:?}"),
            };
            for row in &findings.rows {
                let (told, truth) = (row.counts.lost, lost(row));
                assert!(told <= truth && truth <= told + row.error && row.error <= bound);
            }
            let mut true_ten: Vec<u64> = truth.values().copied().collect();
            true_ten.sort_unstable_by_key(|&lost| Reverse(lost));
            let told: Vec<u64> = findings.rows[..10].iter().map(lost).collect();
            assert_eq!(told, true_ten[..10]);
        }
    }
}
