//! What a server counted of lookups by itself.

/// What the server counted of lookups by itself, over the same time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lookups {
    /// Those of commands that read.
    pub(crate) get_hits: u64,
    pub(crate) get_misses: u64,
    /// Those of commands that give a key a new time to live; some of them (`gat`) also read.
    pub(crate) touches: u64,
    /// Those of arithmetic in place.
    pub(crate) arithmetic: u64,
    /// Those of deletes that found the key, and that did not.
    pub(crate) deletes: u64,
    pub(crate) delete_misses: u64,
}

impl Lookups {
    /// What was added since `before`; `None` if the counters were reset meanwhile.
    pub(crate) fn since(&self, before: &Lookups) -> Option<Lookups> {
        Some(Lookups {
            get_hits: self.get_hits.checked_sub(before.get_hits)?,
            get_misses: self.get_misses.checked_sub(before.get_misses)?,
            touches: self.touches.checked_sub(before.touches)?,
            arithmetic: self.arithmetic.checked_sub(before.arithmetic)?,
            deletes: self.deletes.checked_sub(before.deletes)?,
            delete_misses: self.delete_misses.checked_sub(before.delete_misses)?,
        })
    }

    /// Both together.
    pub(crate) fn plus(&self, other: &Lookups) -> Lookups {
        Lookups {
            get_hits: self.get_hits.saturating_add(other.get_hits),
            get_misses: self.get_misses.saturating_add(other.get_misses),
            touches: self.touches.saturating_add(other.touches),
            arithmetic: self.arithmetic.saturating_add(other.arithmetic),
            deletes: self.deletes.saturating_add(other.deletes),
            delete_misses: self.delete_misses.saturating_add(other.delete_misses),
        }
    }

    /// Lookups that a log shows like reads although they may be none; with `deletes_told` it tells of deletes too.
    pub(crate) fn like_reads(&self, deletes_told: bool) -> u64 {
        let deletes = if deletes_told { 0 } else { self.deletes };
        [self.touches, self.arithmetic, self.delete_misses]
            .into_iter()
            .fold(deletes, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_read_is_added_up() {
        let lookups = Lookups {
            get_hits: 100,
            get_misses: 50,
            touches: 1,
            arithmetic: 2,
            deletes: 4,
            delete_misses: 8,
        };
        assert_eq!(lookups.like_reads(true), 11);
        assert_eq!(lookups.like_reads(false), 15);
        let hostile = Lookups {
            touches: u64::MAX,
            ..lookups
        };
        assert_eq!(hostile.like_reads(false), u64::MAX);
    }

    #[test]
    fn counters_that_were_reset_tell_nothing() {
        let lookups = |get_hits| Lookups {
            get_hits,
            ..Lookups::default()
        };
        assert_eq!(lookups(5).since(&lookups(2)), Some(lookups(3)));
        assert_eq!(lookups(2).since(&lookups(5)), None);
    }
}
