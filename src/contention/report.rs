//! The result of a log, or of one interval of it: rows, hottest first, and how far to trust them.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::Tally;
use super::tally::{Counts, OfClient, OfKey, Span};
use super::top::Slot;

/// With fewer swaps than this, the share of lost ones says little.
pub(crate) const ENOUGH_SWAPS: u64 = 10;

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Key,
    Client,
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
pub(crate) struct Report {
    pub(crate) scope: Scope,
    pub(crate) by: By,
    pub(crate) elapsed: Duration,
    /// Hottest first: by swaps lost, then by stores.
    pub(crate) rows: Vec<Row>,
    /// Rows left out because only so many were wanted.
    pub(crate) more: usize,
    /// All stores that the log showed, whatever their keys.
    pub(crate) all: Counts,
    pub(crate) bound: Bound,
    /// Lines that the server dropped or skipped.
    pub(crate) dropped: u64,
    /// Whether the server had more of its log to tell when the time was up.
    pub(crate) behind: bool,
    /// What the server itself counted in the same time, if it says.
    pub(crate) server: Option<Counters>,
}

/// How far the counts are exact, by the means of counting (see [`Top`](super::top::Top)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bound {
    /// Keys that are counted one by one.
    pub(crate) tracked: usize,
    /// Whether there were more keys than can be counted one by one.
    pub(crate) overflowed: bool,
    /// The most swaps that a key can have lost without being counted.
    pub(crate) lost_unseen: u64,
}

/// One key or one client.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: Name,
    pub(crate) counts: Counts,
    /// When the key was last changed, by the server's clock, in microseconds of unix time.
    pub(crate) changed: Option<u64>,
    /// The clients of the key, or the keys of the client; hottest first.
    pub(crate) parts: Vec<Part>,
    /// Lost swaps per interval, the last one last.
    pub(crate) history: Vec<u64>,
    /// How many lost swaps at most happened before the row was counted.
    pub(crate) error: u64,
    /// Whether the counts may lack what happened before the row was counted.
    pub(crate) partial: bool,
    /// Whether there were more parts than can be counted one by one.
    pub(crate) more_parts: bool,
}

/// The share of one client in a key, or of one key in a client.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) name: Name,
    pub(crate) counts: Counts,
    /// Whether the counts may lack what happened before the part was counted.
    pub(crate) partial: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    Key(Arc<[u8]>),
    /// `None` if it is not sure.
    Client(Option<String>),
}

/// The server's own counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) cas_hits: u64,
    pub(crate) cas_badval: u64,
    pub(crate) cas_misses: u64,
    pub(crate) log_worker_dropped: u64,
    pub(crate) log_watcher_skipped: u64,
}

impl Counters {
    /// What was added since `before`; `None` if the counters were reset meanwhile.
    pub(crate) fn since(&self, before: &Counters) -> Option<Counters> {
        Some(Counters {
            cas_hits: self.cas_hits.checked_sub(before.cas_hits)?,
            cas_badval: self.cas_badval.checked_sub(before.cas_badval)?,
            cas_misses: self.cas_misses.checked_sub(before.cas_misses)?,
            log_worker_dropped: self
                .log_worker_dropped
                .checked_sub(before.log_worker_dropped)?,
            log_watcher_skipped: self
                .log_watcher_skipped
                .checked_sub(before.log_watcher_skipped)?,
        })
    }
}

impl Report {
    /// Whether more may have happened than is reported.
    pub(crate) fn is_lower_bound(&self) -> bool {
        self.dropped > 0 || self.behind || self.rows.iter().any(|row| row.partial)
    }

    /// The hottest key of which more than `ratio` of the swaps lost, if there were enough of them to tell.
    pub(crate) fn above(&self, ratio: f64) -> Option<&Row> {
        self.rows.iter().find(|row| {
            row.counts.swaps() >= ENOUGH_SWAPS
                && row.counts.lost_ratio().is_some_and(|lost| lost > ratio)
        })
    }

    /// Leaves the hottest `most` rows.
    pub(crate) fn cut(mut self, most: usize) -> Report {
        self.more += self.rows.len().saturating_sub(most);
        self.rows.truncate(most);
        self
    }
}

