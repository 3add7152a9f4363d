//! Which lookups were reads. The log shows a lookup for almost every command: for one that reads, and also for one that
//! stores or deletes, which looks at the key first (protocol.md 6).
//!
//! A connection's lines come in order, and a store's lookup stands directly before it: so a lookup is kept until the next
//! line of its connection. A store of the same key takes it away, anything else makes it a read. A delete's line does not
//! say whose it is. But the server holds the key's lock from the lookup to that line: of the lookups of the key that
//! found it, the last one before the delete is its own.
//!
//! What is kept is bounded: one lookup per connection, for [`AGE`] at most, and no more than [`MOST`].

use std::collections::HashMap;
use std::sync::Arc;

use super::line::{Attempt, Deletion, Lookup};
use crate::cas::fetch::{self, Fetch};
use crate::cas::mutation::Writer;

/// By the server's clock, in microseconds: the line after a lookup is at most one sleep of the logging thread behind it.
const AGE: u64 = 2_000_000;
/// How often the old ones are looked for, by the same clock.
const SWEEP: u64 = 200_000;
/// Lookups that are kept. When there are more connections, all are taken for reads at once: as many can be wrong as the
/// server has threads.
const MOST: usize = 8192;

/// A connection: a client's running number, and the server's number for those that nothing is known of.
type Id = (u64, u32);

/// Lookups of which it is not known yet whether they were reads.
#[derive(Debug, Default)]
pub(super) struct Reads {
    open: HashMap<Id, Open>,
    /// Whose lookup came last: a delete is nearly always its.
    last: Option<Id>,
    /// The server's time in the last line that had one, and when the old ones were looked for.
    clock: u64,
    swept: u64,
}

/// A lookup that may be a read.
#[derive(Debug)]
struct Open {
    gid: u64,
    at: Option<u64>,
    since: u64,
    key: Box<[u8]>,
    end: fetch::Lookup,
    client: Arc<Writer>,
}

impl Reads {
    /// A key was looked up.
    pub(super) fn looked_up(
        &mut self,
        lookup: &Lookup,
        client: Arc<Writer>,
        take: &mut dyn FnMut(&Fetch),
    ) {
        self.clock = lookup.at.unwrap_or(self.clock);
        let id = (client.number(), lookup.cfd);
        if self.open.len() == MOST && !self.open.contains_key(&id) {
            self.settle_all(take);
        }
        let open = Open {
            gid: lookup.gid,
            at: lookup.at,
            since: self.clock,
            key: lookup.key.as_ref().into(),
            end: lookup.end,
            client,
        };
        if let Some(before) = self.open.insert(id, open) {
            take(&before.fetch());
        }
        self.last = Some(id);
    }

    /// A client tried to store: its lookup was for that, if it was of the same key.
    pub(super) fn stored(
        &mut self,
        attempt: &Attempt,
        cfd: u32,
        client: &Writer,
        take: &mut dyn FnMut(&Fetch),
    ) {
        self.clock = attempt.at.unwrap_or(self.clock);
        let id = (client.number(), cfd);
        if let Some(open) = self.open.remove(&id)
            && (*open.key != *attempt.key || open.gid > attempt.gid)
        {
            take(&open.fetch());
        }
    }

    /// Somebody deleted a key, and had looked it up for that.
    pub(super) fn deleted(&mut self, deletion: &Deletion) {
        let may_be = |open: &Open| {
            open.end == fetch::Lookup::Hit && open.gid < deletion.gid && *open.key == *deletion.key
        };
        // Directly before it in the log and on another thread of the server is no proof, a number directly before it is.
        let direct = self.last.filter(|id| {
            let open = self.open.get(id);
            open.is_some_and(|open| may_be(open) && open.gid + 1 == deletion.gid)
        });
        let own = direct.or_else(|| {
            let fitting = self.open.iter().filter(|(_, open)| may_be(open));
            fitting.max_by_key(|(_, open)| open.gid).map(|(id, _)| *id)
        });
        if let Some(own) = own {
            self.open.remove(&own);
        }
    }

    /// A client's connection ended.
    pub(super) fn closed(&mut self, cfd: u32, client: &Writer, take: &mut dyn FnMut(&Fetch)) {
        if let Some(open) = self.open.remove(&(client.number(), cfd)) {
            take(&open.fetch());
        }
    }

    /// Takes for reads what has waited long enough: to be called now and then.
    pub(super) fn sweep(&mut self, take: &mut dyn FnMut(&Fetch)) {
        if self.clock.abs_diff(self.swept) < SWEEP {
            return;
        }
        self.swept = self.clock;
        let clock = self.clock;
        self.open.retain(|_, open| {
            let young = clock.saturating_sub(open.since) <= AGE;
            if !young {
                take(&open.fetch());
            }
            young
        });
    }

    /// Takes all for reads: the log is at its end.
    pub(super) fn settle_all(&mut self, take: &mut dyn FnMut(&Fetch)) {
        for (_, open) in self.open.drain() {
            take(&open.fetch());
        }
    }
}

