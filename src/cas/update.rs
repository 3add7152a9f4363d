//! The loop of every write: read, compute, swap; after a lost swap wait, read again, compute again.

use super::expiry::ExpiryError;
use super::pacer::{Lost, Pacer};
use super::resolve::swap_settled;
use super::{
    Condition, Expiry, ExpiryRule, Item, Key, Next, RetryPolicy, Store, StoreError, Swap, Token,
    Ttl, Want, Written,
};

/// What is to be updated, and what must stay.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) key: Key,
    /// What becomes of the expiry.
    pub(crate) expiry: ExpiryRule,
    /// The flags to write; `None` keeps those of the item (0 for a created one).
    pub(crate) flags: Option<u32>,
    /// Whether computing needs the value.
    pub(crate) want: Want,
    pub(crate) policy: RetryPolicy,
    /// Whether each swap carries a token of its own as proof (`--exactly-once`).
    pub(crate) exactly_once: bool,
    /// Whether the new token will be passed on, and so must be certain.
    pub(crate) tell_token: bool,
}

/// Why the computation declines to write over the item it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no item, and it may not be created.
    Missing,
    /// The item is not the one expected.
    Conflict,
    /// The value is not one that it can work on; the reason.
    Unsuitable(String),
}

/// Makes the new value of the current item (`None` if the key is missing), or declines.
pub(crate) type Compute<'a> = &'a mut dyn FnMut(Option<&Item>) -> Result<Vec<u8>, Refusal>;

/// An update that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Updated {
    /// The item that was replaced; `None` if the key was created.
    pub(crate) before: Option<Item>,
    /// The value stored.
    pub(crate) after: Vec<u8>,
    /// The new token, where the server told.
    pub(crate) token: Option<Token>,
    pub(crate) ttl: Ttl,
    pub(crate) flags: u32,
    pub(crate) tally: Tally,
}

/// An update that did not happen, or may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stopped {
    pub(crate) why: Why,
    /// The last item read, if any.
    pub(crate) item: Option<Item>,
    /// The value of the last swap sent, if any.
    pub(crate) after: Option<Vec<u8>>,
    pub(crate) tally: Tally,
}

impl From<Refusal> for Why {
    fn from(refusal: Refusal) -> Why {
        match refusal {
            Refusal::Missing => Why::Missing,
            Refusal::Conflict => Why::Conflict,
            Refusal::Unsuitable(reason) => Why::Unsuitable(reason),
        }
    }
}

impl Why {
    /// Whether the attempts lost, as often as they may or as long.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Why::OutOfRetries | Why::OutOfTime)
    }
}

impl Stopped {
    /// The same ending for another reason.
    pub(crate) fn because(self, why: Why) -> Stopped {
        Stopped { why, ..self }
    }

    /// An update that ended before it had read or sent anything.
    pub(crate) fn before_any_attempt(why: Why) -> Box<Stopped> {
        stop(why, None, None, Tally::default())
    }
}

/// Attempts made and attempts lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) attempts: u32,
    pub(crate) conflicts: u32,
}

/// What ended a loop without a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    Missing,
    Conflict,
    Unsuitable(String),
    /// The expiry cannot be written.
    Expiry(ExpiryError),
    OutOfRetries,
    OutOfTime,
    Store(StoreError),
}

/// Updates `plan.key` to what `compute` makes of the current item, by compare-and-swap.
///
/// `compute` sees the item (`None` if the key is missing) and returns the new value or declines; it is called once per
/// attempt, always with a value read after the last wait. Nothing of a failed attempt stays behind.
pub(crate) fn update(
    store: &mut dyn Store,
    plan: &Plan,
    pacer: &mut dyn Pacer,
    compute: Compute<'_>,
) -> Result<Updated, Box<Stopped>> {
    let mut tally = Tally::default();
    loop {
        let item = store
            .read(&plan.key, plan.want)
            .map_err(|error| stop(Why::Store(error), None, None, tally))?;
        let swap = match prepare(store, plan, pacer, item.as_ref(), compute) {
            Ok(swap) => swap,
            Err(why) => {
                release(store, &plan.key, item.as_ref());
                return Err(stop(why, item, None, tally));
            }
        };
        tally.attempts += 1;
        let outcome = match swap_settled(store, &swap, item.as_ref(), pacer) {
            Ok(Written::Stored(token)) => {
                pacer.stored(tally.attempts, token);
                return Ok(updated(plan, item, swap, token, tally));
            }
            Ok(lost) => lost,
            Err(error) => return Err(stop(Why::Store(error), item, Some(swap.value), tally)),
        };
        tally.conflicts += 1;
        let next = plan
            .policy
            .next(tally.conflicts, pacer.elapsed(), fraction(pacer.random()));
        let token = item.as_ref().map(|item| item.token);
        pacer.lost(&Lost {
            attempt: tally.attempts,
            token,
            outcome,
            next,
        });
        match next {
            Next::Retry(time) => pacer.wait(time),
            Next::OutOfRetries => {
                return Err(stop(Why::OutOfRetries, item, Some(swap.value), tally));
            }
            Next::OutOfTime => return Err(stop(Why::OutOfTime, item, Some(swap.value), tally)),
        }
    }
}

