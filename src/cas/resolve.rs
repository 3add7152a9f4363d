//! Finds out what became of a swap whose answer was lost.
//!
//! A swap that was sent whole may be applied although its connection died, even later than that (protocol.md 4). Reading
//! again and swapping with the new token would apply it twice. Two things are safe:
//!
//! - To send *the same* swap with *the same* token to the same server process: at most one of both can land, as no token
//!   comes twice (protocol.md rules 12 and 13). If it is stored now, the first one can never land any more. A swap that is
//!   to create its key has no such token: it could land, be deleted by somebody, and land again. It is repeated only
//!   where the server has stored nothing since.
//! - To look: an item that carries the proof of the swap holds its write, whichever process says so.

use super::pacer::Pacer;
use super::store::{Failure, Fault};
use super::{Condition, Process, Store, StoreError, Swap, Token, Written};

/// How often to reconnect when the new connection is cut too.
const ROUNDS: u32 = 5;

/// What one round found.
enum Finding {
    /// The swap happened, once; its token where known.
    Stored(Option<Token>),
    /// Nobody can know; the sentence for people.
    Undecided(&'static str),
}

/// Sends `swap`; if its answer is lost, finds out what became of it. [`StoreError::Unknown`] comes back only if that
/// cannot be known.
pub(crate) fn swap_settled(
    store: &mut dyn Store,
    swap: &Swap,
    pacer: &mut dyn Pacer,
) -> Result<Written, StoreError> {
    match store.swap(swap) {
        Err(StoreError::Unknown(lost)) => {
            pacer.unanswered(&lost);
            settle(store, swap, &lost)
        }
        answered => answered,
    }
}

fn settle(store: &mut dyn Store, swap: &Swap, lost: &Failure) -> Result<Written, StoreError> {
    for _ in 0..ROUNDS {
        match ask(store, swap) {
            Ok(Finding::Stored(token)) => return Ok(Written::Stored(token)),
            Ok(Finding::Undecided(finding)) => return unknown(lost, finding),
            // The same process refuses the same swap in the same way: the first one was not applied either.
            Err(error @ StoreError::NoProof(_)) => return Err(error),
            Err(error) if was_cut(&error) => {}
            Err(error) => return unknown(lost, &error.to_string()),
        }
    }
    unknown(lost, "each new connection was cut as well")
}

/// One round: opens a new connection and does there what is safe.
fn ask(store: &mut dyn Store, swap: &Swap) -> Result<Finding, StoreError> {
    match (store.reconnect()?, swap.condition) {
        (Process::Same | Process::Untouched, Condition::Token(_))
        | (Process::Untouched, Condition::Absent) => repeat(store, swap),
        (Process::Same, Condition::Absent) => look(store, swap, stored_since(swap)),
        (Process::Other, _) => look(
            store,
            swap,
            "another server process answers now, so it cannot be asked",
        ),
    }
}

fn repeat(store: &mut dyn Store, swap: &Swap) -> Result<Finding, StoreError> {
    let (written, token) = store.swap_again(swap)?;
    Ok(match (written, token) {
        (Written::Stored(token), _) => Finding::Stored(token),
        // The repeated swap lost because the first one had won: the item carries our proof.
        (_, Some(token)) if Some(token) == swap.proof => Finding::Stored(Some(token)),
        _ => Finding::Undecided(undecided(swap)),
    })
}

/// Looks whether the item carries the proof; `otherwise` is the finding if it does not.
fn look(
    store: &mut dyn Store,
    swap: &Swap,
    otherwise: &'static str,
) -> Result<Finding, StoreError> {
    let Some(proof) = swap.proof else {
        return Ok(Finding::Undecided(otherwise));
    };
    let seen = store.glance(std::slice::from_ref(&swap.key))?;
    let carried = seen.into_iter().flatten().any(|item| item.token == proof);
    Ok(if carried {
        Finding::Stored(Some(proof))
    } else {
        Finding::Undecided(otherwise)
    })
}

fn was_cut(error: &StoreError) -> bool {
    matches!(error, StoreError::Unreachable(failure) | StoreError::Unknown(failure) if failure.fault == Fault::Cut)
}

fn undecided(swap: &Swap) -> &'static str {
    if swap.proof.is_some() {
        "repeated with the same token it lost, and the item has been written since"
    } else {
        "repeated with the same token it lost, to itself or to another writer; --exactly-once would tell"
    }
}

