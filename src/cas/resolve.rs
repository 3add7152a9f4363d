//! Finds out what became of a swap whose answer was lost.
//!
//! A swap that was sent whole may be applied although its connection died, even later than that (protocol.md 4). Reading
//! again and swapping with the new token would apply it twice. So the item is looked at first, on a new connection:
//!
//! - It carries the proof of the swap: it holds its write, whichever process says so.
//! - It is what was read, to the last detail, in a process that may be the one that was asked: the *same* swap with the *same*
//!   token is sent again. At most one of both can land, as no token comes twice (protocol.md rules 12 and 13). If it is
//!   stored now, the first one can never land any more. Should another process have answered after all, it was over the same
//!   state: nobody's write is lost.
//! - Anything else cannot be told from another writer's doing, and stays unknown.
//!
//! A swap that is to create its key has no token: the first one could land after the second was stored and deleted, and
//! nothing shows that it will not. It is repeated only with a proof, and only where the server has stored nothing since.

use super::pacer::Pacer;
use super::store::{Failure, Fault};
use super::{Condition, Found, Item, Process, Store, StoreError, Swap, Token, Written};

/// How often to reconnect when the new connection is cut too.
pub(super) const ROUNDS: u32 = 5;

/// What one round found.
enum Finding {
    /// The swap happened, once; its token where known.
    Stored(Option<Token>),
    /// Nobody can know; the sentence for people.
    Undecided(&'static str),
}

/// Sends `swap`, which is to replace `before`; if its answer is lost, finds out what became of it.
/// [`StoreError::Unknown`] comes back only if that cannot be known.
pub(crate) fn swap_settled(
    store: &mut dyn Store,
    swap: &Swap,
    before: Option<&Item>,
    pacer: &mut dyn Pacer,
) -> Result<Written, StoreError> {
    match store.swap(swap) {
        Err(StoreError::Unknown(lost)) => {
            pacer.unanswered(&lost);
            settle(store, swap, before, &lost).unwrap_or_else(|silence| unknown(&lost, &silence))
        }
        answered => answered,
    }
}

/// Finds out what became of a swap whose answer was `lost`; an error says why nobody could be asked.
pub(super) fn settle(
    store: &mut dyn Store,
    swap: &Swap,
    before: Option<&Item>,
    lost: &Failure,
) -> Result<Result<Written, StoreError>, String> {
    for _ in 0..ROUNDS {
        return match ask(store, swap, before) {
            Ok(Finding::Stored(token)) => Ok(Ok(Written::Stored(token))),
            Ok(Finding::Undecided(finding)) => Ok(unknown(lost, finding)),
            // The same process refuses the same swap in the same way: the first one was not applied either.
            Err(error @ StoreError::NoProof(_)) => Ok(Err(error)),
            Err(error) if was_cut(&error) => continue,
            Err(error) => Err(error.to_string()),
        };
    }
    Err("each new connection was cut as well".into())
}

/// One round: looks on a new connection, and does there what is safe.
fn ask(store: &mut dyn Store, swap: &Swap, before: Option<&Item>) -> Result<Finding, StoreError> {
    let found = store.look_again(&swap.key)?;
    let now = found.item.as_ref();
    if let Some(item) = now.filter(|item| Some(item.token) == swap.proof) {
        return Ok(Finding::Stored(Some(item.token)));
    }
    if may_be_repeated(swap, before, &found) {
        return repeat(store, swap);
    }
    if let Some(item) = now.filter(|item| item.freshness.won()) {
        // If it cannot be given back, the item's next writer clears it.
        let _ = store.release(&swap.key, item.token);
    }
    Ok(Finding::Undecided(undecided(swap, &found)))
}

/// Whether the swap, sent again to what was found, can do no harm.
fn may_be_repeated(swap: &Swap, before: Option<&Item>, found: &Found) -> bool {
    match (swap.condition, before, &found.item) {
        (Condition::Token(_), Some(before), Some(now)) => {
            found.process != Process::Other && now.is_as_it_was(before)
        }
        (Condition::Absent, _, None) => found.process == Process::Untouched && swap.proof.is_some(),
        _ => false,
    }
}

fn repeat(store: &mut dyn Store, swap: &Swap) -> Result<Finding, StoreError> {
    let (written, token) = store.swap_again(swap)?;
    Ok(match (written, token) {
        (Written::Stored(token), _) => Finding::Stored(token),
        // The repeated swap lost because the first one had won: the item carries our proof.
        (_, Some(token)) if Some(token) == swap.proof => Finding::Stored(Some(token)),
        _ => Finding::Undecided(lost_again(swap)),
    })
}

pub(super) fn was_cut(error: &StoreError) -> bool {
    matches!(error, StoreError::Unreachable(failure) | StoreError::Unknown(failure) if failure.fault == Fault::Cut)
}

/// Why the item that was found says nothing about the swap.
fn undecided(swap: &Swap, found: &Found) -> &'static str {
    match (swap.condition, &found.item, found.process, swap.proof) {
        (Condition::Absent, None, ..) => {
            "the key is not there, but what was sent may still create it"
        }
        (.., Process::Other, _) => {
            "another server process may answer now, and the item does not show whose write it holds"
        }
        (Condition::Token(_), None, ..) => "the key is gone now",
        (.., Some(_)) => "the item has been written since, and not by what was sent last",
        (_, Some(item), ..) if item.value == swap.value => {
            "the key holds this value now, by this or by another writer; --exactly-once would tell"
        }
        _ => "the item was changed since, by this or by another writer; --exactly-once would tell",
    }
}

