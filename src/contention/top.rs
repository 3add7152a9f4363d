//! The heaviest of a stream of names, in memory that does not grow with their number.
//!
//! This is *Space-Saving* (Metwally, Agrawal, El Abbadi: "Efficient Computation of Frequent and Top-k Elements in Data
//! Streams", ICDT 2005), weighted. A name's weight is the number of swaps it lost. When all places are taken, a new name
//! takes the place of the lightest one and starts from its weight, which becomes its possible error. With `N` lost swaps
//! and `C` places:
//!
//! - a name that lost more than `N / C` swaps has a place, and so do the heaviest, in order, if they stand out by that;
//! - `weight - error <= what it really lost <= weight`, and no error is above `N / C`;
//! - as long as there are no more names than places, nothing is evicted and everything is exact.
//!
//! An event without weight (a store that met no other writer) can take a place only from a name that never lost a swap.
//! Between those, the number of events is the weight. So a flood of uncontended names cannot push out a contended one,
//! and of the uncontended ones the busiest stay.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// The places, and who has them.
#[derive(Debug)]
pub(crate) struct Top<K, V> {
    capacity: usize,
    index: HashMap<K, usize>,
    slots: Vec<Slot<K, V>>,
    /// Slots as a binary heap, the lightest first.
    heap: Vec<usize>,
    /// Whether any name ever lost its place or got none: from then on a newcomer may have been there before.
    overflowed: bool,
}

/// A name with a place.
#[derive(Debug)]
pub(crate) struct Slot<K, V> {
    pub(crate) name: K,
    pub(crate) value: V,
    rank: Rank,
    /// How much of its weight may be another name's.
    pub(crate) error: u64,
    /// Whether it may have had a place before, so that `value` tells only a part.
    pub(crate) partial: bool,
    /// Where in the heap it stands.
    at: usize,
}

/// What keeps a name in its place: first its weight, then how busy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    weight: u64,
    events: u64,
}

impl<K: Clone + Eq + Hash, V: Default> Top<K, V> {
    /// As many places as `capacity` says, which must be at least one.
    pub(crate) fn new(capacity: usize) -> Top<K, V> {
        Top {
            capacity,
            index: HashMap::new(),
            slots: Vec::new(),
            heap: Vec::new(),
            overflowed: false,
        }
    }