fn stored_since(swap: &Swap) -> &'static str {
    if swap.proof.is_some() {
        "the server has stored something since, but the item is not there as we wrote it"
    } else {
        "the server has stored something since, which may have been this; --exactly-once would tell"
    }
}

fn unknown(lost: &Failure, finding: &str) -> Result<Written, StoreError> {
    let message = format!("{}; {finding}", lost.message);
    Err(StoreError::Unknown(Failure {
        fault: lost.fault,
        message,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scripted, Still, cut, silent, swap, token};
    use super::*;

    /// Runs one swap over a store whose first answer is lost.
    fn settled(store: Scripted, proof: Option<u64>) -> (Result<Written, StoreError>, Vec<String>) {
        let mut store = store;
        let outcome = swap_settled(&mut store, &swap(7, proof), &mut Still::default());
        (outcome, store.finish())
    }

    #[test]
    fn an_answered_swap_is_sent_once() {
        let (outcome, calls) = settled(Scripted::new().swap(Ok(Written::Conflict)), None);
        assert_eq!(outcome, Ok(Written::Conflict));
        assert_eq!(calls, ["swap 7"]);
    }

    #[test]
    fn a_repeated_swap_that_is_stored_happened_once() {
        let store = Scripted::new()
            .swap(Err(cut()))
            .reconnect(Ok(Process::Same));
        let (outcome, calls) = settled(
            store.again(Ok((Written::Stored(Some(token(9))), Some(token(9))))),
            None,
        );
        assert_eq!(outcome, Ok(Written::Stored(Some(token(9)))));
        assert_eq!(calls, ["swap 7", "reconnect", "swap again 7"]);
    }

    #[test]
    fn a_repeated_swap_that_conflicts_is_unknown_without_a_proof() {
        let store = Scripted::new()
            .swap(Err(cut()))
            .reconnect(Ok(Process::Same));
        let (outcome, _) = settled(store.again(Ok((Written::Conflict, Some(token(9))))), None);
        assert!(
            matches!(outcome, Err(StoreError::Unknown(_))),
            "{outcome:?}"
        );
    }

    #[test]
    fn the_proof_in_the_item_shows_that_the_first_swap_landed() {
        let store = Scripted::new()
            .swap(Err(cut()))
            .reconnect(Ok(Process::Same));
        let (outcome, _) = settled(
            store.again(Ok((Written::Conflict, Some(token(77))))),
            Some(77),
        );
        assert_eq!(outcome, Ok(Written::Stored(Some(token(77)))));
    }

    #[test]
    fn a_foreign_token_leaves_it_unknown_even_with_a_proof() {
        let lost = || {
            Scripted::new()
                .swap(Err(cut()))
                .reconnect(Ok(Process::Same))
        };
        for seen in [
            (Written::Conflict, Some(token(78))),
            (Written::Conflict, None),
            (Written::Missing, None),
        ] {
            let (outcome, _) = settled(lost().again(Ok(seen)), Some(77));
            assert!(
                matches!(outcome, Err(StoreError::Unknown(_))),
                "{seen:?}: {outcome:?}"
            );
        }
    }

    #[test]
    fn nothing_is_written_to_another_server_process() {
        let lost = || {
            Scripted::new()
                .swap(Err(cut()))
                .reconnect(Ok(Process::Other))
        };
        let (outcome, calls) = settled(lost(), None);
        assert!(matches!(outcome, Err(StoreError::Unknown(_))));
        assert_eq!(calls, ["swap 7", "reconnect"]);
        let (outcome, calls) = settled(lost().glance(None), Some(77));
        assert!(matches!(outcome, Err(StoreError::Unknown(_))));
        assert_eq!(calls, ["swap 7", "reconnect", "glance"]);
        // A proof counts whichever process shows it: behind a proxy, or after a warm restart.
        let (outcome, _) = settled(lost().glance(Some(77)), Some(77));
        assert_eq!(outcome, Ok(Written::Stored(Some(token(77)))));
    }

    /// The same for a swap that is to create its key.
    fn created(store: Scripted, proof: Option<u64>) -> (Result<Written, StoreError>, Vec<String>) {
        let mut store = store;
        let absent = Swap {
            condition: Condition::Absent,
            ..swap(7, proof)
        };
        let outcome = swap_settled(&mut store, &absent, &mut Still::default());
        (outcome, store.finish())
    }

    #[test]
    fn a_creation_is_repeated_only_where_nothing_was_stored_since() {
        let lost = |process| Scripted::new().swap(Err(cut())).reconnect(Ok(process));
        let stored = || lost(Process::Untouched).again(Ok((Written::Stored(Some(token(9))), None)));
        let (outcome, calls) = created(stored(), None);
        assert_eq!(outcome, Ok(Written::Stored(Some(token(9)))));
        assert_eq!(calls, ["swap absent", "reconnect", "swap again absent"]);
        // It may have landed and been deleted: stored again, it would be applied twice.
        let (outcome, calls) = created(lost(Process::Same), None);
        assert!(matches!(outcome, Err(StoreError::Unknown(_))));
        assert_eq!(calls, ["swap absent", "reconnect"]);
        for seen in [None, Some(78)] {
            let (outcome, calls) = created(lost(Process::Same).glance(seen), Some(77));
            assert!(matches!(outcome, Err(StoreError::Unknown(_))));
            assert_eq!(calls, ["swap absent", "reconnect", "glance"]);
        }
        let (outcome, _) = created(lost(Process::Same).glance(Some(77)), Some(77));
        assert_eq!(outcome, Ok(Written::Stored(Some(token(77)))));
    }

    #[test]
    fn a_look_that_is_cut_is_repeated_like_a_swap() {
        let store = Scripted::new()
            .swap(Err(cut()))
            .reconnect(Ok(Process::Same))
            .glance_fails(cut())
            .reconnect(Ok(Process::Same))
            .glance(Some(77));
        let (outcome, _) = created(store, Some(77));
        assert_eq!(outcome, Ok(Written::Stored(Some(token(77)))));
    }

    #[test]
    fn a_server_that_takes_no_proof_has_not_taken_the_first_swap_either() {
        let refusal = StoreError::NoProof("no".into());
        let store = Scripted::new()
            .swap(Err(cut()))
            .reconnect(Ok(Process::Same))
            .again(Err(refusal.clone()));
        let (outcome, _) = settled(store, Some(77));
        assert_eq!(outcome, Err(refusal));
        let other = StoreError::Refused("too many connections".into());
        let store = Scripted::new()
            .swap(Err(cut()))
            .reconnect(Ok(Process::Same))
            .again(Err(other));
        let (outcome, _) = settled(store, Some(77));
        assert!(matches!(outcome, Err(StoreError::Unknown(_))));
    }

    #[test]
    fn a_connection_that_is_cut_again_is_opened_again_with_the_same_swap() {
        let store = Scripted::new()
            .swap(Err(cut()))
            .reconnect(Ok(Process::Same))
            .again(Err(cut()));
        let store = store
            .reconnect(Ok(Process::Same))
            .again(Ok((Written::Stored(Some(token(9))), None)));
        let (outcome, calls) = settled(store, None);
        assert_eq!(outcome, Ok(Written::Stored(Some(token(9)))));
        assert_eq!(
            calls,
            [
                "swap 7",
                "reconnect",
                "swap again 7",
                "reconnect",
                "swap again 7"
            ]
        );
    }

    #[test]
    fn a_server_that_stays_silent_is_asked_once_more_only() {
        let StoreError::Unknown(failure) = silent() else {
            unreachable!()
        };
        let store = Scripted::new()
            .swap(Err(silent()))
            .reconnect(Err(StoreError::Unreachable(failure)));
        let (outcome, calls) = settled(store, None);
        assert!(matches!(outcome, Err(StoreError::Unknown(_))));
        assert_eq!(calls, ["swap 7", "reconnect"]);
    }
}
