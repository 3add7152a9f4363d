//! Counting: stores and swaps, per key, client, host and prefix, over the whole time and since the last mark.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::Arc;

use super::counts::{Counts, Span};
use super::top::Top;
use super::{Pattern, Prefixes};
use crate::cas::mutation::{Mutation, Writer};

/// How many keys are counted one by one over all servers; [`Top`] says what happens to more.
pub(crate) const KEYS: usize = 4096;
/// No server gets fewer places than this, however many there are.
const FEWEST_KEYS: usize = 512;
/// The same for the clients of a server. Their weight is how often they wrote: a client that stays must not lose its place
/// to many that come, lose one swap and go.
const CLIENTS: usize = 1024;
/// The same for hosts and for prefixes; as with keys, their weight is the swaps that they lost.
const GROUPS: usize = 1024;
/// Parts of each of these: the clients of a key, the keys of a client.
const PARTS: usize = 32;
/// Intervals of which a key's lost swaps are remembered.
const HISTORY: usize = 64;

/// What is kept of a key, a client, a host or a prefix, with its parts by name.
#[derive(Debug)]
pub(crate) struct Of<P> {
    pub(crate) span: Span,
    /// When it was last changed, by the server's clock, in microseconds of unix time.
    pub(crate) changed: Option<u64>,
    pub(crate) parts: Top<P, Part>,
    /// Lost swaps per interval, the last one last.
    pub(crate) history: VecDeque<u64>,
    /// Who it is, where it is a client.
    pub(crate) client: Option<Arc<Writer>>,
    /// Connections with a name that it was seen to have, where it is a host.
    pub(crate) connections: u64,
}

/// What is kept of a part.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) span: Span,
    /// Who it is, where it is a client.
    pub(crate) client: Option<Arc<Writer>>,
}

/// All that was counted of a server's log.
#[derive(Debug)]
pub(crate) struct Tally {
    patterns: Vec<Pattern>,
    pub(super) prefixes: Prefixes,
    pub(super) by_key: Top<Arc<[u8]>, Of<u64>>,
    pub(super) by_client: Top<u64, Of<Arc<[u8]>>>,
    /// By address; the empty one is of all whose address is not known.
    pub(super) by_host: Top<Arc<str>, Of<Arc<[u8]>>>,
    pub(super) by_prefix: Top<Arc<[u8]>, Of<Arc<str>>>,
    /// Every line, whatever its key: this is what the server's own counters count.
    pub(super) all: Span,
}

impl<P: Clone + Eq + Hash> Default for Of<P> {
    fn default() -> Of<P> {
        Of {
            span: Span::default(),
            changed: None,
            parts: Top::new(PARTS),
            history: VecDeque::new(),
            client: None,
            connections: 0,
        }
    }
}

impl<P: Clone + Eq + Hash> Of<P> {
    fn count(&mut self, mutation: &Mutation, stored: bool) {
        self.span.now.count(mutation);
        if stored {
            self.changed = self.changed.max(mutation.at);
        }
    }

    /// Counts for a part, which weighs as much as it does.
    fn count_part<Q>(
        &mut self,
        mutation: &Mutation,
        name: &Q,
        make: impl FnOnce() -> P,
    ) -> Option<&mut Part>
    where
        Q: ?Sized + Hash + Eq,
        P: Borrow<Q>,
    {
        let part = self.parts.count(name, 1, make)?;
        part.span.now.count(mutation);
        Some(part)
    }

    fn mark(&mut self) {
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(self.span.since_mark().lost);
        self.span.mark();
        for part in self.parts.values_mut() {
            part.span.mark();
        }
    }
}

impl Tally {
    /// Counts the keys that fit one of the patterns; all keys if there is none.
    pub(crate) fn new(patterns: Vec<Pattern>) -> Tally {
        Tally {
            patterns,
            prefixes: Prefixes::default(),
            by_key: Top::new(KEYS),
            by_client: Top::new(CLIENTS),
            by_host: Top::new(GROUPS),
            by_prefix: Top::new(GROUPS),
            all: Span::default(),
        }
    }

    /// One of as many tallies, which share the places among them.
    pub(crate) fn among(self, servers: usize) -> Tally {
        let share = |places: usize| (places / servers.max(1)).max(FEWEST_KEYS.min(places));
        Tally {
            by_key: Top::new(share(KEYS)),
            by_client: Top::new(share(CLIENTS)),
            ..self
        }
    }

    /// With these prefixes.
    pub(crate) fn grouped(self, prefixes: Prefixes) -> Tally {
        Tally { prefixes, ..self }
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
        self.count_key(mutation, &counts);
        self.count_prefix(mutation, &counts);
        if let Some(writer) = &mutation.writer {
            self.count_client(mutation, writer);
            self.count_host(mutation, &counts, writer);
        }
    }

    fn count_key(&mut self, mutation: &Mutation, counts: &Counts) {
        let key = mutation.key;
        let Some(of_key) = self.by_key.count(key, counts.lost, || key.into()) else {
            return;
        };
        of_key.count(mutation, counts.stores > 0);
        if let Some(writer) = &mutation.writer
            && let Some(part) = of_key.count_part(mutation, &writer.number(), || writer.number())
            && part.client.is_none()
        {
            part.client = Some(Arc::clone(writer));
        }
    }

    fn count_client(&mut self, mutation: &Mutation, writer: &Arc<Writer>) {
        let number = writer.number();
        let Some(of_client) = self.by_client.count(&number, 1, || number) else {
            return;
        };
        of_client.count(mutation, false);
        of_client.count_part(mutation, mutation.key, || mutation.key.into());
        if of_client.client.is_none() {
            of_client.client = Some(Arc::clone(writer));
        }
    }

    fn count_host(&mut self, mutation: &Mutation, counts: &Counts, writer: &Arc<Writer>) {
        let host = writer.host().unwrap_or_default();
        let Some(of_host) = self.by_host.count(host, counts.lost, || host.into()) else {
            return;
        };
        of_host.count(mutation, false);
        of_host.count_part(mutation, mutation.key, || mutation.key.into());
        if !host.is_empty() && writer.meet() {
            of_host.connections += 1;
        }
    }

    fn count_prefix(&mut self, mutation: &Mutation, counts: &Counts) {
        let prefix = self.prefixes.of(mutation.key);
        let Some(of_prefix) = self.by_prefix.count(prefix, counts.lost, || prefix.into()) else {
            return;
        };
        of_prefix.count(mutation, counts.stores > 0);
        if let Some(writer) = &mutation.writer {
            let host = writer.host().unwrap_or_default();
            of_prefix.count_part(mutation, host, || host.into());
        }
    }

    /// Begins a new interval.
    pub(crate) fn mark(&mut self) {
        self.all.mark();
        self.by_key.values_mut().for_each(Of::mark);
        self.by_client.values_mut().for_each(Of::mark);
        self.by_host.values_mut().for_each(Of::mark);
        self.by_prefix.values_mut().for_each(Of::mark);
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
        let mut keys = tally.by_key.iter();
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
        assert_eq!(
            tally.by_client.len(),
            2,
            "the failed store's client is none"
        );
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
        let slot = tally.by_key.iter().next().unwrap();
        assert_eq!(slot.value.span.since_mark(), counts(0, 0, 1, 0));
        assert_eq!(slot.value.span.now, counts(0, 0, 3, 0));
        assert_eq!(slot.value.history, [2]);
        assert_eq!(slot.value.changed, None, "a lost swap changes nothing");
    }
}