    /// The names with a place, in any order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot<K, V>> {
        self.slots.iter()
    }

    /// The same, mutable.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.slots.iter_mut().map(|slot| &mut slot.value)
    }

    /// How many names can have a place.
    pub(crate) fn places(&self) -> usize {
        self.capacity
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there were more names than places.
    pub(crate) fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// How much a name without a place can weigh at most.
    pub(crate) fn floor(&self) -> u64 {
        match self.heap.first() {
            Some(&lightest) if self.overflowed => self.slots[lightest].rank.weight,
            _ => 0,
        }
    }

    /// An event with this weight: what is kept for the name, or `None` if it gets no place. `make` is asked for the name
    /// as it is to be kept, and only for a newcomer.
    pub(crate) fn count<Q>(
        &mut self,
        name: &Q,
        weight: u64,
        make: impl FnOnce() -> K,
    ) -> Option<&mut V>
    where
        Q: ?Sized + Hash + Eq,
        K: Borrow<Q>,
    {
        let slot = match self.index.get(name) {
            Some(&slot) => slot,
            None => self.admit(make, weight)?,
        };
        let rank = &mut self.slots[slot].rank;
        rank.weight += weight;
        rank.events += 1;
        self.sink(self.slots[slot].at);
        Some(&mut self.slots[slot].value)
    }

    /// Gives a newcomer a place: a free one, or the lightest name's.
    fn admit(&mut self, make: impl FnOnce() -> K, weight: u64) -> Option<usize> {
        if self.slots.len() < self.capacity {
            return Some(self.append(make()));
        }
        let lightest = *self.heap.first()?;
        self.overflowed = true;
        let slot = &mut self.slots[lightest];
        if weight == 0 && slot.rank.weight > 0 {
            return None;
        }
        let name = make();
        let before = std::mem::replace(&mut slot.name, name.clone());
        self.index.remove(&before);
        slot.value = V::default();
        slot.error = slot.rank.weight;
        slot.partial = true;
        self.index.insert(name, lightest);
        Some(lightest)
    }

    fn append(&mut self, name: K) -> usize {
        let (slot, at) = (self.slots.len(), self.heap.len());
        self.index.insert(name.clone(), slot);
        // Most keys have one client, of one host, and no room for others then.
        self.slots.reserve_exact(usize::from(slot == 0));
        self.slots.push(Slot {
            name,
            value: V::default(),
            rank: Rank {
                weight: 0,
                events: 0,
            },
            error: 0,
            partial: self.overflowed,
            at,
        });
        self.heap.push(slot);
        self.rise(at);
        slot
    }

    fn rank(&self, at: usize) -> Rank {
        self.slots[self.heap[at]].rank
    }

    /// Moves a slot that has become lighter than its parent towards the root.
    fn rise(&mut self, mut at: usize) {
        while at > 0 && self.rank(at) < self.rank((at - 1) / 2) {
            self.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    /// Moves a slot that has become heavier than a child towards the leaves.
    fn sink(&mut self, mut at: usize) {
        loop {
            let children = 2 * at + 1..(2 * at + 3).min(self.heap.len());
            let Some(child) = children.min_by_key(|&child| self.rank(child)) else {
                return;
            };
            if self.rank(at) <= self.rank(child) {
                return;
            }
            self.swap(at, child);
            at = child;
        }
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.heap.swap(one, other);
        self.slots[self.heap[one]].at = one;
        self.slots[self.heap[other]].at = other;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    type Names = Top<Box<str>, u64>;

    fn count(top: &mut Names, name: &str, weight: u64) {
        if let Some(seen) = top.count(name, weight, || name.into()) {
            *seen += weight;
        }
    }

    fn found<'a>(top: &'a Names, name: &str) -> Option<&'a Slot<Box<str>, u64>> {
        top.iter().find(|slot| &*slot.name == name)
    }

    #[test]
    fn with_room_for_all_everything_is_exact() {
        let mut top = Names::new(3);
        for name in ["a", "b", "a", "c", "a"] {
            count(&mut top, name, 1);
        }
        assert_eq!(
            found(&top, "a").map(|slot| (slot.value, slot.error, slot.partial)),
            Some((3, 0, false))
        );
        assert_eq!((top.len(), top.overflowed(), top.floor()), (3, false, 0));
    }

    #[test]
    fn a_name_that_lost_survives_a_flood_of_peaceful_ones() {
        let mut top = Names::new(8);
        count(&mut top, "fought", 1);
        for n in 0..100_000 {
            count(&mut top, &format!("peaceful{n}"), 0);
            if n % 3 == 0 {
                count(&mut top, "busy", 0);
            }
        }
        assert_eq!(
            found(&top, "fought").map(|slot| (slot.value, slot.error, slot.partial)),
            Some((1, 0, false))
        );
        assert!(found(&top, "busy").is_some());
        assert!(top.overflowed());
        assert_eq!(top.floor(), 0, "no name without a place has lost anything");
    }

    #[test]
    fn peaceful_names_get_no_place_among_fighters() {
        let mut top = Names::new(2);
        for name in ["a", "b", "b"] {
            count(&mut top, name, 1);
        }
        assert!(top.count("peaceful", 0, || "peaceful".into()).is_none());
        count(&mut top, "c", 1);
        let c = found(&top, "c").unwrap();
        assert_eq!((c.value, c.error, c.partial), (1, 1, true));
        assert!(found(&top, "a").is_none());
        assert_eq!(top.floor(), 2);
    }

    proptest! {
        /// The bounds of the paper, for any stream: what they promise is checked against a full count.
        #[test]
        fn the_bounds_hold(stream in proptest::collection::vec((0_u8..40, 0_u64..2), 1..2000), capacity in 1_usize..20) {
            let mut top = Names::new(capacity);
            let mut truth: HashMap<String, u64> = HashMap::new();
            for (name, weight) in stream {
                // A few names are much heavier than the rest.
                let name = (name / 8 * (name % 8)).to_string();
                *truth.entry(name.clone()).or_default() += weight;
                count(&mut top, &name, weight);
            }
            let total: u64 = truth.values().sum();
            let bound = total / capacity as u64;
            prop_assert!(top.len() <= capacity);
            prop_assert!(top.floor() <= bound);
            for (name, &lost) in &truth {
                match found(&top, name) {
                    Some(slot) => {
                        prop_assert!(slot.value <= lost && lost <= slot.value + slot.error);
                        prop_assert!(slot.error <= bound);
                        prop_assert!(slot.partial || slot.value == lost);
                    }
                    None => prop_assert!(lost <= top.floor()),
                }
            }
        }
    }
}
