//! The findings of several servers' logs as one.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::findings::{Bound, By, Fighters, Findings, Part, Reading, Row, Scope, Watched};
use super::ranking::{hotness, rank};
use super::storm;

/// Pairs of a row that are added up over intervals.
const FIGHTS: usize = 64;

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

    /// With those of a later interval: what can be known of both together from the rows that are told of each.
    pub(crate) fn then(mut self, later: Findings) -> Findings {
        let elapsed = self.elapsed.saturating_add(later.elapsed);
        self.leave_to(&later);
        // A row that was left out of one of them had no more than those that are told.
        let more = self.more.max(later.more);
        let servers = std::mem::take(&mut self.servers);
        let mut both = Findings {
            scope: Scope::Whole,
            storms: storm::together(std::mem::take(&mut self.storms), later.storms.clone()),
            ..self.and(Findings {
                servers: Vec::new(),
                storms: Vec::new(),
                ..later.clone()
            })
        };
        both.elapsed = elapsed;
        both.more = more;
        both.rows = summed(both.rows);
        rank(&mut both.rows);
        both.servers = in_turn(servers, later.servers);
        both.bound.tracked = later.bound.tracked;
        both
    }

    /// Leaves to later findings what these tell of all the time until then.
    fn leave_to(&mut self, later: &Findings) {
        let told: HashSet<_> = later.rows.iter().map(Row::id).collect();
        for row in self.rows.iter_mut().filter(|row| told.contains(&row.id())) {
            row.connections = 0;
            row.error = 0;
        }
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
        self.more = self.more.saturating_add(other.more);
        self.all = self.all.plus(&other.all);
        self.elapsed = self.elapsed.max(other.elapsed);
        self.at = self.at.max(other.at);
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
            By::Host | By::Prefix => self.lost_unseen.saturating_add(other.lost_unseen),
        };
        Bound {
            tracked: self.tracked.saturating_add(other.tracked),
            places: self.places.min(other.places),
            overflowed: self.overflowed || other.overflowed,
            lost_unseen,
        }
    }
}

/// What the same servers did in one interval and a later one.
fn in_turn(mut earlier: Vec<Watched>, later: Vec<Watched>) -> Vec<Watched> {
    for server in later {
        match earlier
            .iter_mut()
            .find(|known| known.server == server.server)
        {
            Some(known) => known.go_on(server),
            None => earlier.push(server),
        }
    }
    earlier
}

impl Watched {
    fn go_on(&mut self, later: Watched) {
        self.all = self.all.plus(&later.all);
        self.dropped = self.dropped.saturating_add(later.dropped);
        self.behind = later.behind;
        self.failure = later.failure;
        self.counters = self
            .counters
            .zip(later.counters)
            .map(|(mine, more)| mine.plus(&more));
        self.reading = self.reading.zip(later.reading).map(|(mine, more)| Reading {
            lines: mine.lines.saturating_add(more.lines),
            deletes_told: more.deletes_told,
        });
    }
}

/// The same rows as one.
fn summed(rows: Vec<Row>) -> Vec<Row> {
    let mut by_id: HashMap<_, Row> = HashMap::new();
    for row in rows {
        match by_id.entry(row.id()) {
            Entry::Vacant(vacant) => drop(vacant.insert(row)),
            Entry::Occupied(mut occupied) => occupied.get_mut().add(row),
        }
    }
    by_id.into_values().collect()
}

impl Row {
    fn add(&mut self, other: Row) {
        self.counts = self.counts.plus(&other.counts);
        self.changed = self.changed.max(other.changed);
        self.connections = self.connections.saturating_add(other.connections);
        self.error = self.error.saturating_add(other.error);
        self.partial |= other.partial;
        self.more_parts |= other.more_parts;
        self.more_hosts |= other.more_hosts;
        add_parts(&mut self.parts, other.parts);
        add_parts(&mut self.hosts, other.hosts);
        add_fights(&mut self.fights.hosts, other.fights.hosts);
        add_fights(&mut self.fights.clients, other.fights.clients);
    }
}

/// The same pairs as one, those that met most first.
fn add_fights(mine: &mut Fighters, others: Fighters) {
    let mut fights = std::mem::take(&mut mine.fights);
    fights.extend(others.fights);
    *mine = Fighters::new(fights, mine.more || others.more);
    // Where connections come and go, each interval has others.
    mine.more |= mine.fights.len() > FIGHTS;
    mine.fights.truncate(FIGHTS);
}

/// The same parts as one, the hottest first.
fn add_parts(mine: &mut Vec<Part>, others: Vec<Part>) {
    for other in others {
        match mine.iter_mut().find(|part| part.name == other.name) {
            Some(part) => {
                part.counts = part.counts.plus(&other.counts);
                part.partial |= other.partial;
            }
            None => mine.push(other),
        }
    }
    mine.sort_by_cached_key(|part| hotness(&part.counts, &part.name));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::Outcome;
    use crate::contention::findings::Name;
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
    fn intervals_that_follow_each_other_are_one_time() {
        let (first, mut later) = (joined(By::Host), joined(By::Host));
        later.servers[0].failure = Some("gone".into());
        let both = first.then(later);
        let host = Name::Host(Some("10.0.0.1".into()));
        assert_eq!(rows(&both), [(host, None, 22)]);
        assert_eq!(both.rows[0].connections, 2, "they were there before");
        let servers = both.servers.iter();
        let servers: Vec<_> = servers
            .map(|server| (&*server.server, &server.failure))
            .collect();
        assert_eq!(servers, [("a:1", &Some("gone".into())), ("b:1", &None)]);
        assert_eq!((both.all.lost, both.scope), (22, Scope::Whole));
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
}
