//! Counting: stores, swaps and reads, per key, client, host and prefix, over the whole time and since the last mark.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

use super::counts::{Counts, Span};
use super::fights::Over;
use super::storm::Storms;
use super::top::Top;
use super::{Pattern, Prefixes};
use crate::cas::fetch::Fetch;
use crate::cas::mutation::{Mutation, Writer};

/// How many keys are counted one by one over all servers; [`Top`] says what happens to more.
pub(crate) const KEYS: usize = 4096;
/// No server gets fewer places than this, however many there are.
const FEWEST_KEYS: usize = 512;
/// The same for the clients of a server. Their weight is how often they wrote: a client that stays must not lose its place
/// to many that come, lose one swap and go.
const CLIENTS: usize = 1024;
/// The same for hosts and for prefixes; as with keys, their weight is the swaps that they lost, and their reads.
const GROUPS: usize = 1024;
/// Parts of each of these: the clients of a key, the keys of a client.
const PARTS: usize = 32;
/// Hosts of a key.
const HOSTS: usize = 16;
/// Lines of stores that are told out of order at most: one waits at least for so many others before its place is taken as
/// known. On a server under load there are some thousands of them in a tenth of a second.
const HELD: usize = 8192;
/// No server gets fewer than this.
const FEWEST_HELD: usize = 1024;

/// What is kept of a key, a client, a host or a prefix, with its parts by name.
#[derive(Debug)]
pub(crate) struct Of<P> {
    pub(crate) span: Span,
    /// When it was last changed, by the server's clock, in microseconds of unix time.
    pub(crate) changed: Option<u64>,
    pub(crate) parts: Top<P, Part>,
    /// Whose clients wrote or read it, where it is a key; as with hosts, the empty one is of all that are not known.
    pub(crate) hosts: Top<Arc<str>, Part>,
    /// Who beat whom, where it is a key.
    pub(super) fights: Over,
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
    pub(super) storms: Storms,
    order: Order,
    /// Every line, whatever its key: this is what the server's own counters count.
    pub(super) all: Span,
}

/// How far the order of what was told is known.
#[derive(Debug)]
struct Order {
    /// How many lines are waited for.
    held: usize,
    /// Lines since it was last settled, and the latest of all.
    waiting: usize,
    newest: u64,
    /// The latest that had come when it was last settled.
    until: u64,
}

impl<P: Clone + Eq + Hash> Default for Of<P> {
    fn default() -> Of<P> {
        Of {
            span: Span::default(),
            changed: None,
            parts: Top::new(PARTS),
            hosts: Top::new(HOSTS),
            fights: Over::default(),
            client: None,
            connections: 0,
        }
    }
}

/// What happened to a key: a store that was tried, or a read.
struct Event<'a> {
    key: &'a [u8],
    client: Option<&'a Arc<Writer>>,
    counts: Counts,
    /// When the key was changed, if it was.
    changed: Option<u64>,
    /// How much it weighs for the place of its key, host and prefix.
    weight: u64,
    /// The store, if it is one.
    mutation: Option<&'a Mutation<'a>>,
}

impl Order {
    fn of(held: usize) -> Order {
        Order {
            held,
            waiting: 0,
            newest: 0,
            until: 0,
        }
    }

    /// Another line; until which one the order is sure, if it is to be settled again.
    fn take(&mut self, mutation: &Mutation) -> Option<u64> {
        self.newest = self.newest.max(mutation.number);
        self.waiting += 1;
        if self.waiting < self.held {
            return None;
        }
        self.waiting = 0;
        Some(std::mem::replace(&mut self.until, self.newest))
    }
}

impl<P: Clone + Eq + Hash> Of<P> {
    fn count(&mut self, event: &Event) {
        self.span.add(&event.counts);
        self.changed = self.changed.max(event.changed);
    }

    /// Counts for a part, which weighs as much as it does.
    fn count_part<Q>(
        &mut self,
        event: &Event,
        name: &Q,
        make: impl FnOnce() -> P,
    ) -> Option<&mut Part>
    where
        Q: ?Sized + Hash + Eq,
        P: Borrow<Q>,
    {
        let part = self.parts.count(name, 1, make)?;
        part.span.add(&event.counts);
        Some(part)
    }

    fn count_host(&mut self, event: &Event, host: &str) {
        if let Some(part) = self.hosts.count(host, 1, || host.into()) {
            part.span.add(&event.counts);
        }
    }

