//! The JSON contract of `mccas contention`.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::cas::mutation::Counters;
use crate::contention::Counts;
use crate::contention::findings::{By, Fighters, Findings, Name, Part, Row, Scope, Watched};
use crate::contention::storm::Storm;
use crate::output::bytes::{Base64, text_or_base64};
use crate::output::calendar::utc;
use crate::output::rounding::rounded;

/// What a reader of these objects has to know; raised when a field changes its meaning.
pub(super) const VERSION: u32 = 1;

fn unversioned() -> u32 {
    VERSION
}

/// What an object tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Event {
    Interval,
    Report,
}

/// One interval, or the final findings.
#[skip_serializing_none]
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Object {
    /// Of this contract: what a recording is read by.
    #[serde(default = "unversioned")]
    pub(super) version: u32,
    pub(super) event: Event,
    /// When it ended, by our clock.
    pub(super) at: Option<String>,
    /// The server, if it is one.
    pub(super) server: Option<String>,
    pub(super) elapsed_ms: u64,
    pub(super) keys: Option<Vec<Entry>>,
    pub(super) clients: Option<Vec<Entry>>,
    pub(super) hosts: Option<Vec<Entry>>,
    pub(super) prefixes: Option<Vec<Entry>>,
    /// Rows left out by `--top`.
    pub(super) more: usize,
    /// All stores that the log showed, whatever their keys.
    pub(super) totals: Numbers,
    pub(super) dropped: u64,
    pub(super) lower_bound: bool,
    pub(super) tracked_keys: Option<usize>,
    pub(super) tracked_hosts: Option<usize>,
    pub(super) tracked_prefixes: Option<usize>,
    /// How many can be, on a server that has fewest places, if there were more.
    pub(super) tracked_at_most: Option<usize>,
    /// The most swaps that a row can have lost without being counted.
    pub(super) untracked_lost_at_most: Option<u64>,
    pub(super) counters: Option<ServerCounters>,
    pub(super) miss_storms: Option<Vec<MissStorm>>,
    /// Lines of the logs that came, where reads were watched, and lookups that they show like reads.
    pub(super) log_lines: Option<u64>,
    pub(super) lookups_like_reads: Option<u64>,
    /// Each server, if there are several.
    pub(super) servers: Option<Vec<OfServer>>,
    pub(super) error: Option<String>,
}

/// One of several servers.
#[skip_serializing_none]
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OfServer {
    pub(super) server: String,
    pub(super) totals: Numbers,
    pub(super) dropped: u64,
    pub(super) lower_bound: bool,
    pub(super) counters: Option<ServerCounters>,
    pub(super) error: Option<String>,
}

/// One row, or the share of one in another.
#[skip_serializing_none]
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    pub(super) key: Option<String>,
    pub(super) key_base64: Option<Base64>,
    pub(super) client: Option<String>,
    pub(super) host: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) prefix_base64: Option<Base64>,
    pub(super) server: Option<String>,
    #[serde(flatten)]
    pub(super) numbers: Numbers,
    pub(super) lost_ratio: Option<f64>,
    pub(super) miss_ratio: Option<f64>,
    pub(super) writers: Option<usize>,
    pub(super) connections: Option<u64>,
    pub(super) last_change: Option<String>,
    /// Set if the numbers may lack what happened before this entry was counted.
    pub(super) partial: Option<bool>,
    /// Set if there were more clients (or keys) than are counted one by one: these are the hottest.
    pub(super) writers_at_least: Option<bool>,
    pub(super) hosts_at_least: Option<bool>,
    /// How many more swaps at most were lost before that.
    pub(super) lost_before_at_most: Option<u64>,
    pub(super) clients: Option<Vec<Entry>>,
    pub(super) hosts: Option<Vec<Entry>>,
    pub(super) keys: Option<Vec<Entry>>,
    /// Who beat whom on the key, by host and by connection; where one was lost.
    pub(super) fights: Option<Vec<OfFight>>,
    pub(super) fights_at_least: Option<bool>,
    pub(super) client_fights: Option<Vec<OfFight>>,
    pub(super) client_fights_at_least: Option<bool>,
}