fn lost_again(swap: &Swap) -> &'static str {
    if swap.proof.is_some() {
        "repeated with the same token it lost, and the item has been written since"
    } else {
        "repeated with the same token it lost, to itself or to another writer; --exactly-once would tell"
    }
}

/// The outcome of a write whose answer was `lost` and of which no more could be found out than this.
pub(super) fn unknown(lost: &Failure, finding: &str) -> Result<Written, StoreError> {
    let message = format!("{}; {finding}", lost.message);
    Err(StoreError::Unknown(Failure {
        fault: lost.fault,
        message,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scripted, Still, cut, item, silent, swap, token};
    use super::super::{Freshness, Ttl};
    use super::*;

    /// The item that each swap by token is to replace.
    fn old() -> Item {
        item("old", 7)
    }

    /// Runs one swap of [`old`] over a store whose first answer is lost.
    fn settled(store: Scripted, proof: Option<u64>) -> (Result<Written, StoreError>, Vec<String>) {
        let mut store = store;
        let outcome = swap_settled(
            &mut store,
            &swap(7, proof),
            Some(&old()),
            &mut Still::default(),
        );
        (outcome, store.finish())
    }

    /// The same for a swap that is to create its key.
    fn created(store: Scripted, proof: Option<u64>) -> (Result<Written, StoreError>, Vec<String>) {
        let mut store = store;
        let absent = Swap {
            condition: Condition::Absent,
            ..swap(7, proof)
        };
        let outcome = swap_settled(&mut store, &absent, None, &mut Still::default());
        (outcome, store.finish())
    }

    /// A store that loses the answer and then shows this.
    fn lost(process: Process, item: Option<Item>) -> Scripted {
        Scripted::new().swap(Err(cut())).finds(process, item)
    }

    const STORED: Result<Written, StoreError> = Ok(Written::Stored(None));

    #[track_caller]
    fn ensure_unknown(outcome: &Result<Written, StoreError>) {
        assert!(
            matches!(outcome, Err(StoreError::Unknown(_))),
            "{outcome:?}"
        );
    }

    #[test]
    fn an_answered_swap_is_sent_once() {
        let (outcome, calls) = settled(Scripted::new().swap(Ok(Written::Conflict)), None);
        assert_eq!(outcome, Ok(Written::Conflict));
        assert_eq!(calls, ["swap 7"]);
    }

    #[test]
    fn a_repeated_swap_that_is_stored_happened_once() {
        for process in [Process::Same, Process::Untouched] {
            let store = lost(process, Some(old()));
            let (outcome, calls) = settled(store.again(Ok((Written::Stored(None), None))), None);
            assert_eq!(outcome, STORED);
            assert_eq!(calls, ["swap 7", "look again", "swap again 7"]);
        }
    }

    #[test]
    fn a_repeated_swap_that_conflicts_is_unknown_without_a_proof() {
        // The first one landed between the look and the repeat, or another writer did.
        let store = lost(Process::Same, Some(old()));
        let (outcome, _) = settled(store.again(Ok((Written::Conflict, Some(token(9))))), None);
        ensure_unknown(&outcome);
    }

    #[test]
    fn the_proof_in_the_item_shows_that_the_first_swap_landed() {
        // Whoever shows it: behind a proxy, or after a warm restart.
        for process in [Process::Same, Process::Untouched, Process::Other] {
            let (outcome, calls) = settled(lost(process, Some(item("new", 77))), Some(77));
            assert_eq!(outcome, Ok(Written::Stored(Some(token(77)))));
            assert_eq!(calls, ["swap 7", "look again"]);
            let (outcome, _) = created(lost(process, Some(item("new", 77))), Some(77));
            assert_eq!(outcome, Ok(Written::Stored(Some(token(77)))));
        }
        let store = lost(Process::Same, Some(old()));
        let (outcome, _) = settled(
            store.again(Ok((Written::Conflict, Some(token(77))))),
            Some(77),
        );
        assert_eq!(outcome, Ok(Written::Stored(Some(token(77)))));
    }

    #[test]
    fn a_foreign_token_leaves_it_unknown_even_with_a_proof() {
        for seen in [
            (Written::Conflict, Some(token(78))),
            (Written::Conflict, None),
            (Written::Missing, None),
        ] {
            let store = lost(Process::Same, Some(old()));
            let (outcome, _) = settled(store.again(Ok(seen)), Some(77));
            ensure_unknown(&outcome);
        }
    }

    #[test]
    fn a_swap_is_repeated_only_over_the_very_item_that_was_read() {
        let expiring = |moment| Item {
            ttl: Ttl::Seconds(60),
            expires_at: moment,
            ..old()
        };
        let others = [
            None,
            Some(item("old", 8)),
            Some(item("odd", 7)),
            Some(Item { flags: 1, ..old() }),
            Some(expiring(Some(1000))),
            Some(expiring(None)),
        ];
        for proof in [None, Some(77)] {
            for other in others.clone() {
                let (outcome, calls) = settled(lost(Process::Same, other), proof);
                ensure_unknown(&outcome);
                assert_eq!(calls, ["swap 7", "look again"]);
            }
        }
        assert!(expiring(Some(1000)).is_as_it_was(&expiring(Some(1000))));
        assert!(!expiring(None).is_as_it_was(&expiring(None)));
    }

    #[test]
    fn nothing_is_written_to_another_server_process() {
        for proof in [None, Some(77)] {
            let (outcome, calls) = settled(lost(Process::Other, Some(old())), proof);
            ensure_unknown(&outcome);
            assert_eq!(calls, ["swap 7", "look again"]);
        }
    }

    #[test]
    fn a_creation_is_never_repeated_without_a_proof() {
        // It may land later, when its owner has deleted what a repeated one had stored.
        for process in [Process::Same, Process::Untouched, Process::Other] {
            for there in [None, Some(item("new", 9)), Some(item("theirs", 9))] {
                let (outcome, calls) = created(lost(process, there), None);
                ensure_unknown(&outcome);
                assert_eq!(calls, ["swap absent", "look again"]);
            }
        }
    }

    #[test]
    fn a_creation_with_a_proof_is_repeated_where_nothing_was_stored_since() {
        let stored = lost(Process::Untouched, None).again(Ok((Written::Stored(None), None)));
        let (outcome, calls) = created(stored, Some(77));
        assert_eq!(outcome, STORED);
        assert_eq!(calls, ["swap absent", "look again", "swap again absent"]);
        // It may have landed and been deleted: stored again, it would be applied twice.
        for there in [None, Some(item("new", 78))] {
            let (outcome, calls) = created(lost(Process::Same, there), Some(77));
            ensure_unknown(&outcome);
            assert_eq!(calls, ["swap absent", "look again"]);
        }
    }

    #[test]
    fn a_recache_win_that_came_with_the_look_is_given_back() {
        let stale = Item {
            freshness: Freshness::Stale { won: true },
            ..item("new", 9)
        };
        let (outcome, calls) = settled(lost(Process::Same, Some(stale)), None);
        ensure_unknown(&outcome);
        assert_eq!(calls, ["swap 7", "look again", "release 9"]);
    }

    #[test]
    fn a_server_that_takes_no_proof_has_not_taken_the_first_swap_either() {
        let refusal = StoreError::NoProof("no".into());
        let again = |error| lost(Process::Same, Some(old())).again(Err(error));
        let (outcome, _) = settled(again(refusal.clone()), Some(77));
        assert_eq!(outcome, Err(refusal));
        let other = StoreError::Refused("too many connections".into());
        let (outcome, _) = settled(again(other), Some(77));
        ensure_unknown(&outcome);
    }

    #[test]
    fn a_connection_that_is_cut_again_is_opened_again_with_the_same_swap() {
        let store = lost(Process::Same, Some(old()))
            .again(Err(cut()))
            .finds_nobody(cut())
            .finds(Process::Same, Some(old()))
            .again(Ok((Written::Stored(None), None)));
        let (outcome, calls) = settled(store, None);
        assert_eq!(outcome, STORED);
        let round = ["look again", "swap again 7"];
        assert_eq!(calls[..3], ["swap 7", round[0], round[1]]);
        assert_eq!(calls[3..], ["look again", round[0], round[1]]);
    }

    #[test]
    fn a_repeat_that_was_lost_may_have_landed_as_well() {
        let store = lost(Process::Same, Some(old()))
            .again(Err(cut()))
            .finds(Process::Same, Some(item("new", 8)));
        let (outcome, _) = settled(store, None);
        ensure_unknown(&outcome);
    }

    #[test]
    fn a_server_that_stays_silent_is_asked_once_more_only() {
        let StoreError::Unknown(failure) = silent() else {
            unreachable!()
        };
        let store = Scripted::new()
            .swap(Err(silent()))
            .finds_nobody(StoreError::Unreachable(failure));
        let (outcome, calls) = settled(store, None);
        ensure_unknown(&outcome);
        assert_eq!(calls, ["swap 7", "look again"]);
    }
}
