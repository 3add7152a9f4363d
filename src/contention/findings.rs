//! The result of a log, or of one interval of it: rows, hottest first, and how far to trust them.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use super::counts::Counts;
use super::storm::Storm;
use crate::cas::mutation::Counters;

/// With fewer swaps than this, the share of lost ones says little.
pub(crate) const ENOUGH_SWAPS: u64 = 10;

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Key,
    /// One connection.
    Client,
    /// All connections of an address.
    Host,
    /// All keys that begin alike.
    Prefix,
}

/// Which time is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Since the last mark.
    Interval,
    /// All of it.
    Whole,
}

/// The data of one interval, or of the whole time.
#[derive(Debug, Clone)]
pub(crate) struct Findings {
    pub(crate) scope: Scope,
    pub(crate) by: By,
    pub(crate) elapsed: Duration,
    /// When it ended by our clock, in microseconds of unix time.
    pub(crate) at: Option<u64>,
    /// Hottest first: by swaps lost, then by stores.
    pub(crate) rows: Vec<Row>,
    /// Rows left out because only so many were wanted.
    pub(crate) more: usize,
    /// All stores that the logs showed, whatever their keys.
    pub(crate) all: Counts,
    pub(crate) bound: Bound,
    /// Many misses of a key by many clients within a second; the worst first.
    pub(crate) storms: Vec<Storm>,
    /// What is to be said of each server that was watched.
    pub(crate) servers: Vec<Watched>,
}

/// What one server's log showed, and how far that is to be trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Watched {
    pub(crate) server: Arc<str>,
    /// All stores that its log showed.
    pub(crate) all: Counts,
    /// Lines that it dropped or skipped.
    pub(crate) dropped: u64,
    /// Whether it had more of its log to tell when the time was up.
    pub(crate) behind: bool,
    /// What it counted by itself in the same time, if it says.
    pub(crate) counters: Option<Counters>,
    /// Why it is not watched, or not any more.
    pub(crate) failure: Option<String>,
    /// What is to be said of reads, if they were watched.
    pub(crate) reading: Option<Reading>,
}

/// What the log of reads was like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Lines of any kind that came.
    pub(crate) lines: u64,
    /// Whether it tells of deletes, so that their lookups are known.
    pub(crate) deletes_told: bool,
}

/// How far the counts are exact, by the means of counting (see [`Top`](super::top::Top)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bound {
    /// How many are counted one by one: hosts or prefixes, where rows are these, else keys.
    pub(crate) tracked: usize,
    /// How many can be, on a server that has fewest places.
    pub(crate) places: usize,
    /// Whether there were more.
    pub(crate) overflowed: bool,
    /// The most swaps that one can have lost without being counted.
    pub(crate) lost_unseen: u64,
}

/// One key, client, host or prefix.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: Name,
    /// On which server, where that can differ from row to row.
    pub(crate) server: Option<Arc<str>>,
    pub(crate) counts: Counts,
    /// When the key was last changed, by the server's clock, in microseconds of unix time.
    pub(crate) changed: Option<u64>,
    /// The clients of the key, the keys of the client or host, or the hosts of the prefix; hottest first.
    pub(crate) parts: Vec<Part>,
    /// Connections that the host was seen to have.
    pub(crate) connections: u64,
    /// The hosts of the key; hottest first.
    pub(crate) hosts: Vec<Part>,
    /// Who beat whom on the key.
    pub(crate) fights: Fights,
    /// What it did step by step, the last one last, if that was followed (see [`Timeline`](super::Timeline)).
    pub(crate) history: Vec<Counts>,
    /// How many lost swaps at most happened before the row was counted.
    pub(crate) error: u64,
    /// Whether the counts may lack what happened before the row was counted.
    pub(crate) partial: bool,
    /// Whether there were more parts, or hosts, than can be counted one by one.
    pub(crate) more_parts: bool,
    pub(crate) more_hosts: bool,
}

/// The share of one client in a key, of one key in a client, and so on.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) name: Name,
    pub(crate) counts: Counts,
    /// Whether the counts may lack what happened before the part was counted.
    pub(crate) partial: bool,
}

/// Of the swaps that lost on a key, whose store came before whose swap, told in two ways.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fights {
    pub(crate) hosts: Fighters,
    pub(crate) clients: Fighters,
}

/// Pairs of a winner and a loser; those that met most first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fighters {
    pub(crate) fights: Vec<Fight>,
    /// Whether there were more than can be counted one by one; these may have met more often, too.
    pub(crate) more: bool,
}

