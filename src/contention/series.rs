//! What was counted as series for a monitoring system: bounded in number, and none of them ever falls.
//!
//! Of each server the keys at the top get a series of their own, up to a number; all others together have one more. A key
//! counts in its own series from when it gets it, so that the series of the others does not fall by what it brings. A
//! key that makes room for another takes what it had with it, and counts among the others from then on: given to these, what
//! it had in hours would look like something that happened just now. So the series grow together by what happened
//! on the server, no more and no less, whoever comes and goes, and rates may be added up. What happened since the beginning
//! is told by the total of the server ([`Watched::all`]) alone.

use std::collections::HashMap;
use std::sync::Arc;

use super::counts::Counts;
use super::findings::{Findings, Name, Row, Watched};

/// The series so far.
#[derive(Debug)]
pub(crate) struct Series {
    /// How many keys have one, over all servers.
    most: usize,
    keys: HashMap<Id, OfKey>,
    servers: HashMap<Arc<str>, OfServer>,
}

/// A key on a server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Id {
    server: Arc<str>,
    key: Arc<[u8]>,
}

#[derive(Debug, Default, Clone, Copy)]
struct OfKey {
    /// What it had when it got its series.
    before: Counts,
    told: Counts,
}

#[derive(Debug, Default, Clone, Copy)]
struct OfServer {
    /// What keys had told that have no series any more; it is told no more.
    retired: Counts,
    /// All keys without a series of their own.
    others: Counts,
}

/// One series: a key of a server, or all others of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct One {
    pub(crate) server: Arc<str>,
    /// `None` for the others.
    pub(crate) key: Option<Arc<[u8]>>,
    pub(crate) counts: Counts,
}

impl Series {
    pub(crate) fn new(most: usize) -> Series {
        Series {
            most,
            keys: HashMap::new(),
            servers: HashMap::new(),
        }
    }

    /// Takes in what has been found of all the time until now, by key and the hottest first.
    pub(crate) fn update(&mut self, findings: &Findings) {
        let rows = findings.rows.iter().take(self.most);
        let top: Vec<(Id, Counts)> = rows
            .filter_map(|row| Some((id(findings, row)?, row.counts)))
            .collect();
        self.make_room(&top);
        for (id, counts) in top {
            self.keys.entry(id).or_insert(OfKey {
                before: counts,
                told: Counts::default(),
            });
        }
        for row in &findings.rows {
            let known = id(findings, row).and_then(|id| self.keys.get_mut(&id));
            if let Some(of_key) = known {
                let since = row.counts.less(&of_key.before);
                of_key.told = of_key.told.most(&since);
            }
        }
        for server in &findings.servers {
            self.update_others(server);
        }
    }

    /// Retires keys that are not at the top, as many as it takes.
    fn make_room(&mut self, top: &[(Id, Counts)]) {
        let new = top.iter().filter(|(id, _)| !self.keys.contains_key(id));
        let wanted = (self.keys.len() + new.count()).saturating_sub(self.most);
        let is_top = |id: &Id| top.iter().any(|(other, _)| other == id);
        let mut cold: Vec<Id> = self.keys.keys().filter(|id| !is_top(id)).cloned().collect();
        cold.sort();
        for id in cold.into_iter().take(wanted) {
            if let Some(of_key) = self.keys.remove(&id) {
                let of_server = self.servers.entry(id.server).or_default();
                of_server.retired = of_server.retired.plus(&of_key.told);
            }
        }
    }

    fn update_others(&mut self, server: &Watched) {
        let own = self
            .keys
            .iter()
            .filter(|(id, _)| id.server == server.server)
            .fold(Counts::default(), |sum, (_, of_key)| sum.plus(&of_key.told));
        let of_server = self.servers.entry(Arc::clone(&server.server)).or_default();
        let others = server.all.less(&own).less(&of_server.retired);
        of_server.others = of_server.others.most(&others);
    }

