//! Adding to a counter: the loop of [`update`](super::update) over decimal values, and what may finish it.

use super::counter::Bounds;
use super::pacer::Pacer;
use super::shown::quoted;
use super::update::{Computed, Plan, Refusal, Stopped, Tally, Updated, Why, give_back, update};
use super::windows::update_each;
use super::{Counter, Freshness, Item, Key, Store, Token, Ttl};

/// What to add, and within which limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Increment {
    pub(crate) by: Counter,
    /// What a missing key counts as; `None`: it must exist.
    pub(crate) initial: Option<Counter>,
    pub(crate) bounds: Bounds,
    /// Whether the server's own arithmetic takes over when the retries are used up.
    pub(crate) fallback: bool,
}

/// By which of the server's operations the value was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Compare-and-swap.
    Cas,
    /// Creation of a key that did not exist.
    Add,
    /// The server's own arithmetic.
    Incr,
}

impl Method {
    /// Its name on the wire, which is also the users' word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Method::Cas => "cas",
            Method::Add => "add",
            Method::Incr => "incr",
        }
    }
}

/// An increment that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incremented {
    /// The value before; after [`Method::Incr`] this is `after - by`.
    pub(crate) before: Option<Counter>,
    pub(crate) after: Counter,
    pub(crate) token: Option<Token>,
    pub(crate) token_before: Option<Token>,
    /// Unknown after [`Method::Incr`], which keeps both but does not return them.
    pub(crate) kept: Option<(Ttl, u32)>,
    pub(crate) method: Method,
    pub(crate) tally: Tally,
}

/// Adds to the counter at `plan.key`.
pub(crate) fn increment(
    store: &mut dyn Store,
    plan: &Plan,
    increment: &Increment,
    pacer: &mut dyn Pacer,
) -> Result<Incremented, Box<Stopped>> {
    let outcome = update(store, plan, pacer, &mut |item| computed(item, increment));
    finished(store, plan, increment, outcome)
}

/// Adds to each of some counters, none of which comes twice; the outcomes come in the order of the keys.
pub(crate) fn increment_each(
    store: &mut dyn Store,
    plan: &Plan,
    keys: &[Key],
    increment: &Increment,
    pacer: &mut dyn Pacer,
) -> Vec<Result<Incremented, Box<Stopped>>> {
    let outcomes = update_each(store, plan, keys, pacer, &mut |item| {
        computed(item, increment)
    });
    let outcomes = keys.iter().zip(outcomes);
    outcomes
        .map(|(key, outcome)| finished(store, &plan.of(key), increment, outcome))
        .collect()
}

fn computed(item: Option<&Item>, increment: &Increment) -> Result<Computed<Sum>, Refusal> {
    let sum = next(item, increment)?;
    let value = sum.after.to_string().into_bytes();
    Ok(Computed { value, with: sum })
}

/// What the end of the loop means, and where it has lost, what may finish it.
fn finished(
    store: &mut dyn Store,
    plan: &Plan,
    increment: &Increment,
    outcome: Result<Updated<Sum>, Box<Stopped>>,
) -> Result<Incremented, Box<Stopped>> {
    match outcome {
        Ok(updated) => Ok(swapped(&updated)),
        // The server's arithmetic keeps an expiry that a swap cannot keep.
        Err(mut stopped)
            if increment.fallback && (stopped.why.is_lost() || is_unkept(&stopped.why)) =>
        {
            fall_back(store, plan, increment, &mut stopped)
                .map_err(|why| Box::new(stopped.because(why)))
        }
        Err(stopped) => Err(stopped),
    }
}

fn is_unkept(why: &Why) -> bool {
    matches!(why, Why::Expiry(error) if error.is_unkept())
}

/// The number that the item holds and the one that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sum {
    before: Counter,
    after: Counter,
}

impl Sum {
    /// Whether the server's own arithmetic can make the step without coming near its wrap.
    fn is_far_from_wrapping(self) -> bool {
        self.before.is_far_from_wrapping() && self.after.is_far_from_wrapping()
    }
}

