//! The findings of several servers' logs as one.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::findings::{Bound, By, Findings, Name, Part, Row};
use super::ranking::{hotness, rank};

impl Findings {
    /// All of them as one; `None` of none. A key and a client are of one server; hosts and prefixes are summed up.
    pub(crate) fn joined(all: Vec<Findings>) -> Option<Findings> {
        let several = all.len() > 1;
        let mut all = all.into_iter().map(|findings| {
            if several {
                findings.on_its_server()
            } else {
                findings
            }
        });
        let first = all.next()?;
        let mut joined = all.fold(first, Findings::and);
        if matches!(joined.by, By::Host | By::Prefix) {
            joined.rows = summed(joined.rows);
        }
        rank(&mut joined.rows);
        joined.storms.sort_by_key(|storm| Reverse(storm.misses));
        Some(joined)
    }

    /// With the server's name in each row that is of this server alone.
    fn on_its_server(mut self) -> Findings {
        if let (By::Key | By::Client, [watched]) = (self.by, self.servers.as_slice()) {
            for row in &mut self.rows {
                row.server = Some(Arc::clone(&watched.server));
            }
        }
        self
    }

    fn and(mut self, other: Findings) -> Findings {
        self.rows.extend(other.rows);
        self.more += other.more;
        self.all = self.all.plus(&other.all);
        self.elapsed = self.elapsed.max(other.elapsed);
        self.bound = self.bound.and(other.bound, self.by);
        self.servers.extend(other.servers);
        self.storms.extend(other.storms);
        self
    }
}

impl Bound {
    /// What is not counted on one server can be on the other, too, unless it is of one server only.
    fn and(self, other: Bound, by: By) -> Bound {
        let lost_unseen = match by {
            By::Key | By::Client => self.lost_unseen.max(other.lost_unseen),
            By::Host | By::Prefix => self.lost_unseen + other.lost_unseen,
        };
        Bound {
            tracked: self.tracked + other.tracked,
            places: self.places.min(other.places),
            overflowed: self.overflowed || other.overflowed,
            lost_unseen,
        }
    }
}

/// Rows of the same name as one.
fn summed(rows: Vec<Row>) -> Vec<Row> {
    let mut by_name: HashMap<Name, Row> = HashMap::new();
    for row in rows {
        match by_name.entry(row.name.clone()) {
            Entry::Vacant(vacant) => drop(vacant.insert(row)),
            Entry::Occupied(mut occupied) => occupied.get_mut().add(row),
        }
    }
    by_name.into_values().collect()
}

impl Row {
    fn add(&mut self, other: Row) {
        self.counts = self.counts.plus(&other.counts);
        self.changed = self.changed.max(other.changed);
        self.connections += other.connections;
        self.error += other.error;
        self.partial |= other.partial;
        self.more_parts |= other.more_parts;
        self.history = added(&self.history, &other.history);
        for part in other.parts {
            self.add_part(part);
        }
        self.parts
            .sort_by_cached_key(|part| hotness(&part.counts, &part.name));
    }

    fn add_part(&mut self, part: Part) {
        match self.parts.iter_mut().find(|mine| mine.name == part.name) {
            Some(mine) => {
                mine.counts = mine.counts.plus(&part.counts);
                mine.partial |= part.partial;
            }
            None => self.parts.push(part),
        }
    }
}

/// Interval by interval, from the last one back.
fn added(one: &[u64], other: &[u64]) -> Vec<u64> {
    let length = one.len().max(other.len());
    let at = |history: &[u64], back: usize| {
        let at = history.len().checked_sub(back);
        at.and_then(|at| history.get(at).copied()).unwrap_or(0)
    };
    (1..=length)
        .rev()
        .map(|back| at(one, back) + at(other, back))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::Outcome;
    use crate::contention::testing::{named, tried};
    use crate::contention::{Scope, Tally};

    /// What a server's log showed: swaps that the client lost on each key.
    fn found(by: By, server: &str, client: &str, keys: &[(&str, usize)]) -> Findings {
        let mut tally = Tally::new(Vec::new());
        let writer = named(1, client);
        for &(key, lost) in keys {
            let lose = tried(key, "cas", Outcome::Exists, Some(&writer));
            (0..lost).for_each(|_| tally.take(&lose));
        }
        let mut findings = tally.findings(by, Scope::Whole);
        findings.servers[0].server = server.into();
        findings
    }

    fn joined(by: By) -> Findings {
        Findings::joined(vec![
            found(by, "a:1", "10.0.0.1:5", &[("user:1", 1), ("k", 5)]),
            found(by, "b:1", "10.0.0.1:6", &[("user:2", 3), ("k", 2)]),
        ])
        .unwrap()
    }

    fn rows(findings: &Findings) -> Vec<(Name, Option<&str>, u64)> {
        let rows = findings.rows.iter();
        rows.map(|row| (row.name.clone(), row.server.as_deref(), row.counts.lost))
            .collect()
    }

    fn key(name: &str) -> Name {
        Name::Key(name.as_bytes().into())
    }

    #[test]
    fn the_same_key_on_two_servers_is_two_rows() {
        let expected = [
            (key("k"), Some("a:1"), 5),
            (key("user:2"), Some("b:1"), 3),
            (key("k"), Some("b:1"), 2),
            (key("user:1"), Some("a:1"), 1),
        ];
        assert_eq!(rows(&joined(By::Key)), expected);
        assert_eq!(joined(By::Key).all.lost, 11);
    }

    #[test]
    fn a_host_is_one_row_over_all_servers() {
        let joined = joined(By::Host);
        let host = Name::Host(Some("10.0.0.1".into()));
        assert_eq!(rows(&joined), [(host, None, 11)]);
        assert_eq!(joined.rows[0].connections, 2);
        let parts = joined.rows[0].parts.iter();
        let parts: Vec<_> = parts.map(|part| (&part.name, part.counts.lost)).collect();
        assert_eq!(parts[0], (&key("k"), 7));
    }

    #[test]
    fn a_prefix_is_one_row_and_so_is_a_key_by_itself() {
        let prefix = Name::Prefix(b"user:"[..].into());
        assert_eq!(
            rows(&joined(By::Prefix)),
            [(key("k"), None, 7), (prefix, None, 4)]
        );
    }

    #[test]
    fn one_server_needs_no_name_in_its_rows() {
        let one = found(By::Key, "a:1", "10.0.0.1:5", &[("k", 1)]);
        let joined = Findings::joined(vec![one]).unwrap();
        assert_eq!(rows(&joined), [(key("k"), None, 1)]);
        assert!(Findings::joined(Vec::new()).is_none());
    }

    #[test]
    fn what_cannot_be_seen_adds_up_only_where_it_is_the_same_thing() {
        let bound = |lost_unseen| Bound {
            tracked: 4,
            places: 4,
            overflowed: true,
            lost_unseen,
        };
        assert_eq!(bound(2).and(bound(3), By::Key).lost_unseen, 3);
        assert_eq!(bound(2).and(bound(3), By::Host).lost_unseen, 5);
    }

    #[test]
    fn histories_are_added_from_their_ends() {
        assert_eq!(added(&[1, 2, 3], &[10]), [1, 2, 13]);
        assert_eq!(added(&[], &[4]), [4]);
        assert!(added(&[], &[]).is_empty());
    }
}