/// A winner and a loser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fight {
    /// Whose store came last before them.
    pub(crate) winner: Name,
    /// Whose swaps lost.
    pub(crate) loser: Name,
    pub(crate) lost: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Name {
    Key(Arc<[u8]>),
    /// `None` if it is not sure.
    Client(Option<String>),
    /// `None` if it is not sure.
    Host(Option<Arc<str>>),
    /// With its delimiter.
    Prefix(Arc<[u8]>),
}

impl Fights {
    /// By host where there are several, else by connection.
    pub(crate) fn telling(&self) -> &Fighters {
        let hosts = &self.hosts.fights;
        let mut names = hosts.iter().flat_map(|fight| [&fight.winner, &fight.loser]);
        let first = names.next();
        let several = names.any(|name| Some(name) != first);
        if several { &self.hosts } else { &self.clients }
    }
}

impl Fighters {
    /// Those of the pairs that met; those of the same names are one.
    pub(crate) fn new(mut fights: Vec<Fight>, more: bool) -> Fighters {
        let names = |fight: &Fight| (fight.winner.clone(), fight.loser.clone());
        fights.retain(|fight| fight.lost > 0);
        fights.sort_by_cached_key(names);
        fights.dedup_by(|other, fight| {
            let same = names(other) == names(fight);
            if same {
                fight.lost = fight.lost.saturating_add(other.lost);
            }
            same
        });
        // Stable: those that met as often stand in the order of their names.
        fights.sort_by_key(|fight| Reverse(fight.lost));
        Fighters { fights, more }
    }

    /// Swaps lost in all of them.
    pub(crate) fn lost(&self) -> u64 {
        let lost = self.fights.iter().map(|fight| fight.lost);
        lost.fold(0, u64::saturating_add)
    }
}

impl Watched {
    /// Whether more may have happened than its log showed.
    pub(crate) fn is_lower_bound(&self) -> bool {
        self.dropped > 0 || self.behind || self.failure.is_some()
    }
}

impl Findings {
    /// Nothing at all, of no server.
    pub(crate) fn empty(by: By, scope: Scope) -> Findings {
        Findings {
            scope,
            by,
            elapsed: Duration::ZERO,
            at: None,
            rows: Vec::new(),
            more: 0,
            all: Counts::default(),
            bound: Bound::default(),
            storms: Vec::new(),
            servers: Vec::new(),
        }
    }

    /// Nothing of the same kind.
    pub(crate) fn nothing(&self) -> Findings {
        Findings::empty(self.by, Scope::Whole)
    }

    /// Whether more may have happened than was found.
    pub(crate) fn is_lower_bound(&self) -> bool {
        let unsure = |server: &Watched| server.is_lower_bound();
        self.servers.iter().any(unsure) || self.rows.iter().any(|row| row.partial)
    }

    /// Whether reads were watched, too.
    pub(crate) fn has_reads(&self) -> bool {
        self.servers.iter().any(|server| server.reading.is_some())
    }

    /// Lines of the logs that came, where reads were watched.
    pub(crate) fn lines(&self) -> u64 {
        let readings = self.servers.iter().filter_map(|server| server.reading);
        readings.fold(0, |lines, reading| reading.lines.saturating_add(lines))
    }

    /// Lookups that the logs show like reads, although they may be none (touches, arithmetic in place); `None` where the
    /// servers do not say.
    pub(crate) fn like_reads(&self) -> Option<u64> {
        let like = |server: &Watched| {
            let reading = server.reading?;
            let lookups = server.counters?.lookups;
            Some(lookups.like_reads(reading.deletes_told))
        };
        self.servers.iter().map(like).sum()
    }

    /// Lines that the servers dropped or skipped.
    pub(crate) fn dropped(&self) -> u64 {
        let dropped = self.servers.iter().map(|server| server.dropped);
        dropped.fold(0, u64::saturating_add)
    }

    /// What the servers counted by themselves, if all of them say.
    pub(crate) fn counters(&self) -> Option<Counters> {
        let mut servers = self.servers.iter();
        let first = servers.next()?.counters?;
        servers.try_fold(first, |sum, server| Some(sum.plus(&server.counters?)))
    }

    /// The hottest key of which more than `ratio` of the swaps lost, if there were enough of them to tell.
    pub(crate) fn above(&self, ratio: f64) -> Option<&Row> {
        self.rows.iter().find(|row| {
            row.counts.swaps() >= ENOUGH_SWAPS
                && row.counts.lost_ratio().is_some_and(|lost| lost > ratio)
        })
    }

    /// Leaves the hottest `most` rows.
    pub(crate) fn cut(mut self, most: usize) -> Findings {
        self.more += self.rows.len().saturating_sub(most);
        self.rows.truncate(most);
        self
    }
}
