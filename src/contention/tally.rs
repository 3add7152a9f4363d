//! Counting: stores and swaps, per key and per client, over the whole time and since the last mark.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Pattern;
use super::counts::{Counts, Span};
use super::top::Top;
use crate::cas::mutation::{Mutation, Writer};

/// How many keys are counted one by one; [`Top`] says what happens to more.
pub(crate) const KEYS: usize = 4096;
/// The same for the clients of the server, and for those of one key. Their weight is how often they wrote: a client that
/// stays must not lose its place to many that come, lose one swap and go.
const CLIENTS: usize = 1024;
const WRITERS: usize = 32;
/// Intervals of which a key's lost swaps are remembered.
const HISTORY: usize = 64;

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
    pub(crate) client: Option<Arc<Writer>>,
}

/// All that was counted of a log.
#[derive(Debug)]
pub(crate) struct Tally {
    patterns: Vec<Pattern>,
    pub(crate) keys: Top<Arc<[u8]>, OfKey>,
    pub(crate) writers: Top<u64, OfClient>,
    /// Every line, whatever its key: this is what the server's own counters count.
    pub(crate) all: Span,
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
            keys: Top::new(KEYS),
            writers: Top::new(CLIENTS),
            all: Span::default(),
        }
    }

    /// Counts a store that was tried.
    pub(crate) fn take(&mut self, mutation: &Mutation) {
        self.all.now.count(mutation);
        let key = mutation.key;
        if !self.patterns.is_empty() && !self.patterns.iter().any(|pattern| pattern.fits(key)) {
            return;
        }
        let mut counts = Counts::default();
        counts.count(mutation);
        if counts.is_empty() {
            return;
        }
        let writer = mutation.writer.as_ref();
        count_writer(&mut self.writers, mutation, writer);
        let Some(of_key) = self.keys.count(key, counts.lost, || key.into()) else {
            return;
        };
        of_key.span.now.count(mutation);
        if counts.stores > 0 {
            of_key.changed = of_key.changed.max(mutation.at);
        }
        count_writer(&mut of_key.writers, mutation, writer);
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

/// Counts a store for whoever tried it, if that is known.
fn count_writer(
    writers: &mut Top<u64, OfClient>,
    mutation: &Mutation,
    writer: Option<&Arc<Writer>>,
) {
    if let Some(writer) = writer
        && let Some(of_client) = writers.count(&writer.number(), 1, || writer.number())
    {
        of_client.span.now.count(mutation);
        if of_client.client.is_none() {
            of_client.client = Some(Arc::clone(writer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::Outcome;
    use crate::contention::testing::{named, tried};

    fn tally(patterns: &[&str]) -> Tally {
        let patterns = patterns
            .iter()
            .map(|text| Pattern::new(text.as_bytes()).unwrap());
        Tally::new(patterns.collect())
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
        let mut tally = tally(&[]);
        let (one, other) = (named(1, "a:1"), named(2, "b:2"));
        for command in ["set", "add", "replace", "append", "prepend", "cas"] {
            tally.take(&tried("k", command, Outcome::Stored, Some(&one)));
        }
        tally.take(&tried("k", "cas", Outcome::Exists, Some(&one)));
        tally.take(&tried("k", "cas", Outcome::Exists, Some(&other)));
        tally.take(&tried("k", "cas", Outcome::NotFound, Some(&other)));
        tally.take(&tried("k", "add", Outcome::NotStored, Some(&other)));
        tally.take(&tried("k", "na", Outcome::Failed, None));
        assert_eq!(of_key(&tally, "k"), Some(counts(6, 1, 2, 1)));
        assert_eq!(tally.all.now, counts(6, 1, 2, 1));
        assert_eq!(tally.writers.len(), 2, "the failed store's client is none");
    }

    #[test]
    fn only_keys_that_fit_are_counted_and_all_are_seen() {
        let mut tally = tally(&["a:*", "c"]);
        for key in ["a:1", "b:1"] {
            tally.take(&tried(key, "set", Outcome::Stored, None));
        }
        assert_eq!(
            (of_key(&tally, "a:1"), of_key(&tally, "b:1")),
            (Some(counts(1, 0, 0, 0)), None)
        );
        assert_eq!(tally.all.now.stores, 2);
    }

    #[test]
    fn a_mark_begins_anew_and_remembers_what_was_lost() {
        let mut tally = tally(&[]);
        let lost = tried("k", "cas", Outcome::Exists, None);
        tally.take(&lost);
        tally.take(&lost);
        tally.mark();
        tally.take(&lost);
        let slot = tally.keys.iter().next().unwrap();
        assert_eq!(slot.value.span.since_mark(), counts(0, 0, 1, 0));
        assert_eq!(slot.value.span.now, counts(0, 0, 3, 0));
        assert_eq!(slot.value.history, [2]);
        assert_eq!(slot.value.changed, None, "a lost swap changes nothing");
    }
}
