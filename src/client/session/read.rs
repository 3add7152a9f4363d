//! Reading: several keys in one write, and the moment of expiry by the server's clock.

use std::time::Instant;

use super::{Session, read_facts};
use crate::cas::{Item, Key, StoreError, Ttl, Want};
use crate::client::facts::Facts;
use crate::client::protocol::{Dialect, ReplyError, Request, Seen};
use crate::client::wire::Wire;

/// Requests of one write. A server stops reading while its answers are not taken, so a write must fit the buffers
/// between us (protocol.md 3); this much always does, and holds a hundred keys of any length.
pub(super) const BATCH_BYTES: usize = 60 * 1024;

/// How many reads are made of an item that others change within each of them.
const READS: usize = 3;
/// How many reads are made where the clock ticks within each: seconds lie between two ticks as a rule, so that more would be of
/// no use.
const MOST_READS: usize = 8;

/// What two looks at an item, with the clock between them, make of its moment of expiry.
enum Moment {
    /// No tick fell in between: it is exact.
    Exact,
    /// The clock ticked: it may be a second off.
    Ticked,
    /// Somebody wrote the item in between: it may be a second off, and the token is old.
    Overtaken,
}

impl Session {
    /// One question per key, as many of them in one write as is safe.
    pub(super) fn in_batches<T>(
        &mut self,
        keys: &[Key],
        ask: impl Fn(&dyn Dialect, &mut Request, &Key, usize),
        read: impl Fn(&dyn Dialect, &mut Wire, usize) -> Result<T, ReplyError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut answers = Vec::with_capacity(keys.len());
        while answers.len() < keys.len() {
            let first = answers.len();
            let batch = self.understood(keys, |session| {
                let dialect = session.dialect();
                let mut request = session.request();
                let mut next = first;
                while next < keys.len() && request.bytes().len() < BATCH_BYTES {
                    ask(dialect, &mut request, &keys[next], next);
                    next += 1;
                }
                let mut at = first;
                let batch = session.exchange(&request, |wire, _| {
                    (first..next)
                        .map(|n| {
                            at = n;
                            read(dialect, wire, n)
                        })
                        .collect::<Result<Vec<_>, _>>()
                });
                batch.map_err(|error| error.about(&keys[at]))
            })?;
            answers.extend(batch);
        }
        Ok(answers)
    }

    /// Reads an item in order to swap it.
    pub(super) fn read_to_swap(
        &mut self,
        key: &Key,
        want: Want,
    ) -> Result<Option<Item>, StoreError> {
        self.understood(std::slice::from_ref(key), |session| {
            session.read_in_dialect(key, want)
        })
    }

    fn read_in_dialect(&mut self, key: &Key, want: Want) -> Result<Option<Item>, StoreError> {
        if self.wire.is_none() {
            // A new connection may lead to another process: what is known of the old one does not count for it.
            self.facts = None;
        }
        let mut open = None;
        if let Some(facts) = self.facts.filter(|_| !self.expiry_moves) {
            let item = self.read_by_clock(key, want, facts)?;
            match item {
                Some(item) if moment_is_open(&item, facts) => open = Some(item),
                settled => return Ok(settled),
            }
            self.expiry_moves = true;
        }
        let mut item = self.read_exactly(key, want)?;
        if let (Some(item), Some(open)) = (&mut item, open)
            && item.token == open.token
        {
            // The win, if there was one, came with the first read of this item.
            item.freshness = open.freshness;
        }
        Ok(item)
    }

    /// Reads an item until its moment of expiry is certain, and remembers that one only. Where others always write in
    /// between, the moment of the last read stays, as nothing can come of it: a swap by its token loses.
    fn read_exactly(&mut self, key: &Key, want: Want) -> Result<Option<Item>, StoreError> {
        self.remembered = None;
        let mut reads = 1;
        loop {
            let (mut item, moment) = self.read_with_clock(key, want)?;
            match moment {
                Moment::Exact => {
                    let expires_at = item.as_ref().and_then(|item| item.expires_at);
                    self.remembered = expires_at.map(|moment| (key.clone(), moment));
                    return Ok(item);
                }
                Moment::Overtaken if reads >= READS => return Ok(item),
                Moment::Ticked if reads >= MOST_READS => {
                    if let Some(item) = &mut item {
                        item.expires_at = None;
                    }
                    return Ok(item);
                }
                Moment::Ticked | Moment::Overtaken => reads += 1,
            }
        }
    }

    /// Reads an item on a connection whose server is known. The moment of expiry is left open if it may have moved.
    fn read_by_clock(
        &mut self,
        key: &Key,
        want: Want,
        facts: Facts,
    ) -> Result<Option<Item>, StoreError> {
        let dialect = self.dialect();
        let mut request = self.request();
        dialect.ask_item(&mut request, key, want, 0);
        let read = self.exchange(&request, |wire, asked| {
            Ok((dialect.item(wire, key, want, 0)?, asked))
        });
        let (seen, asked) = read.map_err(|error| error.about(key))?;
        let mut item = self.item(seen)?;
        if let (Some(item), Some(clock), Some((remembered, moment))) =
            (&mut item, facts.clock, &self.remembered)
            && remembered == key
            && let Ttl::Seconds(left) = item.ttl
        {
            // If the expiry stayed, the clock shows `moment - left` now; that must be a time it can show.
            let possible = clock.earliest(asked)..=clock.latest(Instant::now());
            item.expires_at = moment
                .checked_sub(left)
                .filter(|now| possible.contains(now))
                .map(|_| *moment);
        }
        Ok(item)
    }

    /// Reads an item together with the server's clock, in one write: item, clock, item. If both looks at the item agree,
    /// no tick fell in between and clock + time left is its moment of expiry, exactly (protocol.md 2.8).
    fn read_with_clock(
        &mut self,
        key: &Key,
        want: Want,
    ) -> Result<(Option<Item>, Moment), StoreError> {
        let dialect = self.dialect();
        let tells = dialect.tells();
        let mut request = self.request();
        dialect.ask_item(&mut request, key, want, 0);
        if tells.statistics {
            request.stats();
            request.settings();
        }
        if tells.expiry {
            dialect.ask_item(&mut request, key, Want::Meta, 2);
        }
        let read = self.exchange(&request, |wire, asked| {
            let first = dialect.item(wire, key, want, 0)?;
            let facts = if tells.statistics {
                read_facts(wire, asked)?
            } else {
                Facts::untold()
            };
            let moment = if tells.expiry {
                Moment::between(&first, &dialect.item(wire, key, Want::Meta, 2)?)
            } else {
                Moment::Exact
            };
            Ok((first, facts, moment))
        });
        let (first, facts, moment) = read.map_err(|error| error.about(key))?;
        self.facts = Some(facts);
        if !facts.limits.cas_enabled {
            return Err(self.no_cas());
        }
        let mut item = self.item(first)?;
        if let (Some(item), Some(clock)) = (&mut item, facts.clock)
            && let Ttl::Seconds(left) = item.ttl
        {
            item.expires_at = Some(clock.after(left));
        }
        Ok((item, moment))
    }
}

impl Moment {
    fn between(first: &Seen, second: &Seen) -> Moment {
        if first.state == second.state {
            Moment::Exact
        } else if first.state.0 == second.state.0 {
            Moment::Ticked
        } else {
            Moment::Overtaken
        }
    }
}

/// Whether an item expires at a moment that its read could not establish.
fn moment_is_open(item: &Item, facts: Facts) -> bool {
    matches!(item.ttl, Ttl::Seconds(_)) && item.expires_at.is_none() && facts.clock.is_some()
}