/// Computes the swap for the item just read, or why there is none.
fn prepare(
    store: &mut dyn Store,
    plan: &Plan,
    pacer: &mut dyn Pacer,
    item: Option<&Item>,
    compute: Compute<'_>,
) -> Result<Swap, Why> {
    let value = compute(item)?;
    let expiry = expiry(store, plan, item)?;
    Ok(Swap {
        key: plan.key.clone(),
        value,
        flags: plan
            .flags
            .unwrap_or_else(|| item.map_or(0, |item| item.flags)),
        expiry,
        condition: item.map_or(Condition::Absent, |item| Condition::Token(item.token)),
        proof: plan.exactly_once.then(|| Token::proof(pacer.random())),
        tell_token: plan.tell_token,
    })
}

fn expiry(store: &mut dyn Store, plan: &Plan, item: Option<&Item>) -> Result<Expiry, Why> {
    let now = match plan.expiry {
        ExpiryRule::After(_) => store.now(&plan.key).map_err(Why::Store)?,
        ExpiryRule::Keep | ExpiryRule::Never => None,
    };
    plan.expiry.apply(item, now).map_err(Why::Expiry)
}

/// The read took the right to renew the item and nothing will be written: somebody else shall have it.
fn release(store: &mut dyn Store, key: &Key, item: Option<&Item>) {
    if let Some(item) = item.filter(|item| item.freshness.won()) {
        // If it cannot be given back, the item's next writer clears it; there is nothing better to do.
        let _ = store.release(key, item.token);
    }
}

fn updated(
    plan: &Plan,
    before: Option<Item>,
    swap: Swap,
    token: Option<Token>,
    tally: Tally,
) -> Updated {
    let ttl = match (plan.expiry, &before) {
        (ExpiryRule::Keep, Some(item)) => item.ttl,
        (ExpiryRule::Keep, None) | (ExpiryRule::Never, _) => Ttl::Never,
        (ExpiryRule::After(time), _) => Ttl::Seconds(time.as_secs()),
    };
    Updated {
        before,
        after: swap.value,
        token,
        ttl,
        flags: swap.flags,
        tally,
    }
}

fn stop(why: Why, item: Option<Item>, after: Option<Vec<u8>>, tally: Tally) -> Box<Stopped> {
    Box::new(Stopped {
        why,
        item,
        after,
        tally,
    })
}

