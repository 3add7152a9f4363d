//! The way to a lease: look, create, and if the answer to that is lost, look for our own value.
//!
//! A creation whose answer was lost is not sent again, and nothing else is created instead: it may land yet, at any time. If
//! it does, our value shows it, which nobody else has. As long as it does not, nobody knows.

use std::time::Duration;

use super::steps::{Acquiring, Found};
use super::write::{Clock, write};
use super::{Lease, Slots, Terms};
use crate::cas::resolve::{ROUNDS, was_cut};
use crate::cas::store::{Failure, Fault};
use crate::cas::update::give_back;
use crate::cas::{Condition, Item, Key, Store, StoreError, Token, Want, Written};

/// What one process wants: one of the keys, for its own value.
#[derive(Debug)]
pub(crate) struct Bid {
    slots: Slots,
    value: Vec<u8>,
    terms: Terms,
    /// Whether the server has said what it is, and that it does compare-and-swap.
    met: bool,
    acquiring: Acquiring,
    /// The creation that got no answer: at which place among the keys, and what went wrong.
    lost: Option<(usize, Failure)>,
}

/// A lease that is ours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) key: Key,
    /// The number of the slot, if the lock has slots.
    pub(crate) slot: Option<usize>,
    /// The item's token after its creation, if the server could tell.
    pub(crate) token: Option<Token>,
    pub(crate) lease: Lease,
}

/// What came of an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    Held(Held),
    /// Others hold all keys: what was seen of them.
    Busy(Vec<Item>),
    /// The creation got no answer, and our value is not there, or not yet.
    Undecided(Failure),
    /// There is no answer, and nothing was created.
    Failed(StoreError),
}

impl Bid {
    pub(crate) fn new(slots: Slots, value: Vec<u8>, terms: Terms) -> Bid {
        Bid {
            slots,
            value,
            terms,
            met: false,
            acquiring: Acquiring::default(),
            lost: None,
        }
    }

    /// Tries once to get it.
    pub(crate) fn attempt(&mut self, store: &mut dyn Store, now: Clock) -> Tried {
        let Some((place, failure)) = self.lost.clone() else {
            return self.try_each(store, now).unwrap_or_else(Tried::Failed);
        };
        match store.look(std::slice::from_ref(&self.slots.keys()[place])) {
            Ok(items) => self.judge_lost(items.into_iter().next().flatten().as_ref(), now),
            Err(error) => undecided(&failure, &error.to_string()),
        }
    }

    /// Creates the first key that is free.
    fn try_each(&mut self, store: &mut dyn Store, now: Clock) -> Result<Tried, StoreError> {
        let seen = self.look(store)?;
        let mut overtaken = false;
        for (place, item) in seen.iter().enumerate() {
            if item.is_none() {
                match self.create(place, store, now)? {
                    Some(tried) => return Ok(tried),
                    None => overtaken = true,
                }
            }
        }
        // Who was faster is not seen yet.
        let seen = if overtaken { self.look(store)? } else { seen };
        Ok(Tried::Busy(seen.into_iter().flatten().collect()))
    }

    fn look(&mut self, store: &mut dyn Store) -> Result<Vec<Option<Item>>, StoreError> {
        let keys = self.slots.keys();
        if !self.met {
            let item = store.read(&keys[0], Want::Value)?;
            give_back(store, &keys[0], item.as_ref());
            self.met = true;
            if keys.len() == 1 {
                return Ok(vec![item]);
            }
        }
        store.look(keys)
    }