impl Open {
    fn fetch(&self) -> Fetch<'_> {
        Fetch {
            at: self.at,
            key: &self.key,
            end: self.end,
            client: &self.client,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::Outcome;

    /// What came out: keys, with `+` for a hit and `-` for a miss.
    #[derive(Default)]
    struct Told {
        reads: Reads,
        told: Vec<String>,
    }

    /// The moment of a line with this number: one line in a hundred microseconds.
    fn at(gid: u64) -> u64 {
        10_000_000 + gid * 100
    }

    impl Told {
        fn looked_up(&mut self, gid: u64, client: u64, key: &str, end: fetch::Lookup) {
            let lookup = Lookup {
                at: Some(at(gid)),
                gid,
                key: key.as_bytes().into(),
                end,
                cfd: 9,
            };
            let client = Arc::new(Writer::unnamed(client));
            let told = &mut self.told;
            self.reads
                .looked_up(&lookup, client, &mut |fetch| told.push(shown(fetch)));
        }

        fn hit(&mut self, gid: u64, client: u64, key: &str) {
            self.looked_up(gid, client, key, fetch::Lookup::Hit);
        }

        fn stored(&mut self, gid: u64, client: u64, key: &str) {
            let attempt = Attempt {
                at: Some(at(gid)),
                gid,
                key: key.as_bytes().into(),
                outcome: Outcome::Stored,
                command: b"set",
                cfd: Some(9),
            };
            let told = &mut self.told;
            let client = Writer::unnamed(client);
            self.reads
                .stored(&attempt, 9, &client, &mut |fetch| told.push(shown(fetch)));
        }

        fn deleted(&mut self, gid: u64, key: &str) {
            let key = key.as_bytes().into();
            self.reads.deleted(&Deletion { gid, key });
        }

        fn end(mut self) -> Vec<String> {
            let told = &mut self.told;
            self.reads.settle_all(&mut |fetch| told.push(shown(fetch)));
            self.told.sort_unstable();
            self.told
        }
    }

    fn shown(fetch: &Fetch) -> String {
        let sign = if fetch.is_hit() { '+' } else { '-' };
        let key = String::from_utf8_lossy(fetch.key);
        format!("{sign}{key} by {}", fetch.client.number())
    }

    #[test]
    fn the_lookup_before_a_store_belongs_to_it_and_the_one_before_that_is_a_read() {
        let mut told = Told::default();
        told.hit(1, 1, "k");
        told.hit(2, 1, "k");
        told.stored(3, 1, "k");
        assert_eq!(told.end(), ["+k by 1"]);
    }

    #[test]
    fn a_store_of_another_key_or_client_takes_no_lookup_away() {
        let mut told = Told::default();
        told.hit(1, 1, "a");
        told.stored(2, 1, "b");
        told.looked_up(3, 2, "c", fetch::Lookup::Missing);
        told.stored(4, 3, "c");
        assert_eq!(told.end(), ["+a by 1", "-c by 2"]);
    }

    #[test]
    fn lines_of_several_connections_may_stand_between() {
        let mut told = Told::default();
        told.hit(1, 1, "k");
        told.hit(2, 2, "k");
        told.hit(3, 3, "k");
        told.stored(4, 1, "k");
        told.stored(6, 3, "k");
        assert_eq!(told.end(), ["+k by 2"]);
    }

    #[test]
    fn a_delete_takes_the_last_lookup_of_its_key_that_found_it() {
        let mut told = Told::default();
        told.hit(1, 1, "k");
        told.hit(2, 2, "k");
        told.hit(3, 3, "other");
        told.deleted(4, "k");
        // From another thread of the server, which was written to the log later and happened earlier.
        assert_eq!(told.end(), ["+k by 1", "+other by 3"]);
    }

    #[test]
    fn a_delete_takes_no_lookup_after_it_and_none_that_found_nothing() {
        let mut told = Told::default();
        told.hit(1, 1, "k");
        told.looked_up(5, 2, "k", fetch::Lookup::Missing);
        told.hit(9, 3, "k");
        told.deleted(6, "k");
        assert_eq!(told.end(), ["+k by 3", "-k by 2"]);
    }

    #[test]
    fn what_nothing_follows_is_a_read_after_a_while() {
        let mut told = Told::default();
        told.hit(1, 1, "idle");
        told.hit(10_000, 2, "other");
        let Told { reads, told: out } = &mut told;
        reads.sweep(&mut |fetch| out.push(shown(fetch)));
        assert_eq!(out.len(), 0, "its store may be on its way");
        told.hit(30_000, 2, "other");
        let Told { reads, told: out } = &mut told;
        reads.sweep(&mut |fetch| out.push(shown(fetch)));
        assert_eq!(*out, ["+other by 2", "+idle by 1"]);
    }

    #[test]
    fn a_connection_that_ends_had_read() {
        let mut told = Told::default();
        told.hit(1, 1, "k");
        let mut closed = Vec::new();
        let client = Writer::unnamed(1);
        let reads = &mut told.reads;
        reads.closed(9, &client, &mut |fetch| closed.push(shown(fetch)));
        assert_eq!(closed, ["+k by 1"]);
        assert!(told.end().is_empty());
    }

    #[test]
    fn however_many_connections_there_are_few_lookups_are_kept() {
        let mut told = Told::default();
        for gid in 0..100_000 {
            told.hit(gid, gid, "k");
            assert!(told.reads.open.len() <= MOST);
        }
        assert_eq!(told.end().len(), 100_000);
    }
}