impl Tally {
    /// All rows with any count, hottest first; what only the caller knows stays empty.
    pub(crate) fn report(&self, by: By, scope: Scope) -> Report {
        let mut rows = match by {
            By::Key => self.key_rows(scope),
            By::Client => self.client_rows(scope),
        };
        rows.sort_by_cached_key(|row| hotness(&row.counts, &row.name));
        Report {
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

    fn take(tally: &mut Tally, key: &str, command: &str, status: &str, cfd: u32, times: usize) {
        let line = format!(
            "ts=5.6 gid=9 type=item_store key={key} status={status} cmd={command} cfd={cfd}"
        );
        for _ in 0..times {
            tally.take(line.as_bytes());
        }
    }

    /// Two clients on `hot`, one of them also on `cold`.
    fn fight() -> Tally {
        let mut tally = Tally::new(Vec::new());
        for (cfd, port) in [(1, 11), (2, 22)] {
            let line =
                format!("gid=1 type=conn_new rip=10.0.0.1 rport={port} transport=tcp cfd={cfd}");
            tally.take(line.as_bytes());
        }
        take(&mut tally, "cold", "set", "stored", 1, 90);
        take(&mut tally, "hot", "cas", "stored", 1, 8);
        take(&mut tally, "hot", "cas", "exists", 2, 4);
        tally
    }

    fn client(port: u16) -> Name {
        Name::Client(Some(format!("10.0.0.1:{port}")))
    }

    #[test]
    fn the_key_that_lost_most_stands_first_with_its_hottest_client_first() {
        let report = fight().report(By::Key, Scope::Whole);
        let names: Vec<&Name> = report.rows.iter().map(|row| &row.name).collect();
        assert_eq!(
            names,
            [
                &Name::Key(b"hot"[..].into()),
                &Name::Key(b"cold"[..].into())
            ]
        );
        let clients: Vec<&Name> = report.rows[0].parts.iter().map(|part| &part.name).collect();
        assert_eq!(clients, [&client(22), &client(11)]);
        assert!(!report.is_lower_bound());
    }

    #[test]
    fn clients_have_their_keys() {
        let report = fight().report(By::Client, Scope::Whole);
        assert_eq!(
            (&report.rows[0].name, report.rows[0].counts.lost),
            (&client(22), 4)
        );
        assert_eq!(
            (report.rows[1].counts.stores, report.rows[1].parts.len()),
            (98, 2)
        );
    }

    #[test]
    fn an_interval_tells_only_what_happened_in_it() {
        let mut tally = fight();
        tally.mark();
        take(&mut tally, "cold", "set", "stored", 2, 1);
        let report = tally.report(By::Key, Scope::Interval);
        assert_eq!(
            (
                report.rows.len(),
                report.rows[0].parts.len(),
                report.all.stores
            ),
            (1, 1, 1)
        );
    }

    #[test]
    fn a_share_counts_from_ten_swaps_on() {
        let mut tally = fight();
        let above =
            |tally: &Tally, ratio| tally.report(By::Key, Scope::Whole).above(ratio).is_some();
        assert!(above(&tally, 0.3) && !above(&tally, 0.34));
        take(&mut tally, "rare", "cas", "exists", 2, 9);
        assert!(!above(&tally, 0.34));
        take(&mut tally, "rare", "cas", "exists", 2, 1);
        assert!(above(&tally, 0.34));
    }

    #[test]
    fn counters_that_were_reset_tell_nothing() {
        let counters = |cas_hits| Counters {
            cas_hits,
            ..Counters::default()
        };
        assert_eq!(
            counters(5).since(&counters(3)).map(|since| since.cas_hits),
            Some(2)
        );
        assert_eq!(counters(1).since(&counters(3)), None);
    }

    #[test]
    fn rows_left_out_are_counted_and_drops_make_a_lower_bound() {
        let report = fight().report(By::Key, Scope::Whole).cut(1);
        assert_eq!((report.rows.len(), report.more), (1, 1));
        let report = Report {
            dropped: 3,
            ..report
        };
        assert!(report.is_lower_bound());
    }
}
