//! The counts: stores and swaps, per key and per client, over the whole time and since the last mark.

use std::collections::VecDeque;
use std::sync::Arc;

use super::clients::{Client, Clients};
use super::line::Connection;
use super::top::Top;
use super::{Line, Mutation, Outcome, Pattern};

/// How many keys are counted one by one; [`Top`] says what happens to more.
pub(crate) const KEYS: usize = 4096;
/// The same for the clients of the server, and for those of one key. Their weight is how often they wrote: a client that
/// stays must not lose its place to many that come, lose one swap and go.
const CLIENTS: usize = 1024;
const WRITERS: usize = 32;
/// Intervals of which a key's lost swaps are remembered.
const HISTORY: usize = 64;

/// How stores ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Stores that happened, by any command.
    pub(crate) stores: u64,
    /// Swaps that happened.
    pub(crate) won: u64,
    /// Swaps that lost to another writer.
    pub(crate) lost: u64,
    /// Swaps whose key was gone.
    pub(crate) missing: u64,
}

/// Counts over the whole time, and what they were at the last mark.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    pub(crate) now: Counts,
    mark: Counts,
}

/// What is kept of a key.
#[derive(Debug)]
pub(crate) struct OfKey {
    pub(crate) span: Span,
    /// When it was last changed, by the server's clock, in microseconds of unix time.
    pub(crate) changed: Option<u64>,
    pub(crate) writers: Top<u64, OfClient>,
    /// Lost swaps per interval, the last one last.
    pub(crate) history: VecDeque<u64>,
}

/// What is kept of a client, as a whole or on one key.
#[derive(Debug, Default)]
pub(crate) struct OfClient {
    pub(crate) span: Span,
    pub(crate) client: Option<Arc<Client>>,
}

/// All that was seen of a log.
#[derive(Debug)]
pub(crate) struct Tally {
    patterns: Vec<Pattern>,
    pub(crate) clients: Clients,
    pub(crate) keys: Top<Arc<[u8]>, OfKey>,
    pub(crate) writers: Top<u64, OfClient>,
    /// Every line, whatever its key: this is what the server's own counters count.
    pub(crate) all: Span,
    /// Lines that the server says it did not send us.
    pub(crate) skipped: u64,
    awaited: Option<Awaited>,
    /// Nothing after this log entry is counted.
    end: u64,
}

/// A connection whose line in the log is waited for.
#[derive(Debug)]
struct Awaited {
    name: String,
    /// Whether what comes after it shall not be counted.
    ends: bool,
}

impl Counts {
    /// Swaps that were tried.
    pub(crate) fn swaps(&self) -> u64 {
        self.won + self.lost + self.missing
    }

    /// The share of the swaps that lost; `None` if there were none.
    #[allow(clippy::cast_precision_loss)] // a share of 2^53 swaps needs no last digit
    pub(crate) fn lost_ratio(&self) -> Option<f64> {
        let swaps = self.swaps();
        (swaps > 0).then(|| self.lost as f64 / swaps as f64)
    }

    /// Whether nothing happened.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Counts::default()
    }

    fn count(&mut self, mutation: &Mutation) {
        let swap = mutation.is_swap();
        match mutation.outcome {
            Outcome::Stored => {
                self.stores += 1;
                self.won += u64::from(swap);
            }
            Outcome::Exists if swap => self.lost += 1,
            Outcome::NotFound if swap => self.missing += 1,
            _ => {}
        }
    }
}

impl Span {
    /// What came since the last mark.
    pub(crate) fn since_mark(&self) -> Counts {
        Counts {
            stores: self.now.stores - self.mark.stores,
            won: self.now.won - self.mark.won,
            lost: self.now.lost - self.mark.lost,
            missing: self.now.missing - self.mark.missing,
        }
    }

    fn mark(&mut self) {
        self.mark = self.now;
    }
}