    /// Creates one of the keys; `None` if somebody was faster.
    fn create(
        &mut self,
        place: usize,
        store: &mut dyn Store,
        now: Clock,
    ) -> Result<Option<Tried>, StoreError> {
        let key = &self.slots.keys()[place];
        if place > 0 {
            // Each key may have a server of its own, which has to say first what fits; it is asked once.
            store.now(key)?;
        }
        let swap = write(key, &self.value, self.terms, Condition::Absent);
        let sent = now();
        let answer = store.swap(&swap);
        let token = match &answer {
            Ok(Written::Stored(token)) => *token,
            _ => None,
        };
        if let Err(StoreError::Unknown(failure)) = &answer {
            self.lost = Some((place, failure.clone()));
        }
        match self.acquiring.of_create(answer, sent) {
            Found::Ours { sent } => Ok(Some(self.held(place, token, sent, now))),
            Found::Failed(error) => Err(error),
            Found::Look => Ok(Some(self.settle(place, store, now))),
            Found::Busy | Found::Free | Found::Undecided => Ok(None),
        }
    }

    fn held(&self, place: usize, token: Option<Token>, sent: Duration, now: Clock) -> Tried {
        Tried::Held(Held {
            key: self.slots.keys()[place].clone(),
            slot: self.slots.number(place),
            token,
            lease: Lease::created(self.terms, sent, now()),
        })
    }

    /// Looks for the creation whose answer was lost, on new connections.
    fn settle(&mut self, place: usize, store: &mut dyn Store, now: Clock) -> Tried {
        let key = &self.slots.keys()[place];
        let mut finding = "each new connection was cut as well".to_string();
        for _ in 0..ROUNDS {
            match store.look_again(key) {
                Ok(found) => {
                    give_back(store, key, found.item.as_ref());
                    return self.judge_lost(found.item.as_ref(), now);
                }
                Err(error) if was_cut(&error) => {}
                Err(error) => {
                    finding = error.to_string();
                    break;
                }
            }
        }
        match &self.lost {
            Some((_, failure)) => undecided(failure, &finding),
            None => unreachable!("only a lost creation is looked for"),
        }
    }

    fn judge_lost(&self, item: Option<&Item>, now: Clock) -> Tried {
        let Some((place, failure)) = &self.lost else {
            unreachable!("only a lost creation is looked for")
        };
        match self.acquiring.of_look(item, &self.value) {
            Found::Ours { sent } => self.held(*place, item.map(|item| item.token), sent, now),
            Found::Busy => undecided(
                failure,
                "somebody else has the key, and what was sent may still create it when it is free",
            ),
            _ => undecided(
                failure,
                "the key is not there, but what was sent may still create it",
            ),
        }
    }
}

