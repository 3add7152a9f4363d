//! Miss storms: many clients miss the same key within a second, and each of them goes to make its value anew.
//!
//! Misses are counted per second of the server's clock. Of each of the last [`OPEN`] seconds the [`PLACES`] keys with the
//! most misses are counted (see [`Top`]), each with up to [`CLIENTS`] clients; of the storms, the [`STORMS`] keys with the
//! worst are remembered. So memory is bounded, and no figure is too high.

use std::cmp::Reverse;
use std::sync::Arc;

use super::top::Top;
use crate::cas::fetch::{Fetch, Lookup};

/// So many misses of a key by so many clients within a second are a storm.
pub(crate) const STORM_MISSES: u64 = 10;
pub(crate) const STORM_CLIENTS: usize = 5;
/// Seconds that are still counted: a lookup can be told some seconds late.
const OPEN: usize = 4;
/// Keys that are counted in a second, and clients of each.
const PLACES: usize = 256;
const CLIENTS: usize = 64;
/// Keys whose storms are remembered.
const STORMS: usize = 64;

/// Many misses of one key by many clients within a second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Storm {
    pub(crate) key: Arc<[u8]>,
    /// The second of unix time, by the server's clock. Of several of a key it is the worst.
    pub(crate) second: u64,
    pub(crate) misses: u64,
    pub(crate) clients: usize,
    /// Whether there were more clients than are counted.
    pub(crate) more_clients: bool,
    /// Whether one of the lookups found that the key's time was over.
    pub(crate) expired: bool,
    /// In how many seconds there was one.
    pub(crate) seconds: u64,
}

/// The misses of the last seconds, and the storms among those before.
#[derive(Debug, Default)]
pub(super) struct Storms {
    /// The latest last.
    open: Vec<Second>,
    /// The worst second of each key.
    past: Vec<Storm>,
    /// Seconds that were closed since the last mark, and had a storm.
    fresh: Vec<Storm>,
}

/// The misses of one second.
#[derive(Debug)]
struct Second {
    number: u64,
    keys: Top<Arc<[u8]>, Missed>,
}

/// The misses of a key within a second.
#[derive(Debug, Default)]
struct Missed {
    misses: u64,
    /// How many there were at the last mark.
    mark: u64,
    clients: Vec<u64>,
    expired: bool,
}

impl Storms {
    /// Counts a miss.
    pub(super) fn miss(&mut self, fetch: &Fetch) {
        let Some(at) = fetch.at else { return };
        let Some(second) = self.second(at / 1_000_000) else {
            return;
        };
        let key = fetch.key;
        if let Some(missed) = second.keys.count(key, 1, || key.into()) {
            missed.count(fetch);
        }
    }

    /// The worst second of each key, the worst first; those that are still counted included.
    pub(super) fn whole(&self) -> Vec<Storm> {
        let mut all = self.past.clone();
        for storm in self.open.iter().flat_map(Second::storms) {
            add(&mut all, storm);
        }
        sorted(all)
    }

    /// What was found since the last mark: each second by itself, and one that is still counted as far as it has come.
    pub(super) fn since_mark(&self) -> Vec<Storm> {
        let mut all = self.fresh.clone();
        all.extend(self.open.iter().flat_map(Second::grown));
        sorted(all)
    }

    /// Begins a new interval.
    pub(super) fn mark(&mut self) {
        self.fresh.clear();
        for second in &mut self.open {
            for missed in second.keys.values_mut() {
                missed.mark = missed.misses;
            }
        }
    }

    /// The second of this number, if it is still counted.
    fn second(&mut self, number: u64) -> Option<&mut Second> {
        let place = self.open.partition_point(|second| second.number < number);
        if self
            .open
            .get(place)
            .is_some_and(|second| second.number == number)
        {
            return self.open.get_mut(place);
        }
        if place == 0 && self.open.len() == OPEN {
            return None;
        }
        self.open.insert(place, Second::new(number));
        if self.open.len() <= OPEN {
            return self.open.get_mut(place);
        }
        let oldest = self.open.remove(0);
        self.close(&oldest);
        self.open.get_mut(place - 1)
    }

    fn close(&mut self, second: &Second) {
        for storm in second.storms() {
            add(&mut self.past, storm);
        }
        if self.fresh.len() < STORMS {
            self.fresh.extend(second.grown());
        }
    }
}

impl Second {
    fn new(number: u64) -> Second {
        Second {
            number,
            keys: Top::new(PLACES),
        }
    }

    fn storms(&self) -> impl Iterator<Item = Storm> {
        let stormy = self.keys.iter().filter(|slot| slot.value.is_storm());
        stormy.map(|slot| slot.value.storm(&slot.name, self.number))
    }

    /// Those that have grown since the last mark.
    fn grown(&self) -> impl Iterator<Item = Storm> {
        let missed = self.keys.iter().filter(|slot| slot.value.is_storm());
        let grown = missed.filter(|slot| slot.value.misses > slot.value.mark);
        grown.map(|slot| slot.value.storm(&slot.name, self.number))
    }
}

impl Missed {
    fn count(&mut self, fetch: &Fetch) {
        self.misses += 1;
        self.expired |= fetch.end == Lookup::Expired;
        let client = fetch.client.number();
        if self.clients.len() < CLIENTS && !self.clients.contains(&client) {
            self.clients.push(client);
        }
    }

    fn is_storm(&self) -> bool {
        self.misses >= STORM_MISSES && self.clients.len() >= STORM_CLIENTS
    }

