//! The JSON contract of `mccas contention`.

use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::contention::report::{By, Counters, Name, Part, Report, Row, Scope};
use crate::contention::tally::Counts;
use crate::output::bytes::text_or_base64;

/// One interval, or the final report.
#[derive(Debug, Serialize)]
pub(crate) struct Object {
    event: &'static str,
    server: String,
    elapsed_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<Entry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clients: Option<Vec<Entry>>,
    /// Rows left out by `--top`.
    more: usize,
    /// All stores that the log showed, whatever their keys.
    totals: Numbers,
    dropped: u64,
    lower_bound: bool,
    tracked_keys: usize,
    /// The most swaps that a key can have lost without being counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    untracked_lost_at_most: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counters: Option<ServerCounters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// One key or one client, or the share of one in the other.
#[derive(Debug, Default, Serialize)]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(flatten)]
    numbers: Numbers,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    writers: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_change: Option<String>,
    /// Set if the numbers may lack what happened before this entry was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<bool>,
    /// Set if there were more clients (or keys) than are counted one by one: these are the hottest.
    #[serde(skip_serializing_if = "Option::is_none")]
    writers_at_least: Option<bool>,
    /// How many more swaps at most were lost before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_before_at_most: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clients: Option<Vec<Entry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<Entry>>,
}

#[derive(Debug, Default, Serialize)]
struct Numbers {
    stores: u64,
    won: u64,
    lost: u64,
    missing: u64,
}

#[derive(Debug, Serialize)]
struct ServerCounters {
    cas_hits: u64,
    cas_badval: u64,
    cas_misses: u64,
    log_worker_dropped: u64,
    log_watcher_skipped: u64,
}

impl Object {
    pub(crate) fn new(report: &Report, server: &str) -> Object {
        let rows: Vec<Entry> = report.rows.iter().map(Entry::row).collect();
        let (keys, clients) = match report.by {
            By::Key => (Some(rows), None),
            By::Client => (None, Some(rows)),
        };
        let bound = report.bound;
        Object {
            event: match report.scope {
                Scope::Interval => "interval",
                Scope::Whole => "report",
            },
            server: server.into(),
            elapsed_ms: report.elapsed.as_millis().try_into().unwrap_or(u64::MAX),
            keys,
            clients,
            more: report.more,
            totals: report.all.into(),
            dropped: report.dropped,
            lower_bound: report.is_lower_bound(),
            tracked_keys: bound.tracked,
            untracked_lost_at_most: bound.overflowed.then_some(bound.lost_unseen),
            counters: report.server.map(ServerCounters::from),
            error: None,
        }
    }
}

impl Entry {
    fn row(row: &Row) -> Entry {
        let parts = Some(row.parts.iter().map(Entry::part).collect());
        let entry = Entry {
            last_change: row.changed.map(time),
            partial: row.partial.then_some(true),
            writers_at_least: row.more_parts.then_some(true),
            lost_before_at_most: (row.error > 0).then_some(row.error),
            ..Entry::named(&row.name, row.counts)
        };
        match row.name {
            Name::Key(_) => Entry {
                writers: Some(row.parts.len()),
                clients: parts,
                ..entry
            },
            Name::Client(_) => Entry {
                keys: parts,
                ..entry
            },
        }
    }

    fn part(part: &Part) -> Entry {
        Entry {
            partial: part.partial.then_some(true),
            ..Entry::named(&part.name, part.counts)
        }
    }

    fn named(name: &Name, counts: Counts) -> Entry {
        let mut entry = Entry {
            lost_ratio: counts.lost_ratio().map(rounded),
            numbers: counts.into(),
            ..Entry::default()
        };
        match name {
            Name::Key(key) => (entry.key, entry.key_base64) = text_or_base64(key),
            Name::Client(client) => entry.client = Some(client.as_deref().unwrap_or("?").into()),
        }
        entry
    }
}

impl From<Counts> for Numbers {
    fn from(counts: Counts) -> Numbers {
        let Counts {
            stores,
            won,
            lost,
            missing,
        } = counts;
        Numbers {
            stores,
            won,
            lost,
            missing,
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

/// A share to four digits.
fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

/// Microseconds of unix time as UTC.
pub(super) fn time(micros: u64) -> String {
    // The log is not ours: a time that no calendar has counts as none.
    let latest = Duration::from_secs(253_402_300_799);
    let moment = SystemTime::UNIX_EPOCH + Duration::from_micros(micros).min(latest);
    humantime::format_rfc3339_millis(moment).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_time_can_be_told() {
        assert_eq!(time(1_795_404_235_810_314), "2026-11-23T03:23:55.810Z");
        assert_eq!(time(u64::MAX), "9999-12-31T23:59:59.000Z");
    }

    #[test]
    fn shares_have_four_digits() {
        assert!((rounded(1.0 / 3.0) - 0.3333).abs() < 1e-12);
    }
}