fn undecided(lost: &Failure, finding: &str) -> Tried {
    Tried::Undecided(Failure {
        fault: Fault::Cut,
        message: format!("{}; {finding}", lost.message),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::Process;
    use crate::cas::testing::{Scripted, cut, item, key, silent, token};

    const NOW: Duration = Duration::from_secs(100);

    fn terms() -> Terms {
        Terms::new(30, Duration::from_secs(5)).unwrap()
    }

    fn bid() -> Bid {
        Bid::new(Slots::single(key()), b"me".to_vec(), terms())
    }

    fn slots() -> Bid {
        Bid::new(Slots::new(&key(), 3, 1).unwrap(), b"me".to_vec(), terms())
    }

    fn ours(number: u64) -> Tried {
        Tried::Held(Held {
            key: key(),
            slot: None,
            token: Some(token(number)),
            lease: Lease::created(terms(), NOW, NOW),
        })
    }

    #[track_caller]
    fn attempt(bid: &mut Bid, mut store: Scripted) -> (Tried, Vec<String>) {
        let tried = bid.attempt(&mut store, &|| NOW);
        (tried, store.finish())
    }

    #[track_caller]
    fn ensure_undecided(tried: &Tried) {
        assert!(matches!(tried, Tried::Undecided(_)), "{tried:?}");
    }

    #[test]
    fn a_free_key_is_created_with_our_value_for_the_ttl() {
        let mut store = Scripted::new().read(None).stored(5);
        assert_eq!(bid().attempt(&mut store, &|| NOW), ours(5));
        assert_eq!(
            store.swaps,
            [write(&key(), b"me", terms(), Condition::Absent)]
        );
        assert_eq!(store.finish(), ["read", "swap absent"]);
    }

    #[test]
    fn a_key_of_somebody_else_is_left_alone_and_told() {
        let mut bid = bid();
        let (tried, calls) = attempt(&mut bid, Scripted::new().read(Some(item("you", 4))));
        assert_eq!(tried, Tried::Busy(vec![item("you", 4)]));
        assert_eq!(calls, ["read"]);
        // The next time the server is known.
        let (tried, calls) = attempt(&mut bid, Scripted::new().read(None).stored(6));
        assert_eq!(
            (tried, &*calls),
            (ours(6), &["look k".to_string(), "swap absent".into()][..])
        );
    }

    #[test]
    fn whoever_was_faster_is_looked_at() {
        let store = Scripted::new().read(None).swap(Ok(Written::Conflict));
        let (tried, calls) = attempt(&mut bid(), store.read(Some(item("you", 4))));
        assert_eq!(tried, Tried::Busy(vec![item("you", 4)]));
        assert_eq!(calls, ["read", "swap absent", "look k"]);
    }

    #[test]
    fn a_lost_creation_is_ours_if_our_value_is_there_and_is_never_repeated() {
        let lost = || Scripted::new().read(None).swap(Err(cut()));
        for process in [Process::Same, Process::Other] {
            let store = lost().finds(process, Some(item("me", 7)));
            assert_eq!(attempt(&mut bid(), store).0, ours(7));
        }
        for there in [None, Some(item("you", 7))] {
            let mut bid = bid();
            let (tried, calls) = attempt(&mut bid, lost().finds(Process::Same, there));
            ensure_undecided(&tried);
            assert_eq!(calls, ["read", "swap absent", "look again"]);
            let (tried, calls) = attempt(&mut bid, Scripted::new().read(None));
            ensure_undecided(&tried);
            assert_eq!(calls, ["look k"]);
            ensure_undecided(&attempt(&mut bid, Scripted::new().read_fails(cut())).0);
            let late = Scripted::new().read(Some(item("me", 9)));
            assert_eq!(attempt(&mut bid, late).0, ours(9));
        }
    }

    #[test]
    fn a_lost_creation_is_looked_for_again_only_where_the_connection_was_cut() {
        let lost = Scripted::new().read(None).swap(Err(cut()));
        let store = lost
            .finds_nobody(cut())
            .finds(Process::Same, Some(item("me", 7)));
        assert_eq!(attempt(&mut bid(), store).0, ours(7));
        let lost = Scripted::new().read(None).swap(Err(silent()));
        ensure_undecided(&attempt(&mut bid(), lost.finds_nobody(silent())).0);
    }

    #[test]
    fn a_failure_before_the_creation_has_created_nothing() {
        let store = Scripted::new().read_fails(StoreError::NoCas("-C".into()));
        let (tried, _) = attempt(&mut bid(), store);
        assert_eq!(tried, Tried::Failed(StoreError::NoCas("-C".into())));
    }

    #[test]
    fn the_first_free_slot_is_taken_and_the_next_if_somebody_was_faster() {
        let seen = Scripted::new().read(None).read(Some(item("you", 1)));
        let store = seen
            .read(None)
            .read(None)
            .swap(Ok(Written::Conflict))
            .stored(5);
        let (tried, calls) = attempt(&mut slots(), store);
        let Tried::Held(held) = tried else {
            panic!("{tried:?}")
        };
        assert_eq!(
            (held.key.to_string(), held.slot),
            ("k:slot:0".into(), Some(0))
        );
        let looks = ["look k:slot:1", "look k:slot:2", "look k:slot:0"];
        assert_eq!(calls[..4], ["read", looks[0], looks[1], looks[2]]);
        assert_eq!(calls[4..], ["swap absent", "swap absent"]);
    }
}
