//! Settling a swap whose answer was lost.
//!
//! A swap that was sent whole may be applied although its connection died, even later than that (protocol.md 4). Reading
//! again and swapping with the new token would apply it twice. What is safe is to send *the same* swap with *the same* token
//! to the same server process: at most one of both can land (protocol.md rules 12 and 13). If it is stored now, the first one
//! can never land any more. If it conflicts, the item's token decides, provided that the swap carried a proof of its own.

use super::store::{Failure, Fault};
use super::{Process, Store, StoreError, Swap, Written};

/// How often a connection that is cut again is opened again.
const ROUNDS: u32 = 5;

/// Sends `swap`; if its answer is lost, finds out what became of it. [`StoreError::Unknown`] comes back only if that
/// cannot be known.
pub(crate) fn swap_settled(store: &mut dyn Store, swap: &Swap) -> Result<Written, StoreError> {
    match store.swap(swap) {
        Err(StoreError::Unknown(lost)) => settle(store, swap, &lost),
        answered => answered,
    }
}

fn settle(store: &mut dyn Store, swap: &Swap, lost: &Failure) -> Result<Written, StoreError> {
    for _ in 0..ROUNDS {
        match store.reconnect() {
            Ok(Process::Same) => {}
            Ok(Process::Other) => {
                return unknown(
                    lost,
                    "another server process answers now, so it cannot be asked",
                );
            }
            Err(error) if was_cut(&error) => continue,
            Err(error) => return unknown(lost, &error.to_string()),
        }
        match store.swap_again(swap) {
            Ok((Written::Stored(token), _)) => return Ok(Written::Stored(token)),
            // The repeated swap lost because the first one had won: the item carries our proof.
            Ok((_, token)) if token.is_some() && token == swap.proof => {
                return Ok(Written::Stored(token));
            }
            Ok(_) => return unknown(lost, undecided(swap)),
            Err(error) if was_cut(&error) => {}
            Err(error) => return unknown(lost, &error.to_string()),
        }
    }
    unknown(lost, "each new connection was cut as well")
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

fn unknown(lost: &Failure, finding: &str) -> Result<Written, StoreError> {
    let message = format!("{}; {finding}", lost.message);
    Err(StoreError::Unknown(Failure {
        fault: lost.fault,
        message,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scripted, cut, silent, swap, token};
    use super::*;

    /// Runs one swap over a store whose first answer is lost.
    fn settled(store: Scripted, proof: Option<u64>) -> (Result<Written, StoreError>, Vec<String>) {
        let mut store = store;
        let outcome = swap_settled(&mut store, &swap(7, proof));
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
    fn nothing_is_sent_to_another_server_process() {
        let (outcome, calls) = settled(
            Scripted::new()
                .swap(Err(cut()))
                .reconnect(Ok(Process::Other)),
            Some(77),
        );
        assert!(matches!(outcome, Err(StoreError::Unknown(_))));
        assert_eq!(calls, ["swap 7", "reconnect"]);
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
