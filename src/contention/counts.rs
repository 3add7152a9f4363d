//! How many stores and reads ended how, over the whole time and since the last mark.

use crate::cas::fetch::Fetch;
use crate::cas::mutation::{Mutation, Outcome};

/// How stores and reads ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Counts {
    /// Stores that happened, by any command.
    pub(crate) stores: u64,
    /// Swaps that happened.
    pub(crate) won: u64,
    /// Swaps that lost to another writer.
    pub(crate) lost: u64,
    /// Swaps whose key was gone.
    pub(crate) missing: u64,
    /// Reads that found the key, and that did not.
    pub(crate) hits: u64,
    pub(crate) misses: u64,
}

/// Counts over the whole time, and what they were at the last mark.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    pub(crate) now: Counts,
    mark: Counts,
}

impl Counts {
    /// Swaps that were tried.
    pub(crate) fn swaps(&self) -> u64 {
        let ended = self.won.saturating_add(self.lost);
        ended.saturating_add(self.missing)
    }

    /// The share of the swaps that lost; `None` if there were none.
    #[allow(clippy::cast_precision_loss)] // a share of 2^53 swaps needs no last digit
    pub(crate) fn lost_ratio(&self) -> Option<f64> {
        let swaps = self.swaps();
        (swaps > 0).then(|| self.lost as f64 / swaps as f64)
    }

    /// Reads, whether they found the key or not.
    pub(crate) fn reads(&self) -> u64 {
        self.hits.saturating_add(self.misses)
    }

    /// The share of the reads that did not find the key; `None` if there were none.
    #[allow(clippy::cast_precision_loss)] // a share of 2^53 reads needs no last digit
    pub(crate) fn miss_ratio(&self) -> Option<f64> {
        let reads = self.reads();
        (reads > 0).then(|| self.misses as f64 / reads as f64)
    }

    /// Whether nothing happened.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Counts::default()
    }

    /// Both together.
    pub(super) fn plus(&self, other: &Counts) -> Counts {
        self.each(other, u64::saturating_add)
    }

    /// What is more than in the other; nothing less than nothing.
    pub(super) fn less(&self, other: &Counts) -> Counts {
        self.each(other, u64::saturating_sub)
    }

    /// The larger of each.
    pub(super) fn most(&self, other: &Counts) -> Counts {
        self.each(other, u64::max)
    }

    fn each(&self, other: &Counts, both: fn(u64, u64) -> u64) -> Counts {
        Counts {
            stores: both(self.stores, other.stores),
            won: both(self.won, other.won),
            lost: both(self.lost, other.lost),
            missing: both(self.missing, other.missing),
            hits: both(self.hits, other.hits),
            misses: both(self.misses, other.misses),
        }
    }

    pub(super) fn count(&mut self, mutation: &Mutation) {
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

    pub(super) fn count_read(&mut self, fetch: &Fetch) {
        self.hits += u64::from(fetch.is_hit());
        self.misses += u64::from(!fetch.is_hit());
    }
}

impl Span {
    /// What came since the last mark.
    pub(crate) fn since_mark(&self) -> Counts {
        self.now.less(&self.mark)
    }

    pub(super) fn add(&mut self, counts: &Counts) {
        self.now = self.now.plus(counts);
    }

    pub(super) fn mark(&mut self) {
        self.mark = self.now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::fetch::Lookup;
    use crate::contention::testing::{named, read, tried};

    #[test]
    fn swaps_are_counted_by_outcome_and_other_failures_not_at_all() {
        let mut counts = Counts::default();
        for (command, outcome) in [
            ("set", Outcome::Stored),
            ("cas", Outcome::Stored),
            ("cas", Outcome::Exists),
            ("cas", Outcome::NotFound),
        ] {
            counts.count(&tried("k", command, outcome, None));
        }
        let expected = Counts {
            stores: 2,
            won: 1,
            lost: 1,
            missing: 1,
            ..Counts::default()
        };
        assert_eq!((counts, counts.swaps()), (expected, 3));
        for (command, outcome) in [
            ("add", Outcome::NotStored),
            ("na", Outcome::Failed),
            ("set", Outcome::NotFound),
        ] {
            counts.count(&tried("k", command, outcome, None));
        }
        assert_eq!(counts, expected);
    }

    #[test]
    fn a_share_of_no_swaps_is_none() {
        let counts = |won, lost| Counts {
            stores: 6,
            won,
            lost,
            ..Counts::default()
        };
        assert_eq!(counts(1, 3).lost_ratio(), Some(0.75));
        assert_eq!(counts(0, 0).lost_ratio(), None);
    }

    #[test]
    fn reads_are_hits_and_misses_and_no_stores() {
        let mut counts = Counts::default();
        assert_eq!(counts.miss_ratio(), None);
        for end in [
            Lookup::Hit,
            Lookup::Missing,
            Lookup::Expired,
            Lookup::Flushed,
        ] {
            counts.count_read(&read("k", end, &named(1, "a:1")));
        }
        assert_eq!((counts.hits, counts.misses, counts.reads()), (1, 3, 4));
        assert_eq!(counts.miss_ratio(), Some(0.75));
        assert!(!counts.is_empty());
    }
}