impl Default for OfKey {
    fn default() -> OfKey {
        OfKey {
            span: Span::default(),
            changed: None,
            writers: Top::new(WRITERS),
            history: VecDeque::new(),
        }
    }
}

impl Tally {
    /// Counts the keys that fit one of the patterns; all keys if there is none.
    pub(crate) fn new(patterns: Vec<Pattern>) -> Tally {
        Tally {
            patterns,
            clients: Clients::default(),
            keys: Top::new(KEYS),
            writers: Top::new(CLIENTS),
            all: Span::default(),
            skipped: 0,
            awaited: None,
            end: u64::MAX,
        }
    }

    /// Waits for the line of the connection with this name. If it `ends` the count, later entries are ignored.
    pub(crate) fn wait_for(&mut self, name: String, ends: bool) {
        self.awaited = Some(Awaited { name, ends });
    }

    /// Whether the line that was waited for has not come yet.
    pub(crate) fn is_waiting(&self) -> bool {
        self.awaited.is_some()
    }

    /// Takes in one line of the log.
    pub(crate) fn take(&mut self, line: &[u8]) {
        match Line::parse(line) {
            Line::Mutation(mutation) => self.mutation(&mutation),
            Line::Opened(opened) => self.opened(&opened),
            Line::Closed(closed) => self.clients.closed(closed.cfd, closed.gid, closed.name()),
            Line::Skipped(lines) => self.skipped += lines,
            Line::Other => {}
        }
    }

    fn opened(&mut self, opened: &Connection) {
        let name = opened.name();
        if let Some(awaited) = self.awaited.take_if(|awaited| awaited.name == name)
            && awaited.ends
        {
            self.end = opened.gid;
        }
        self.clients.opened(opened.cfd, opened.gid, name);
    }

    fn mutation(&mut self, mutation: &Mutation) {
        if mutation.gid > self.end {
            return;
        }
        self.all.now.count(mutation);
        let key = &*mutation.key;
        if !self.patterns.is_empty() && !self.patterns.iter().any(|pattern| pattern.fits(key)) {
            return;
        }
        let mut counts = Counts::default();
        counts.count(mutation);
        if counts.is_empty() {
            return;
        }
        let writer = mutation
            .cfd
            .map(|cfd| self.clients.writer(cfd, mutation.gid));
        if let Some(writer) = &writer
            && let Some(of_client) = self.writers.count(&writer.number(), 1, || writer.number())
        {
            of_client.count(mutation, writer);
        }
        let Some(of_key) = self.keys.count(key, counts.lost, || key.into()) else {
            return;
        };
        of_key.span.now.count(mutation);
        if counts.stores > 0 {
            of_key.changed = of_key.changed.max(mutation.at);
        }
        if let Some(writer) = &writer
            && let Some(of_client) = of_key
                .writers
                .count(&writer.number(), 1, || writer.number())
        {
            of_client.count(mutation, writer);
        }
    }

    /// Begins a new interval.
    pub(crate) fn mark(&mut self) {
        self.all.mark();
        for of_client in self.writers.values_mut() {
            of_client.span.mark();
        }
        for of_key in self.keys.values_mut() {
            if of_key.history.len() == HISTORY {
                of_key.history.pop_front();
            }
            of_key.history.push_back(of_key.span.since_mark().lost);
            of_key.span.mark();
            for of_client in of_key.writers.values_mut() {
                of_client.span.mark();
            }
        }
    }
}