    fn mark(&mut self) {
        self.span.mark();
        self.fights.mark();
        let parts = self.parts.values_mut().chain(self.hosts.values_mut());
        parts.for_each(|part| part.span.mark());
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
            storms: Storms::default(),
            order: Order::of(HELD),
            all: Span::default(),
        }
    }

    /// One of as many tallies, which share the places among them.
    pub(crate) fn among(self, servers: usize) -> Tally {
        let share = |places: usize| (places / servers.max(1)).max(FEWEST_KEYS.min(places));
        Tally {
            by_key: Top::new(share(KEYS)),
            by_client: Top::new(share(CLIENTS)),
            order: Order::of((HELD / servers.max(1)).max(FEWEST_HELD)),
            ..self
        }
    }

    /// With these prefixes.
    pub(crate) fn grouped(self, prefixes: Prefixes) -> Tally {
        Tally { prefixes, ..self }
    }

    /// Counts a store that was tried.
    pub(crate) fn take(&mut self, mutation: &Mutation) {
        let mut counts = Counts::default();
        counts.count(mutation);
        self.count(&Event {
            key: mutation.key,
            client: mutation.writer.as_ref(),
            counts,
            changed: mutation.at.filter(|_| counts.stores > 0),
            weight: counts.lost,
            mutation: Some(mutation),
        });
        if let Some(until) = self.order.take(mutation) {
            let keys = self.by_key.values_mut();
            keys.for_each(|of_key| of_key.fights.settle(until));
        }
    }

    /// Counts a read. It weighs as much as a swap that lost.
    pub(crate) fn take_read(&mut self, fetch: &Fetch) {
        let mut counts = Counts::default();
        counts.count_read(fetch);
        if !fetch.is_hit() && self.is_wanted(fetch.key) {
            self.storms.miss(fetch);
        }
        self.count(&Event {
            key: fetch.key,
            client: Some(fetch.client),
            counts,
            changed: None,
            weight: 1,
            mutation: None,
        });
    }

    fn is_wanted(&self, key: &[u8]) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.fits(key))
    }

    fn count(&mut self, event: &Event) {
        self.all.add(&event.counts);
        if event.counts.is_empty() || !self.is_wanted(event.key) {
            return;
        }
        self.count_key(event);
        self.count_prefix(event);
        if let Some(client) = event.client {
            self.count_client(event, client);
            self.count_host(event, client);
        }
    }

    fn count_key(&mut self, event: &Event) {
        let key = event.key;
        let Some(of_key) = self.by_key.count(key, event.weight, || key.into()) else {
            return;
        };
        of_key.count(event);
        if let Some(mutation) = event.mutation {
            of_key.fights.take(mutation);
        }
        let Some(client) = event.client else {
            return;
        };
        let number = client.number();
        if let Some(part) = of_key.count_part(event, &number, || number)
            && part.client.is_none()
        {
            part.client = Some(Arc::clone(client));
        }
        of_key.count_host(event, client.host().unwrap_or_default());
    }

    fn count_client(&mut self, event: &Event, client: &Arc<Writer>) {
        let number = client.number();
        let Some(of_client) = self.by_client.count(&number, 1, || number) else {
            return;
        };
        of_client.count(event);
        of_client.count_part(event, event.key, || event.key.into());
        if of_client.client.is_none() {
            of_client.client = Some(Arc::clone(client));
        }
    }

    fn count_host(&mut self, event: &Event, client: &Arc<Writer>) {
        let host = client.host().unwrap_or_default();
        let Some(of_host) = self.by_host.count(host, event.weight, || host.into()) else {
            return;
        };
        of_host.count(event);
        of_host.count_part(event, event.key, || event.key.into());
        if !host.is_empty() && client.meet() {
            of_host.connections += 1;
        }
    }

    fn count_prefix(&mut self, event: &Event) {
        let prefix = self.prefixes.of(event.key);
        let place = self.by_prefix.count(prefix, event.weight, || prefix.into());
        let Some(of_prefix) = place else {
            return;
        };
        of_prefix.count(event);
        if let Some(client) = event.client {
            let host = client.host().unwrap_or_default();
            of_prefix.count_part(event, host, || host.into());
        }
    }

    /// Begins a new interval.
    pub(crate) fn mark(&mut self) {
        self.all.mark();
        self.storms.mark();
        self.by_key.values_mut().for_each(Of::mark);
        self.by_client.values_mut().for_each(Of::mark);
        self.by_host.values_mut().for_each(Of::mark);
        self.by_prefix.values_mut().for_each(Of::mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::fetch::Lookup;
    use crate::cas::mutation::Outcome;
    use crate::contention::testing::{named, read, tried};

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
            ..Counts::default()
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
    fn reads_are_counted_beside_stores() {
        let mut tally = tally(&["k"]);
        let (one, other) = (named(1, "a:1"), named(2, "b:2"));
        tally.take_read(&read("k", Lookup::Hit, &one));
        tally.take_read(&read("k", Lookup::Missing, &other));
        tally.take_read(&read("other", Lookup::Hit, &other));
        let counts = of_key(&tally, "k").unwrap();
        assert_eq!((counts.hits, counts.misses, counts.stores), (1, 1, 0));
        assert_eq!(tally.all.now.reads(), 3);
        assert_eq!(of_key(&tally, "other"), None);
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
    fn a_mark_begins_anew() {
        let mut tally = tally(&[]);
        let lost = tried("k", "cas", Outcome::Exists, None);
        tally.take(&lost);
        tally.take(&lost);
        tally.mark();
        tally.take(&lost);
        let slot = tally.by_key.iter().next().unwrap();
        assert_eq!(slot.value.span.since_mark(), counts(0, 0, 1, 0));
        assert_eq!(slot.value.span.now, counts(0, 0, 3, 0));
        assert_eq!(slot.value.changed, None, "a lost swap changes nothing");
    }
}