    fn storm(&self, key: &Arc<[u8]>, second: u64) -> Storm {
        Storm {
            key: Arc::clone(key),
            second,
            misses: self.misses,
            clients: self.clients.len(),
            more_clients: self.clients.len() == CLIENTS,
            expired: self.expired,
            seconds: 1,
        }
    }
}

/// Adds the storm of a second to the worst ones.
fn add(all: &mut Vec<Storm>, storm: Storm) {
    if let Some(known) = all.iter_mut().find(|known| known.key == storm.key) {
        let seconds = known.seconds.saturating_add(storm.seconds);
        if storm.misses > known.misses {
            *known = storm;
        }
        known.seconds = seconds;
        return;
    }
    all.push(storm);
    if all.len() > STORMS {
        let least = (0..all.len()).min_by_key(|&at| all[at].misses);
        all.swap_remove(least.unwrap_or(0));
    }
}

/// The storms of an interval and of a later one.
pub(super) fn together(mut all: Vec<Storm>, later: Vec<Storm>) -> Vec<Storm> {
    for storm in later {
        add(&mut all, storm);
    }
    sorted(all)
}

fn sorted(mut all: Vec<Storm>) -> Vec<Storm> {
    all.sort_unstable_by(|one, other| order(one).cmp(&order(other)));
    all
}

fn order(storm: &Storm) -> (Reverse<u64>, u64, &[u8]) {
    (Reverse(storm.misses), storm.second, &storm.key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::Writer;

    /// Misses of a key by `clients` clients in turn, all in one second.
    fn missed(storms: &mut Storms, key: &str, second: u64, misses: u64, clients: u64) {
        for n in 0..misses {
            let client = Arc::new(Writer::unnamed(n % clients));
            storms.miss(&Fetch {
                at: Some(second * 1_000_000 + n),
                key: key.as_bytes(),
                end: if n == 0 {
                    Lookup::Expired
                } else {
                    Lookup::Missing
                },
                client: &client,
            });
        }
    }

    /// `key misses/clients@second`, and `xN` if there were more such seconds.
    fn shown(storms: &[Storm]) -> Vec<String> {
        let shown = storms.iter().map(|storm| {
            let key = String::from_utf8_lossy(&storm.key);
            let times = match storm.seconds {
                1 => String::new(),
                seconds => format!("x{seconds}"),
            };
            let (misses, clients) = (storm.misses, storm.clients);
            format!("{key} {misses}/{clients}@{}{times}", storm.second)
        });
        shown.collect()
    }

    #[test]
    fn many_misses_by_many_clients_within_a_second_are_a_storm() {
        let mut storms = Storms::default();
        missed(&mut storms, "k", 7, 40, 8);
        missed(&mut storms, "few misses", 7, STORM_MISSES - 1, 8);
        missed(&mut storms, "few clients", 7, 40, 4);
        missed(&mut storms, "slow", 7, 6, 6);
        missed(&mut storms, "slow", 8, 6, 6);
        let whole = storms.whole();
        assert_eq!(shown(&whole), ["k 40/8@7"]);
        assert!(whole[0].expired && !whole[0].more_clients);
    }

    #[test]
    fn the_worst_second_of_a_key_is_told_with_the_number_of_such_seconds() {
        let mut storms = Storms::default();
        for (second, misses) in [(1, 20), (2, 50), (3, 30), (9, 10), (10, 11), (20, 5)] {
            missed(&mut storms, "k", second, misses, 6);
        }
        missed(&mut storms, "later", 30, 60, 6);
        assert_eq!(shown(&storms.whole()), ["later 60/6@30", "k 50/6@2x5"]);
    }

    #[test]
    fn a_late_miss_counts_in_its_own_second_and_a_very_late_one_in_none() {
        let mut storms = Storms::default();
        for second in [3, 4, 1, 2] {
            missed(&mut storms, "other", second, 1, 1);
        }
        missed(&mut storms, "k", 2, 10, 5);
        missed(&mut storms, "k", 5, 1, 1);
        missed(&mut storms, "k", 1, 10, 5);
        assert_eq!(shown(&storms.whole()), ["k 10/5@2"]);
        assert_eq!(storms.open.len(), OPEN);
    }

    #[test]
    fn an_interval_tells_what_has_grown_in_it() {
        let mut storms = Storms::default();
        missed(&mut storms, "k", 1, 20, 5);
        assert_eq!(shown(&storms.since_mark()), ["k 20/5@1"]);
        storms.mark();
        assert!(storms.since_mark().is_empty());
        missed(&mut storms, "k", 1, 5, 5);
        assert_eq!(shown(&storms.since_mark()), ["k 25/5@1"]);
        storms.mark();
        // The second is over now, and was told.
        missed(&mut storms, "k", 9, 1, 1);
        missed(&mut storms, "k", 10, 1, 1);
        missed(&mut storms, "k", 11, 1, 1);
        missed(&mut storms, "k", 12, 1, 1);
        assert!(storms.since_mark().is_empty());
        assert_eq!(shown(&storms.whole()), ["k 25/5@1"]);
    }

    #[test]
    fn however_many_keys_storm_the_worst_are_remembered() {
        let mut storms = Storms::default();
        for n in 0..1000 {
            missed(&mut storms, &format!("k{n}"), n, 10 + n % 100, 500);
        }
        assert!(storms.past.len() <= STORMS && storms.fresh.len() <= STORMS + PLACES);
        let whole = storms.whole();
        assert_eq!((whole[0].misses, whole[0].clients), (109, CLIENTS));
        assert!(whole[0].more_clients);
    }
}
