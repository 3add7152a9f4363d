//! Deletes an item by the token that it was read with, and finds out what became of a delete whose answer was lost.
//!
//! A delete leaves nothing behind that could show whose it was. So a lost one is looked at on a new connection:
//!
//! - The item is what was read, to the last detail, in a process that may be the one that was asked: the *same* delete with
//!   the *same* token is sent again. No token comes twice, so at most one of both finds the item, and if this one does, the
//!   item went by us and by nobody else.
//! - The key is gone: a lost delete of ours may have done it, and so may anybody's `delete`, the item's expiry or an
//!   eviction. Nothing that a server tells excludes them all, so it stays unknown.
//! - Anything else has been written since, over the item or after our delete: unknown as well.

use super::pacer::Pacer;
use super::resolve::{ROUNDS, unknown, was_cut};
use super::store::Failure;
use super::update::{Stopped, Tally, Why, give_back};
use super::{Found, Item, Key, Process, Store, StoreError, Token, Want, Written};

/// What the item must be to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It still has this token.
    Token(Token),
    /// Its value is this.
    Value(Vec<u8>),
}

impl Expected {
    fn is_met_by(&self, item: &Item) -> bool {
        match self {
            Expected::Token(token) => item.token == *token,
            Expected::Value(value) => item.value == *value,
        }
    }
}

/// Deletes `key` if its item is the one expected; returns the item that went.
pub(crate) fn delete(
    store: &mut dyn Store,
    key: &Key,
    expected: &Expected,
    pacer: &mut dyn Pacer,
) -> Result<Item, Box<Stopped>> {
    // With its value in either case: if the answer is lost, only the very item that was read is deleted again.
    let read = store.read(key, Want::Value);
    let item = begin(store, key, expected, read)?;
    let answer = settled(store, key, &item, pacer);
    end(item, answer)
}

const LOST: Tally = Tally {
    attempts: 1,
    conflicts: 1,
};

/// The item that is to be deleted, if what was read is what was expected.
pub(super) fn begin(
    store: &mut dyn Store,
    key: &Key,
    expected: &Expected,
    read: Result<Option<Item>, StoreError>,
) -> Result<Item, Box<Stopped>> {
    let item = match read {
        Ok(Some(item)) => item,
        Ok(None) => return Err(stopped(Why::Missing, None, Tally::default())),
        Err(error) => return Err(stopped(Why::Store(error), None, Tally::default())),
    };
    if expected.is_met_by(&item) {
        return Ok(item);
    }
    give_back(store, key, Some(&item));
    Err(stopped(Why::Conflict, Some(item), LOST))
}

/// What the answer to the delete of `item` means.
pub(super) fn end(item: Item, answer: Result<Written, StoreError>) -> Result<Item, Box<Stopped>> {
    let tried = Tally {
        attempts: 1,
        conflicts: 0,
    };
    match answer {
        Ok(Written::Stored(_)) => Ok(item),
        // What was read is not there any more: whoever tells what won has to look again.
        Ok(Written::Conflict) => Err(stopped(Why::Conflict, None, LOST)),
        Ok(Written::Missing) => Err(stopped(Why::Missing, None, LOST)),
        Err(error) => Err(stopped(Why::Store(error), Some(item), tried)),
    }
}

fn stopped(why: Why, item: Option<Item>, tally: Tally) -> Box<Stopped> {
    Box::new(Stopped {
        why,
        item,
        after: None,
        tally,
    })
}

/// Sends the delete; if its answer is lost, finds out what became of it. [`StoreError::Unknown`] comes back only if that
/// cannot be known.
fn settled(
    store: &mut dyn Store,
    key: &Key,
    item: &Item,
    pacer: &mut dyn Pacer,
) -> Result<Written, StoreError> {
    let lost = match store.delete_if(key, item.token) {
        Err(StoreError::Unknown(lost)) => lost,
        answered => return answered,
    };
    pacer.unanswered(&lost);
    settle(store, key, item, &lost).unwrap_or_else(|silence| unknown(&lost, &silence))
}

/// Finds out what became of a delete whose answer was `lost`; an error says why nobody could be asked.
pub(super) fn settle(
    store: &mut dyn Store,
    key: &Key,
    item: &Item,
    lost: &Failure,
) -> Result<Result<Written, StoreError>, String> {
    for _ in 0..ROUNDS {
        return match again(store, key, item) {
            Ok(None) => Ok(Ok(Written::Stored(None))),
            Ok(Some(finding)) => Ok(unknown(lost, finding)),
            Err(error) if was_cut(&error) => continue,
            Err(error) => Err(error.to_string()),
        };
    }
    Err("each new connection was cut as well".into())
}

/// One round: looks on a new connection, and deletes there if that is safe. `None`: it is deleted, by us.
fn again(
    store: &mut dyn Store,
    key: &Key,
    item: &Item,
) -> Result<Option<&'static str>, StoreError> {
    let found = store.look_again(key)?;
    if !is_there_still(&found, item) {
        give_back(store, key, found.item.as_ref());
        return Ok(Some(undecided(&found)));
    }
    Ok(match store.delete_if(key, item.token)? {
        Written::Stored(_) => None,
        _ => Some(
            "repeated with the same token it found the item gone, by itself or by another client",
        ),
    })
}

fn is_there_still(found: &Found, item: &Item) -> bool {
    found.process != Process::Other
        && found
            .item
            .as_ref()
            .is_some_and(|now| now.is_as_it_was(item))
}

