//! What can be learnt of the stores of others: one store that somebody tried, who it was, and what the server counted.
//!
//! Who follows a server makes these, who counts or prints takes them; neither has to know the other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::lookups::Lookups;

/// An attempt to store, however it ended.
#[derive(Debug, Clone)]
pub(crate) struct Mutation<'a> {
    /// When, by the server's clock, in microseconds of unix time.
    pub(crate) at: Option<u64>,
    /// The server's running number of it: of two of the same key the later one has the higher.
    pub(crate) number: u64,
    pub(crate) key: &'a [u8],
    pub(crate) outcome: Outcome,
    /// The command's name: `set`, `add`, `replace`, `append`, `prepend`, `cas`, or one that later servers have.
    pub(crate) command: &'a [u8],
    /// Who tried; `None` where nothing can be trusted to tell it.
    pub(crate) writer: Option<Arc<Writer>>,
}

/// How a store ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Stored.
    Stored,
    /// A swap whose token was stale: it lost.
    Exists,
    /// A swap whose key was gone.
    NotFound,
    /// The command's own condition did not hold (`add` of a key that exists).
    NotStored,
    /// Too large, no memory, or a word not known here.
    Failed,
}

/// One connection of one client. Its name may become known later than what it did.
#[derive(Debug)]
pub(crate) struct Writer {
    number: u64,
    name: OnceLock<String>,
    /// Whether its host has counted it.
    met: AtomicBool,
}

/// What the server counted by itself: swaps by outcome, lookups by what they were for, and lines of its log that it did not send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) cas_hits: u64,
    pub(crate) cas_badval: u64,
    pub(crate) cas_misses: u64,
    pub(crate) log_worker_dropped: u64,
    pub(crate) log_watcher_skipped: u64,
    pub(crate) lookups: Lookups,
}

impl Mutation<'_> {
    /// Whether it was a compare-and-swap.
    pub(crate) fn is_swap(&self) -> bool {
        self.command == b"cas"
    }

    /// Whether the key has changed by it.
    pub(crate) fn is_stored(&self) -> bool {
        self.outcome == Outcome::Stored
    }

    /// Whether it was a swap that lost to another writer.
    pub(crate) fn has_lost(&self) -> bool {
        self.is_swap() && self.outcome == Outcome::Exists
    }
}

impl Writer {
    /// A connection without a name so far; `number` tells it from all others.
    pub(crate) fn unnamed(number: u64) -> Writer {
        Writer {
            number,
            name: OnceLock::new(),
            met: AtomicBool::new(false),
        }
    }

    /// Tells connections apart, also those without a name.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Its address, if it is sure.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.get().map(String::as_str)
    }

    /// The address without the port, which is all that the processes of one machine have in common; `unix` for whoever came
    /// by a socket file.
    pub(crate) fn host(&self) -> Option<&str> {
        let name = self.name()?;
        let host = name.rsplit_once(':').map_or(name, |(host, _)| host);
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        Some(bare.unwrap_or(host))
    }

    /// Whether this is the first time that somebody asks: so that connections can be counted without being remembered.
    pub(crate) fn meet(&self) -> bool {
        !self.met.swap(true, Ordering::Relaxed)
    }

    /// Gives it its name. The first one stays.
    pub(crate) fn call(&self, name: String) {
        let _ = self.name.set(name);
    }
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
            lookups: self.lookups.since(&before.lookups)?,
        })
    }

    /// Both together.
    pub(crate) fn plus(&self, other: &Counters) -> Counters {
        Counters {
            cas_hits: self.cas_hits.saturating_add(other.cas_hits),
            cas_badval: self.cas_badval.saturating_add(other.cas_badval),
            cas_misses: self.cas_misses.saturating_add(other.cas_misses),
            log_worker_dropped: self
                .log_worker_dropped
                .saturating_add(other.log_worker_dropped),
            log_watcher_skipped: self
                .log_watcher_skipped
                .saturating_add(other.log_watcher_skipped),
            lookups: self.lookups.plus(&other.lookups),
        }
    }

    /// With the lines of the log that were counted as dropped by `later`: the server adds them up only when it writes its log.
    pub(crate) fn with_dropped_of(self, later: &Counters) -> Counters {
        Counters {
            log_worker_dropped: later.log_worker_dropped,
            log_watcher_skipped: later.log_watcher_skipped,
            ..self
        }
    }

    /// How many lines of the log did not reach us, if the log itself told of `skipped` ones meanwhile.
    pub(crate) fn dropped(&self, skipped: u64) -> u64 {
        self.log_worker_dropped
            .saturating_add(self.log_watcher_skipped.max(skipped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn what_was_dropped_is_known_later_than_what_was_swapped() {
        let counters = |number| Counters {
            cas_hits: number,
            log_worker_dropped: number,
            log_watcher_skipped: number,
            ..Counters::default()
        };
        let both = counters(1).with_dropped_of(&counters(5));
        assert_eq!((both.cas_hits, both.dropped(0)), (1, 10));
    }

    #[test]
    fn lines_are_dropped_twice_and_what_is_told_twice_counts_once() {
        let counters = Counters {
            log_worker_dropped: 5,
            log_watcher_skipped: 40,
            ..Counters::default()
        };
        assert_eq!(counters.dropped(42), 47);
        assert_eq!(counters.dropped(0), 45);
        let hostile = Counters {
            log_worker_dropped: u64::MAX,
            ..counters
        };
        assert_eq!(hostile.dropped(1), u64::MAX);
    }

    #[test]
    fn the_first_name_stays() {
        let writer = Writer::unnamed(1);
        assert_eq!(writer.name(), None);
        writer.call("a:1".into());
        writer.call("b:2".into());
        assert_eq!(writer.name(), Some("a:1"));
    }

    #[test]
    fn a_host_is_the_name_without_the_port() {
        let host = |name: &str| {
            let writer = Writer::unnamed(1);
            writer.call(name.into());
            writer.host().map(String::from)
        };
        for (name, expected) in [
            ("10.0.0.7:39022", "10.0.0.7"),
            ("[2001:db8::1]:5", "2001:db8::1"),
            ("unix:27", "unix"),
            ("odd", "odd"),
        ] {
            assert_eq!(host(name).as_deref(), Some(expected));
        }
        assert_eq!(Writer::unnamed(1).host(), None);
    }

    #[test]
    fn a_connection_is_met_once() {
        let writer = Writer::unnamed(1);
        assert!(writer.meet() && !writer.meet());
    }
}