fn swapped(updated: &Updated<Sum>) -> Incremented {
    let item = updated.before.as_ref();
    Incremented {
        before: Some(updated.with.before),
        after: updated.with.after,
        token: updated.token,
        token_before: item.map(|item| item.token),
        kept: Some((updated.ttl, updated.flags)),
        method: if item.is_some() {
            Method::Cas
        } else {
            Method::Add
        },
        tally: updated.tally,
    }
}

/// Adds to what the item holds.
fn next(item: Option<&Item>, increment: &Increment) -> Result<Sum, Refusal> {
    let before = match item {
        Some(item) => current(item)?,
        None => increment.initial.ok_or(Refusal::Missing)?,
    };
    let after = before.add(increment.by, increment.bounds);
    let after = after.map_err(|error| {
        Refusal::Unsuitable(format!("{before} + {} would be {error}", increment.by))
    })?;
    Ok(Sum { before, after })
}

/// The counter that an item holds.
fn current(item: &Item) -> Result<Counter, Refusal> {
    let unsuitable = |reason: &str| Err(Refusal::Unsuitable(reason.into()));
    match item.freshness {
        Freshness::Stale { .. } => unsuitable(
            "the value is stale (invalidated, waiting to be renewed); adding to it would present it as fresh",
        ),
        Freshness::Placeholder { .. } => unsuitable(
            "the item is an empty lease placeholder that another client is about to fill",
        ),
        Freshness::Fresh | Freshness::Recache { .. } => {
            Counter::parse(&item.value).map_err(|error| {
                Refusal::Unsuitable(format!("the value {} is {error}", quoted(&item.value)))
            })
        }
    }
}