/// Why what was found says nothing about the delete.
fn undecided(found: &Found) -> &'static str {
    match (&found.item, found.process) {
        (_, Process::Other) => "another server process may answer now",
        (None, _) => "the key is gone now, by this or by another client, its expiry or an eviction",
        (Some(_), _) => "the key has been written since, over the item or after it was deleted",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Freshness;
    use super::super::testing::{Scripted, Still, cut, item, key, silent, token};
    use super::*;

    fn run(mut store: Scripted, expected: &Expected) -> (Result<Item, Why>, Vec<String>) {
        let outcome = delete(&mut store, &key(), expected, &mut Still::default());
        (outcome.map_err(|stopped| stopped.why), store.finish())
    }

    fn by_token() -> Expected {
        Expected::Token(token(7))
    }

    fn there() -> Scripted {
        Scripted::new().read(Some(item("old", 7)))
    }

    /// A store that loses the answer and then shows this.
    fn lost(process: Process, item: Option<Item>) -> Scripted {
        there().delete(Err(cut())).finds(process, item)
    }

    const DELETED: Result<Written, StoreError> = Ok(Written::Stored(None));

    #[track_caller]
    fn ensure_unknown(outcome: &Result<Item, Why>) {
        assert!(
            matches!(outcome, Err(Why::Store(StoreError::Unknown(_)))),
            "{outcome:?}"
        );
    }

    #[test]
    fn the_item_that_is_expected_is_deleted_by_its_token() {
        for expected in [by_token(), Expected::Value(b"old".to_vec())] {
            let (outcome, calls) = run(there().delete(DELETED), &expected);
            assert_eq!(outcome, Ok(item("old", 7)));
            assert_eq!(calls, ["read", "delete 7"]);
        }
    }

    #[test]
    fn nothing_is_sent_for_another_item_or_none() {
        for expected in [
            Expected::Token(token(8)),
            Expected::Value(b"ol".to_vec()),
            Expected::Value(vec![]),
        ] {
            let (outcome, calls) = run(there(), &expected);
            assert_eq!((outcome, calls), (Err(Why::Conflict), vec!["read".into()]));
        }
        let (outcome, calls) = run(Scripted::new().read(None), &by_token());
        assert_eq!((outcome, calls), (Err(Why::Missing), vec!["read".into()]));
    }

    #[test]
    fn who_came_between_has_won() {
        let overtaken = |answer| run(there().delete(Ok(answer)), &by_token()).0;
        assert_eq!(overtaken(Written::Conflict), Err(Why::Conflict));
        assert_eq!(overtaken(Written::Missing), Err(Why::Missing));
    }

    #[test]
    fn the_same_delete_is_sent_again_over_the_very_item_that_was_read() {
        for process in [Process::Same, Process::Untouched] {
            let store = lost(process, Some(item("old", 7))).delete(DELETED);
            let (outcome, calls) = run(store, &by_token());
            assert_eq!(outcome, Ok(item("old", 7)));
            assert_eq!(calls, ["read", "delete 7", "look again", "delete 7"]);
        }
    }

    #[test]
    fn what_is_gone_or_another_may_be_anybodys_doing_and_is_left_alone() {
        let others = [
            (Process::Same, None),
            (Process::Untouched, None),
            (Process::Other, None),
            (Process::Other, Some(item("old", 7))),
            (Process::Same, Some(item("old", 8))),
            (Process::Same, Some(item("odd", 7))),
            (
                Process::Same,
                Some(Item {
                    flags: 1,
                    ..item("old", 7)
                }),
            ),
        ];
        for (process, other) in others {
            let (outcome, calls) = run(lost(process, other), &by_token());
            ensure_unknown(&outcome);
            assert_eq!(calls, ["read", "delete 7", "look again"]);
        }
    }

    #[test]
    fn a_repeat_that_finds_the_item_gone_is_unknown() {
        for answer in [Ok(Written::Missing), Ok(Written::Conflict)] {
            let store = lost(Process::Same, Some(item("old", 7))).delete(answer);
            ensure_unknown(&run(store, &by_token()).0);
        }
    }

    #[test]
    fn a_connection_that_is_cut_again_is_opened_again() {
        let store = lost(Process::Same, Some(item("old", 7)))
            .delete(Err(cut()))
            .finds_nobody(cut())
            .finds(Process::Same, Some(item("old", 7)))
            .delete(DELETED);
        assert_eq!(run(store, &by_token()).0, Ok(item("old", 7)));
        let store = lost(Process::Same, Some(item("old", 7)))
            .delete(Err(cut()))
            .finds(Process::Same, None);
        ensure_unknown(&run(store, &by_token()).0);
    }

    #[test]
    fn a_server_that_stays_silent_is_asked_once_more_only() {
        let store = there().delete(Err(silent())).finds_nobody(silent());
        let (outcome, calls) = run(store, &by_token());
        ensure_unknown(&outcome);
        assert_eq!(calls, ["read", "delete 7", "look again"]);
    }

    #[test]
    fn a_recache_win_is_given_back_when_nothing_is_deleted() {
        let stale = |number| Item {
            freshness: Freshness::Stale { won: true },
            ..item("old", number)
        };
        let (_, calls) = run(Scripted::new().read(Some(stale(9))), &by_token());
        assert_eq!(calls, ["read", "release 9"]);
        let (_, calls) = run(lost(Process::Same, Some(stale(9))), &by_token());
        assert_eq!(calls[3..], ["release 9"]);
    }
}
