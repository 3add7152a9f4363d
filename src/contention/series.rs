//! What was counted as series for a monitoring system: bounded in number, and none of them ever falls.
//!
//! Of each server the keys at the top get a series of their own, up to a number; all others together have one more. A key
//! counts in its own series from when it gets it, so that the series of the others does not fall by what it brings. A
//! key that makes room for another takes what it had with it, and counts among the others from then on: given to these, what
//! it had in hours would look like something that happened just now. One that comes back goes on from where it was: beginning
//! at nothing, it would lose what it had before to whoever did not look in between. So the series grow together by what
//! happened on the server, no more and no less, whoever comes and goes, and rates may be added up. What happened since the
//! beginning is told by the total of the server ([`Watched::all`]) alone.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::counts::Counts;
use super::findings::{Findings, Name, Row, Watched};

/// Keys that have no series any more, of which it is known where they were; others begin anew.
const REMEMBERED: usize = 1000;

/// The series so far.
#[derive(Debug)]
pub(crate) struct Series {
    /// How many keys have one, over all servers.
    most: usize,
    keys: HashMap<Id, OfKey>,
    /// What those had told that have no series any more, the latest last.
    gone: VecDeque<(Id, Counts)>,
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
    /// What it had when it got its series, without what it has told.
    before: Counts,
    told: Counts,
}

#[derive(Debug, Default, Clone, Copy)]
struct OfServer {
    /// What keys had told that have no series any more; it is told no more.
    retired: Counts,
    /// All keys without a series of their own.
    others: Counts,
    /// Lines of its log that it left out.
    dropped: u64,
}

/// What one series says: of a key of a server, or of all others of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sample {
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
            gone: VecDeque::new(),
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
            self.admit(id, counts);
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

    /// Gives a key a series, if it has none.
    fn admit(&mut self, id: Id, counts: Counts) {
        if self.keys.contains_key(&id) {
            return;
        }
        let mut gone = self.gone.iter();
        let told = match gone.position(|(other, _)| *other == id) {
            Some(at) => self.gone.remove(at).map(|(_, told)| told),
            None => None,
        };
        let told = told.unwrap_or_default();
        let of_server = self.servers.entry(Arc::clone(&id.server)).or_default();
        of_server.retired = of_server.retired.less(&told);
        let before = counts.less(&told);
        self.keys.insert(id, OfKey { before, told });
    }

    /// Retires keys that are not at the top, as many as it takes.
    fn make_room(&mut self, top: &[(Id, Counts)]) {
        let new = top.iter().filter(|(id, _)| !self.keys.contains_key(id));
        let wanted = (self.keys.len() + new.count()).saturating_sub(self.most);
        let is_top = |id: &Id| top.iter().any(|(other, _)| other == id);
        let mut cold: Vec<Id> = self.keys.keys().filter(|id| !is_top(id)).cloned().collect();
        cold.sort_unstable();
        for id in cold.into_iter().take(wanted) {
            if let Some(of_key) = self.keys.remove(&id) {
                let of_server = self.servers.entry(Arc::clone(&id.server)).or_default();
                of_server.retired = of_server.retired.plus(&of_key.told);
                self.gone.push_back((id, of_key.told));
            }
        }
        let too_many = self.gone.len().saturating_sub(REMEMBERED);
        self.gone.drain(..too_many);
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
        // Not known any more where somebody has reset the server's counters.
        of_server.dropped = of_server.dropped.max(server.dropped);
    }

    /// Lines of its log that a server left out.
    pub(crate) fn dropped(&self, server: &str) -> u64 {
        self.servers.get(server).map_or(0, |server| server.dropped)
    }

    /// All series, in the order of their names.
    pub(crate) fn all(&self) -> Vec<Sample> {
        let keys = self.keys.iter().map(|(id, of_key)| Sample {
            server: Arc::clone(&id.server),
            key: Some(Arc::clone(&id.key)),
            counts: of_key.told,
        });
        let others = self.servers.iter().map(|(server, of_server)| Sample {
            server: Arc::clone(server),
            key: None,
            counts: of_server.others,
        });
        let mut all: Vec<Sample> = keys.chain(others).collect();
        all.sort_unstable_by(|one, other| {
            (&one.server, &one.key).cmp(&(&other.server, &other.key))
        });
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
    fn a_key_that_comes_back_goes_on_from_where_it_was() {
        let mut watch = Watch::of(1);
        watch.lose("a", 3);
        assert_eq!(watch.lose("a", 2), series(&[("", 3), ("a", 2)]));
        // What it does until it is back counts among the others, and what it did before counts once.
        assert_eq!(watch.lose("b", 7), series(&[("", 10), ("b", 0)]));
        assert_eq!(watch.lose("a", 1), series(&[("", 11), ("b", 0)]));
        assert_eq!(watch.lose("a", 9), series(&[("", 20), ("a", 2)]));
        assert_eq!(watch.lose("a", 4), series(&[("", 20), ("a", 6)]));
    }

    #[test]
    fn where_a_key_was_is_known_of_the_latest_only() {
        let mut watch = Watch::of(1);
        for n in 0..1500 {
            watch.lose(&format!("k{n}"), 1 + n);
        }
        assert_eq!(watch.series.gone.len(), REMEMBERED);
    }

    #[test]
    fn what_was_dropped_is_not_forgotten_when_the_server_has() {
        let mut watch = Watch::of(1);
        for dropped in [47, 3] {
            let mut findings = watch.tally.findings(By::Key, Scope::Whole);
            findings.servers[0].server = "a:1".into();
            findings.servers[0].dropped = dropped;
            watch.series.update(&findings);
            assert_eq!(watch.series.dropped("a:1"), 47);
        }
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
            // What each series said when it was last there.
            let mut before = HashMap::new();
            for (key, times) in rounds {
                let all = watch.lose(&format!("k{key}"), times);
                prop_assert!(all.len() <= most + 1, "{all:?}");
                let now: HashMap<String, u64> = all.into_iter().collect();
                prop_assert_eq!(growth(&before, &now), times as u64);
                before.extend(now);
            }
        }
    }
}