/// 64 random bits as a number from 0 to 1, to the 53 bits that it can hold.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
fn fraction(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::store::{Failure, Fault};
    use super::super::testing::{Scripted, Still, cut, item, key, token};
    use super::super::{Freshness, Process};
    use super::*;

    fn plan() -> Plan {
        let policy = RetryPolicy {
            max_retries: 2,
            base: Duration::from_millis(1),
            cap: Duration::from_millis(8),
            deadline: Duration::from_secs(1),
        };
        Plan {
            key: key(),
            expiry: ExpiryRule::Keep,
            flags: None,
            want: Want::Value,
            policy,
            exactly_once: false,
            tell_token: false,
        }
    }

    /// Appends an `x`; a missing key is declined.
    fn append(item: Option<&Item>) -> Result<Vec<u8>, Refusal> {
        let mut value = item.ok_or(Refusal::Missing)?.value.clone();
        value.push(b'x');
        Ok(value)
    }

    fn run(store: &mut Scripted, plan: &Plan) -> (Result<Updated, Box<Stopped>>, Still) {
        let mut clock = Still::default();
        let outcome = update(store, plan, &mut clock, &mut append);
        (outcome, clock)
    }

    #[test]
    fn a_lost_swap_is_read_again_after_the_wait() {
        let mut store = Scripted::new()
            .read(Some(item("a", 1)))
            .swap(Ok(Written::Conflict));
        store = store.read(Some(item("b", 2))).stored(3);
        let (outcome, clock) = run(&mut store, &plan());
        let updated = outcome.unwrap();
        assert_eq!(
            (updated.after.as_slice(), updated.token),
            (b"bx".as_slice(), Some(token(3)))
        );
        assert_eq!(
            updated.tally,
            Tally {
                attempts: 2,
                conflicts: 1
            }
        );
        assert_eq!(clock.lost, [Written::Conflict]);
        assert_eq!(clock.waits.len(), 1);
        assert_eq!(store.finish(), ["read", "swap 1", "read", "swap 2"]);
    }

    #[test]
    fn flags_and_expiry_are_those_of_the_item_read_last() {
        let old = Item {
            flags: 7,
            ttl: Ttl::Seconds(60),
            expires_at: Some(2_000_000_000),
            ..item("a", 1)
        };
        let new = Item {
            flags: u32::MAX,
            ttl: Ttl::Seconds(50),
            expires_at: Some(1_999_999_999),
            ..item("b", 2)
        };
        let mut store = Scripted::new()
            .read(Some(old))
            .swap(Ok(Written::Conflict))
            .read(Some(new))
            .stored(3);
        run(&mut store, &plan()).0.unwrap();
        assert_eq!(
            (store.swaps[1].flags, store.swaps[1].expiry),
            (u32::MAX, Expiry::At(1_999_999_999))
        );
    }

    #[test]
    fn the_retries_are_limited() {
        let mut store = Scripted::new();
        for number in 1..=3 {
            store = store
                .read(Some(item("a", number)))
                .swap(Ok(Written::Conflict));
        }
        let stopped = run(&mut store, &plan()).0.unwrap_err();
        assert_eq!(
            (stopped.why, stopped.tally),
            (
                Why::OutOfRetries,
                Tally {
                    attempts: 3,
                    conflicts: 3
                }
            )
        );
        assert_eq!(store.finish().len(), 6);
    }

    #[test]
    fn a_key_deleted_in_between_is_a_lost_attempt_and_then_missing() {
        let mut store = Scripted::new()
            .read(Some(item("a", 1)))
            .swap(Ok(Written::Missing))
            .read(None);
        let (outcome, clock) = run(&mut store, &plan());
        assert_eq!(outcome.unwrap_err().why, Why::Missing);
        assert_eq!(clock.lost, [Written::Missing]);
    }

    #[test]
    fn a_missing_key_is_created_only_if_it_is_still_missing() {
        let mut store = Scripted::new()
            .read(None)
            .swap(Ok(Written::Conflict))
            .read(Some(item("5", 1)))
            .stored(2);
        let mut compute =
            |item: Option<&Item>| Ok(item.map_or(b"first".to_vec(), |item| item.value.clone()));
        let updated = update(&mut store, &plan(), &mut Still::default(), &mut compute).unwrap();
        assert_eq!(updated.after, b"5");
        assert_eq!(store.finish(), ["read", "swap absent", "read", "swap 1"]);
    }

    #[test]
    fn after_an_unknown_outcome_nothing_is_read_and_computed_again() {
        let mut store = Scripted::new()
            .read(Some(item("a", 1)))
            .swap(Err(cut()))
            .finds(Process::Same, Some(item("a", 1)));
        store = store.again(Ok((Written::Conflict, Some(token(2)))));
        let stopped = run(&mut store, &plan()).0.unwrap_err();
        assert!(
            matches!(stopped.why, Why::Store(StoreError::Unknown(_))),
            "{:?}",
            stopped.why
        );
        assert_eq!(
            (stopped.after.as_deref(), stopped.item.unwrap().token),
            (Some(b"ax".as_slice()), token(1))
        );
        assert_eq!(
            store.finish(),
            ["read", "swap 1", "look again", "swap again 1"]
        );
    }

    #[test]
    fn a_failed_read_writes_nothing() {
        let failure = Failure {
            fault: Fault::Cut,
            message: "cut".into(),
        };
        let mut store = Scripted::new().read_fails(StoreError::Unreachable(failure));
        let stopped = run(&mut store, &plan()).0.unwrap_err();
        assert_eq!(
            (stopped.tally.attempts, store.finish()),
            (0, vec!["read".to_string()])
        );
    }

    #[test]
    fn a_recache_win_is_given_back_when_nothing_is_written() {
        let stale = Item {
            freshness: Freshness::Stale { won: true },
            ..item("a", 9)
        };
        let mut store = Scripted::new().read(Some(stale));
        let mut decline = |_: Option<&Item>| Err(Refusal::Unsuitable("stale".into()));
        update(&mut store, &plan(), &mut Still::default(), &mut decline).unwrap_err();
        assert_eq!(store.finish(), ["read", "release 9"]);
    }

    #[test]
    fn each_attempt_carries_its_own_proof_when_asked_to() {
        let mut store = Scripted::new().read(Some(item("a", 1))).stored(2);
        run(
            &mut store,
            &Plan {
                exactly_once: true,
                ..plan()
            },
        )
        .0
        .unwrap();
        assert_eq!(store.swaps[0].proof, Some(Token::proof(u64::MAX)));
    }

    #[test]
    fn random_bits_become_a_fraction() {
        assert!(fraction(0).abs() < f64::EPSILON);
        assert!((0.999..=1.0).contains(&fraction(u64::MAX)));
    }
}