    /// All series, in the order of their names.
    pub(crate) fn all(&self) -> Vec<One> {
        let keys = self.keys.iter().map(|(id, of_key)| One {
            server: Arc::clone(&id.server),
            key: Some(Arc::clone(&id.key)),
            counts: of_key.told,
        });
        let others = self.servers.iter().map(|(server, of_server)| One {
            server: Arc::clone(server),
            key: None,
            counts: of_server.others,
        });
        let mut all: Vec<One> = keys.chain(others).collect();
        all.sort_by(|one, other| (&one.server, &one.key).cmp(&(&other.server, &other.key)));
        all
    }
}

/// Which series a row belongs to.
fn id(findings: &Findings, row: &Row) -> Option<Id> {
    let Name::Key(key) = &row.name else {
        return None;
    };
    let only = findings.servers.first().map(|only| &only.server);
    Some(Id {
        server: Arc::clone(row.server.as_ref().or(only)?),
        key: Arc::clone(key),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cas::mutation::Outcome;
    use crate::contention::testing::tried;
    use crate::contention::{By, Scope, Tally};

    struct Watch {
        tally: Tally,
        series: Series,
    }

    impl Watch {
        fn of(most: usize) -> Watch {
            Watch {
                tally: Tally::new(Vec::new()),
                series: Series::new(most),
            }
        }

        /// Loses so many swaps on a key, and looks.
        fn lose(&mut self, key: &str, times: usize) -> Vec<(String, u64)> {
            let lose = tried(key, "cas", Outcome::Exists, None);
            (0..times).for_each(|_| self.tally.take(&lose));
            self.series
                .update(&self.tally.findings(By::Key, Scope::Whole));
            let all = self.series.all().into_iter().map(|one| {
                let key = one.key.unwrap_or_default();
                (String::from_utf8_lossy(&key).into_owned(), one.counts.lost)
            });
            all.collect()
        }
    }

    fn series(all: &[(&str, u64)]) -> Vec<(String, u64)> {
        all.iter().map(|&(key, lost)| (key.into(), lost)).collect()
    }

    #[test]
    fn a_key_counts_by_itself_from_when_it_has_a_series() {
        let mut watch = Watch::of(2);
        assert_eq!(watch.lose("a", 3), series(&[("", 3), ("a", 0)]));
        assert_eq!(watch.lose("a", 2), series(&[("", 3), ("a", 2)]));
        assert_eq!(watch.lose("b", 1), series(&[("", 4), ("a", 2), ("b", 0)]));
    }

    #[test]
    fn what_all_tell_is_what_happened() {
        let mut watch = Watch::of(9);
        for round in 0..20 {
            watch.lose(&format!("k{}", round % 4), 3);
        }
        let told: u64 = watch.series.all().iter().map(|one| one.counts.lost).sum();
        assert_eq!(told, 60);
    }

    /// By how much all series together grew between two looks; a new one begins at nothing. None may fall.
    fn growth(before: &HashMap<String, u64>, now: &HashMap<String, u64>) -> u64 {
        let grown = now.iter().map(|(key, now)| {
            let before = before.get(key).copied().unwrap_or_default();
            now.checked_sub(before).expect("no series falls")
        });
        grown.sum()
    }

    proptest! {
        #[test]
        fn the_series_grow_by_what_happened_whoever_comes_and_goes(
            rounds in proptest::collection::vec((0_u8..7, 0_usize..9), 1..80), most in 1_usize..5
        ) {
            let mut watch = Watch::of(most);
            let mut before = HashMap::new();
            for (key, times) in rounds {
                let all = watch.lose(&format!("k{key}"), times);
                prop_assert!(all.len() <= most + 1, "{all:?}");
                let now: HashMap<String, u64> = all.into_iter().collect();
                prop_assert_eq!(growth(&before, &now), times as u64);
                before = now;
            }
        }
    }
}