/// Finishes with the server's own arithmetic. Checks the item as it is now: the attempt that lost saw another one.
fn fall_back(
    store: &mut dyn Store,
    plan: &Plan,
    increment: &Increment,
    stopped: &mut Stopped,
) -> Result<Incremented, Why> {
    stopped.item = store.read(&plan.key, plan.want).map_err(Why::Store)?;
    let item = stopped.item.as_ref();
    let sum = match next(item, increment) {
        Ok(sum) => sum,
        Err(refusal) => {
            give_back(store, &plan.key, item);
            return Err(refusal.into());
        }
    };
    // A key that is to be created, or a number near the wrap, is not what the server's arithmetic can do.
    let fit = item.is_some() && sum.is_far_from_wrapping();
    let Some(by) = increment.by.as_u64().filter(|_| fit) else {
        return Err(stopped.why.clone());
    };
    let (after, token) = match store.add(&plan.key, by) {
        Ok(Some(added)) => added,
        Ok(None) => return Err(Why::Missing),
        Err(error) => {
            // What the lost swap would have written is not what the server may have made of it.
            stopped.after = None;
            return Err(Why::Store(error));
        }
    };
    Ok(Incremented {
        before: after.minus(increment.by),
        after,
        token,
        token_before: None,
        kept: None,
        method: Method::Incr,
        tally: stopped.tally,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scripted, Still, item, plan, token};
    use super::super::{StoreError, Written};
    use super::*;

    const ONE: Increment = Increment {
        by: Counter::ONE,
        initial: None,
        bounds: Bounds {
            min: None,
            max: None,
        },
        fallback: false,
    };

    fn run(store: Scripted, what: &Increment) -> (Result<Incremented, Box<Stopped>>, Vec<String>) {
        let mut store = store;
        let outcome = increment(&mut store, &plan(1), what, &mut Still::default());
        (outcome, store.finish())
    }

    #[test]
    fn the_number_read_last_is_the_one_added_to() {
        let store = Scripted::new()
            .read(Some(item("41", 1)))
            .swap(Ok(Written::Conflict));
        let (outcome, _) = run(store.read(Some(item("99 ", 2))).stored(3), &ONE);
        let done = outcome.unwrap();
        assert_eq!(
            (done.before, done.after),
            (Some(Counter::from(99)), Counter::from(100))
        );
        assert_eq!(
            (done.method, done.token, done.token_before),
            (Method::Cas, Some(token(3)), Some(token(2)))
        );
    }

    #[test]
    fn a_missing_key_counts_as_the_initial_number() {
        let initial = Increment {
            initial: Some(Counter::from(5)),
            ..ONE
        };
        let (outcome, calls) = run(Scripted::new().read(None).stored(1), &initial);
        let done = outcome.unwrap();
        assert_eq!(
            (done.before, done.after, done.method),
            (Some(Counter::from(5)), Counter::from(6), Method::Add)
        );
        assert_eq!(calls, ["read", "swap absent"]);
        assert_eq!(
            run(Scripted::new().read(None), &ONE).0.unwrap_err().why,
            Why::Missing
        );
    }

    #[test]
    fn what_is_no_number_is_never_written_over() {
        let stale = Item {
            freshness: Freshness::Stale { won: false },
            ..item("1", 1)
        };
        let lease = Item {
            freshness: Freshness::Placeholder { won: false },
            ..item("", 1)
        };
        for item in [
            item("hello", 1),
            item("", 1),
            item("18446744073709551615", 1),
            stale,
            lease,
        ] {
            let (outcome, calls) = run(Scripted::new().read(Some(item)), &ONE);
            assert!(matches!(outcome.unwrap_err().why, Why::Unsuitable(_)));
            assert_eq!(calls, ["read"]);
        }
    }

    fn lost(value: &str) -> Scripted {
        let lost = Scripted::new()
            .read(Some(item(value, 1)))
            .swap(Ok(Written::Conflict));
        lost.read(Some(item(value, 2))).swap(Ok(Written::Conflict))
    }

    #[test]
    fn the_servers_arithmetic_finishes_when_the_retries_are_used_up() {
        let fallback = Increment {
            fallback: true,
            ..ONE
        };
        let again = |value| lost("41").read(Some(item(value, 3)));
        let (outcome, calls) = run(again("49").added(Some((50, 9))), &fallback);
        let done = outcome.unwrap();
        assert_eq!(
            (done.before, done.after, done.method),
            (Some(Counter::from(49)), Counter::from(50), Method::Incr)
        );
        assert_eq!(
            done.tally,
            Tally {
                attempts: 2,
                conflicts: 2
            }
        );
        assert_eq!(calls.last().unwrap(), "add 1");
        assert_eq!(
            run(again("49").added(None), &fallback).0.unwrap_err().why,
            Why::Missing
        );
        assert_eq!(run(lost("41"), &ONE).0.unwrap_err().why, Why::OutOfRetries);
    }

    #[test]
    fn near_the_wrap_and_below_zero_the_servers_arithmetic_is_not_used() {
        let fallback = Increment {
            fallback: true,
            ..ONE
        };
        for value in ["9223372036854775807", "18446744073709551000", "-1"] {
            // What counts is the number as it is now, not as the lost attempts saw it.
            let store = lost("41").read(Some(item(value, 3)));
            assert_eq!(
                run(store, &fallback).0.unwrap_err().why,
                Why::OutOfRetries,
                "{value}"
            );
        }
    }

    #[test]
    fn what_the_key_has_become_meanwhile_is_not_incremented() {
        let fallback = Increment {
            fallback: true,
            ..ONE
        };
        let why = |now| run(lost("41").read(now), &fallback).0.unwrap_err().why;
        assert_eq!(why(None), Why::Missing);
        let stale = Item {
            freshness: Freshness::Stale { won: false },
            ..item("1", 3)
        };
        for now in [item("hello", 3), item("18446744073709551615", 3), stale] {
            assert!(matches!(why(Some(now)), Why::Unsuitable(_)));
        }
    }

    #[test]
    fn after_an_unknown_outcome_there_is_no_fallback() {
        let fallback = Increment {
            fallback: true,
            ..ONE
        };
        let store = Scripted::new()
            .read(Some(item("1", 1)))
            .swap(Err(super::super::testing::silent()));
        let failure = super::super::testing::silent();
        let (outcome, _) = run(store.finds_nobody(failure), &fallback);
        assert!(matches!(
            outcome.unwrap_err().why,
            Why::Store(StoreError::Unknown(_))
        ));
    }
}