impl OfClient {
    fn count(&mut self, mutation: &Mutation, client: &Arc<Client>) {
        self.span.now.count(mutation);
        if self.client.is_none() {
            self.client = Some(Arc::clone(client));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(patterns: &[&str], lines: &[&str]) -> Tally {
        let patterns = patterns
            .iter()
            .map(|text| Pattern::new(text.as_bytes()).unwrap());
        let mut tally = Tally::new(patterns.collect());
        for line in lines {
            tally.take(line.as_bytes());
        }
        tally
    }

    fn store(key: &str, command: &str, status: &str, cfd: u32) -> String {
        format!(
            "ts=5.6 gid=9 type=item_store key={key} status={status} cmd={command} ttl=0 clsid=1 cfd={cfd} size=1"
        )
    }

    fn counts(stores: u64, won: u64, lost: u64, missing: u64) -> Counts {
        Counts {
            stores,
            won,
            lost,
            missing,
        }
    }

    fn of_key(tally: &Tally, key: &str) -> Option<Counts> {
        let mut keys = tally.keys.iter();
        keys.find(|slot| &*slot.name == key.as_bytes())
            .map(|slot| slot.value.span.now)
    }

    #[test]
    fn stores_of_all_kinds_and_swaps_by_outcome_are_counted() {
        let mut lines = Vec::new();
        for command in ["set", "add", "replace", "append", "prepend", "cas"] {
            lines.push(store("k", command, "stored", 1));
        }
        lines.push(store("k", "cas", "exists", 1));
        lines.push(store("k", "cas", "exists", 2));
        lines.push(store("k", "cas", "not_found", 2));
        lines.push(store("k", "add", "not_stored", 2));
        lines.push(store("k", "na", "too_large", 77));
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let tally = tally(&[], &lines);
        assert_eq!(of_key(&tally, "k"), Some(counts(6, 1, 2, 1)));
        assert_eq!(tally.all.now, counts(6, 1, 2, 1));
        assert_eq!(tally.writers.len(), 2, "the damaged line's client is none");
        assert_eq!(counts(6, 1, 2, 1).lost_ratio(), Some(0.5));
        assert_eq!(counts(6, 0, 0, 0).lost_ratio(), None);
    }

    #[test]
    fn only_keys_that_fit_are_counted_and_all_are_seen() {
        let lines = [
            store("a:1", "set", "stored", 1),
            store("b:1", "set", "stored", 1),
        ];
        let tally = tally(&["a:*", "c"], &[&lines[0], &lines[1]]);
        assert_eq!(
            (of_key(&tally, "a:1"), of_key(&tally, "b:1")),
            (Some(counts(1, 0, 0, 0)), None)
        );
        assert_eq!(tally.all.now.stores, 2);
    }

    #[test]
    fn a_mark_begins_anew_and_remembers_what_was_lost() {
        let lost = store("k", "cas", "exists", 1);
        let mut tally = tally(&[], &[&lost, &lost]);
        tally.mark();
        tally.take(lost.as_bytes());
        let slot = tally.keys.iter().next().unwrap();
        assert_eq!(slot.value.span.since_mark(), counts(0, 0, 1, 0));
        assert_eq!(slot.value.span.now, counts(0, 0, 3, 0));
        assert_eq!(slot.value.history, [2]);
        assert_eq!(slot.value.changed, None, "a lost swap changes nothing");
    }

    #[test]
    fn nothing_after_the_line_that_ends_the_count_is_counted() {
        let store = |gid| format!("gid={gid} type=item_store key=k status=stored cmd=set cfd=1");
        let opened = |gid, port| {
            format!("gid={gid} type=conn_new rip=10.0.0.1 rport={port} transport=tcp cfd=9")
        };
        let mut tally = tally(&[], &[&store(1), &opened(2, 7)]);
        tally.wait_for("10.0.0.1:8".into(), true);
        tally.take(opened(4, 6).as_bytes());
        assert!(tally.is_waiting());
        tally.take(opened(6, 8).as_bytes());
        assert!(!tally.is_waiting());
        // From another thread of the server: it stands later in the log and happened earlier.
        tally.take(store(5).as_bytes());
        tally.take(store(7).as_bytes());
        assert_eq!(tally.all.now.stores, 2);
    }

    #[test]
    fn skipped_lines_are_added_up() {
        assert_eq!(tally(&[], &["skipped=40", "skipped=2"]).skipped, 42);
    }
}