/// How many swaps of one lost because of a store of the other.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OfFight {
    pub(super) winner: String,
    pub(super) loser: String,
    pub(super) lost: u64,
}

/// How stores and reads ended; reads only where they were watched.
#[skip_serializing_none]
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Numbers {
    pub(super) stores: u64,
    pub(super) won: u64,
    pub(super) lost: u64,
    pub(super) missing: u64,
    pub(super) hits: Option<u64>,
    pub(super) misses: Option<u64>,
}

/// Many misses of one key by many clients within a second.
#[skip_serializing_none]
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MissStorm {
    pub(super) key: Option<String>,
    pub(super) key_base64: Option<Base64>,
    /// Of several the worst.
    pub(super) second: String,
    pub(super) misses: u64,
    pub(super) clients: usize,
    pub(super) clients_at_least: Option<bool>,
    /// Whether the key's time was found to be over.
    pub(super) expired: bool,
    /// In how many seconds there was one.
    pub(super) seconds: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ServerCounters {
    pub(super) cas_hits: u64,
    pub(super) cas_badval: u64,
    pub(super) cas_misses: u64,
    pub(super) log_worker_dropped: u64,
    pub(super) log_watcher_skipped: u64,
}

impl Object {
    pub(crate) fn new(findings: &Findings) -> Object {
        let reads = findings.has_reads();
        let rows = findings.rows.iter();
        let rows = rows.map(|row| Entry::row(row, findings.by, reads));
        let by = |wanted| (findings.by == wanted).then_some(());
        let bound = findings.bound;
        let object = Object {
            version: VERSION,
            event: match findings.scope {
                Scope::Interval => Event::Interval,
                Scope::Whole => Event::Report,
            },
            at: findings.at.map(utc),
            server: None,
            elapsed_ms: findings.elapsed.as_millis().try_into().unwrap_or(u64::MAX),
            keys: None,
            clients: None,
            hosts: None,
            prefixes: None,
            more: findings.more,
            totals: Numbers::of(findings.all, reads),
            dropped: findings.dropped(),
            lower_bound: findings.is_lower_bound(),
            tracked_keys: by(By::Key).or(by(By::Client)).map(|()| bound.tracked),
            tracked_hosts: by(By::Host).map(|()| bound.tracked),
            tracked_prefixes: by(By::Prefix).map(|()| bound.tracked),
            tracked_at_most: bound.overflowed.then_some(bound.places),
            untracked_lost_at_most: bound.overflowed.then_some(bound.lost_unseen),
            counters: findings.counters().map(ServerCounters::from),
            miss_storms: reads.then(|| findings.storms.iter().map(MissStorm::from).collect()),
            log_lines: reads.then(|| findings.lines()),
            lookups_like_reads: findings.like_reads(),
            servers: None,
            error: None,
        };
        object
            .with(rows.collect(), findings.by)
            .of(&findings.servers)
    }

    fn with(self, rows: Vec<Entry>, by: By) -> Object {
        let rows = Some(rows);
        match by {
            By::Key => Object { keys: rows, ..self },
            By::Client => Object {
                clients: rows,
                ..self
            },
            By::Host => Object {
                hosts: rows,
                ..self
            },
            By::Prefix => Object {
                prefixes: rows,
                ..self
            },
        }
    }

    fn of(self, servers: &[Watched]) -> Object {
        match servers {
            [only] => Object {
                server: Some(only.server.to_string()),
                error: only.failure.clone(),
                ..self
            },
            several => Object {
                servers: Some(several.iter().map(OfServer::from).collect()),
                ..self
            },
        }
    }
}

impl From<&Watched> for OfServer {
    fn from(watched: &Watched) -> OfServer {
        OfServer {
            server: watched.server.to_string(),
            totals: Numbers::of(watched.all, watched.reading.is_some()),
            dropped: watched.dropped,
            lower_bound: watched.is_lower_bound(),
            counters: watched.counters.map(ServerCounters::from),
            error: watched.failure.clone(),
        }
    }
}

impl Entry {
    fn row(row: &Row, by: By, reads: bool) -> Entry {
        let parts = row.parts.iter().map(|part| Entry::part(part, reads));
        let parts = Some(parts.collect());
        let entry = Entry {
            server: row.server.as_deref().map(String::from),
            last_change: row.changed.map(utc),
            partial: row.partial.then_some(true),
            writers_at_least: row.more_parts.then_some(true),
            lost_before_at_most: (row.error > 0).then_some(row.error),
            ..Entry::named(&row.name, row.counts, reads)
        };
        match by {
            By::Key => Entry {
                writers: Some(row.parts.len()),
                clients: parts,
                hosts: Some(
                    row.hosts
                        .iter()
                        .map(|host| Entry::part(host, reads))
                        .collect(),
                ),
                hosts_at_least: row.more_hosts.then_some(true),
                fights: fights(&row.fights.hosts),
                fights_at_least: row.fights.hosts.more.then_some(true),
                client_fights: fights(&row.fights.clients),
                client_fights_at_least: row.fights.clients.more.then_some(true),
                ..entry
            },
            By::Client => Entry {
                keys: parts,
                ..entry
            },
            By::Host => Entry {
                connections: Some(row.connections),
                keys: parts,
                ..entry
            },
            By::Prefix => Entry {
                hosts: parts,
                ..entry
            },
        }
    }

    fn part(part: &Part, reads: bool) -> Entry {
        Entry {
            partial: part.partial.then_some(true),
            ..Entry::named(&part.name, part.counts, reads)
        }
    }

    fn named(name: &Name, counts: Counts, reads: bool) -> Entry {
        let mut entry = Entry {
            lost_ratio: counts.lost_ratio().map(|ratio| rounded(ratio, 4)),
            miss_ratio: counts.miss_ratio().map(|ratio| rounded(ratio, 4)),
            numbers: Numbers::of(counts, reads),
            ..Entry::default()
        };
        match name {
            Name::Key(key) => (entry.key, entry.key_base64) = text_or_base64(key.to_vec()),
            Name::Client(_) => entry.client = Some(plain(name)),
            Name::Host(_) => entry.host = Some(plain(name)),
            Name::Prefix(prefix) => {
                (entry.prefix, entry.prefix_base64) = text_or_base64(prefix.to_vec());
            }
        }
        entry
    }
}

/// The pairs, if there are any.
fn fights(fighters: &Fighters) -> Option<Vec<OfFight>> {
    let fights = fighters.fights.iter().map(|fight| OfFight {
        winner: plain(&fight.winner),
        loser: plain(&fight.loser),
        lost: fight.lost,
    });
    (!fighters.fights.is_empty()).then(|| fights.collect())
}

/// Who it is; `?` if it is not sure.
fn plain(name: &Name) -> String {
    let known = match name {
        Name::Client(client) => client.as_deref(),
        Name::Host(host) => host.as_deref(),
        // Nobody.
        Name::Key(_) | Name::Prefix(_) => None,
    };
    known.unwrap_or("?").into()
}

impl Numbers {
    /// With the reads, if they were watched.
    fn of(counts: Counts, reads: bool) -> Numbers {
        Numbers {
            stores: counts.stores,
            won: counts.won,
            lost: counts.lost,
            missing: counts.missing,
            hits: reads.then_some(counts.hits),
            misses: reads.then_some(counts.misses),
        }
    }
}

impl From<&Storm> for MissStorm {
    fn from(storm: &Storm) -> MissStorm {
        let (key, key_base64) = text_or_base64(storm.key.to_vec());
        MissStorm {
            key,
            key_base64,
            second: utc(storm.second.saturating_mul(1_000_000)),
            misses: storm.misses,
            clients: storm.clients,
            clients_at_least: storm.more_clients.then_some(true),
            expired: storm.expired,
            seconds: storm.seconds,
        }
    }
}

impl From<Counters> for ServerCounters {
    fn from(counters: Counters) -> ServerCounters {
        ServerCounters {
            cas_hits: counters.cas_hits,
            cas_badval: counters.cas_badval,
            cas_misses: counters.cas_misses,
            log_worker_dropped: counters.log_worker_dropped,
            log_watcher_skipped: counters.log_watcher_skipped,
        }
    }
}
