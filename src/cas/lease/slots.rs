//! A lock that several may hold at once, and how to wait for one.
//!
//! N slots are N keys, `KEY:slot:0` and so on, each a lease of its own. A single value with a list of holders would need
//! a swap of the same key for each renewal of each holder, which conflict with each other; it would have to carry moments
//! of expiry by clocks that differ, and somebody would have to strike out the crashed; one eviction would lose all
//! holders at once. So the server's own expiry frees the slot of a crashed holder, and a lost slot is one slot.

use std::time::Duration;

use crate::cas::Key;
use crate::cas::key::KeyError;

/// The keys of a lock, in the order in which one process tries them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slots {
    keys: Vec<Key>,
    /// The number of the slot that is tried first; `None` if the lock has one holder and no slots.
    first: Option<usize>,
}

impl Slots {
    /// A lock for one holder: the key itself.
    pub(crate) fn single(key: Key) -> Slots {
        Slots {
            keys: vec![key],
            first: None,
        }
    }

    /// This many slots, tried in turn from a random one on, so that processes do not all compete for the first.
    pub(crate) fn new(key: &Key, count: u32, random: u64) -> Result<Slots, KeyError> {
        let all = (0..count.max(1)).map(|slot| Slots::key(key, slot));
        let mut keys = all.collect::<Result<Vec<_>, _>>()?;
        // What is left of a division by their number is such a number, too.
        let first = usize::try_from(random % keys.len() as u64).unwrap_or(0);
        keys.rotate_left(first);
        let first = Some(first);
        Ok(Slots { keys, first })
    }

    fn key(key: &Key, slot: u32) -> Result<Key, KeyError> {
        let suffix = format!(":slot:{slot}");
        Key::new([key.as_bytes(), suffix.as_bytes()].concat())
    }

    /// The keys, to be looked at in one exchange; the first free one is to be tried.
    pub(crate) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The number of the slot at this place among the [`keys`](Slots::keys); `None` if the lock has no slots.
    pub(crate) fn number(&self, place: usize) -> Option<usize> {
        self.first.map(|first| (first + place) % self.keys.len())
    }
}

/// How to wait for a lock that others hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Polling {
    /// The time limit, from the first attempt on.
    pub(crate) wait: Duration,
}

impl Polling {
    const FIRST: Duration = Duration::from_millis(20);
    const LONGEST: Duration = Duration::from_millis(500);

    /// How long to wait after the `polls`-th attempt (1 = the first); `None` if the time is over. The last attempt falls
    /// on the end of the time. `random` lies in 0 .. 1: at least half of the step is waited, so that a held lock is not
    /// hammered, and the rest is chance, so that those who wait do not come together.
    pub(crate) fn next(&self, polls: u32, elapsed: Duration, random: f64) -> Option<Duration> {
        let left = self.wait.checked_sub(elapsed).filter(|it| !it.is_zero())?;
        let doublings = polls.saturating_sub(1).min(16);
        let step = Polling::FIRST
            .saturating_mul(1 << doublings)
            .min(Polling::LONGEST);
        Some(step.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0).min(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(slots: &Slots) -> Vec<String> {
        slots.keys().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_slot_is_tried_once_from_a_random_one_on() {
        let key = Key::new("k").unwrap();
        let slots = Slots::new(&key, 3, 5).unwrap();
        assert_eq!(names(&slots), ["k:slot:2", "k:slot:0", "k:slot:1"]);
        let numbers = [0, 1, 2].map(|place| slots.number(place));
        assert_eq!(numbers, [Some(2), Some(0), Some(1)]);
        let single = Slots::single(key);
        assert_eq!((names(&single), single.number(0)), (vec!["k".into()], None));
    }

    #[test]
    fn a_slot_must_be_a_key_too() {
        let key = Key::new("k".repeat(243)).unwrap();
        assert!(Slots::new(&key, 10, 0).is_ok());
        assert!(Slots::new(&key, 11, 0).is_err());
    }

    #[test]
    fn waits_grow_vary_and_end_with_the_time() {
        let polling = Polling {
            wait: Duration::from_secs(10),
        };
        let next = |polls, elapsed, random| polling.next(polls, elapsed, random);
        let ms = Duration::from_millis;
        assert_eq!(next(1, ms(0), 0.0), Some(ms(10)));
        assert_eq!(next(1, ms(0), 1.0), Some(ms(20)));
        assert_eq!(next(u32::MAX, ms(0), 0.0), Some(ms(250)));
        assert_eq!(next(u32::MAX, ms(0), 1.0), Some(ms(500)));
        assert_eq!(next(9, ms(9_900), 1.0), Some(ms(100)));
        assert_eq!(next(9, ms(10_000), 0.0), None);
        assert_eq!(next(9, ms(11_000), 0.0), None);
    }
}
