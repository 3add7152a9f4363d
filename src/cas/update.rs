//! The loop of every write: read, compute, swap; after a lost swap wait, read again, compute again.

use std::time::Duration;

use super::expiry::ExpiryError;
use super::pacer::{Lost, Pacer};
use super::resolve::swap_settled;
use super::{
    Condition, Expiry, ExpiryRule, Item, Key, Loss, Next, RetryPolicy, Store, StoreError, Swap,
    Token, Ttl, Want, Written,
};

/// What is to be updated, and what must stay.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) key: Key,
    /// What happens to the expiry.
    pub(crate) expiry: ExpiryRule,
    /// The flags to write; `None` keeps those of the item (0 for a created one).
    pub(crate) flags: Option<u32>,
    /// Whether computing needs the value.
    pub(crate) want: Want,
    pub(crate) policy: RetryPolicy,
    /// Whether each swap carries a token of its own as proof (`--exactly-once`).
    pub(crate) exactly_once: bool,
    /// Whether the caller needs the new token, so that it must be certain.
    pub(crate) tell_token: bool,
}

impl Plan {
    /// The same for another key.
    pub(super) fn of(&self, key: &Key) -> Plan {
        Plan {
            key: key.clone(),
            ..self.clone()
        }
    }
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
    /// The item's expiry could not be written, whatever came out: known before a computation that takes time.
    Expiry(ExpiryError),
    /// It wants nothing written, for a reason that is its own.
    Declined,
}

/// What the computation makes of an item: the new value, and whatever else it knows about it that the caller wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Computed<T> {
    pub(crate) value: Vec<u8>,
    pub(crate) with: T,
}

/// Makes the new value of the current item (`None` if the key is missing), or declines.
pub(crate) type Compute<'a, T> = &'a mut dyn FnMut(Option<&Item>) -> Result<Computed<T>, Refusal>;

/// An update that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Updated<T> {
    /// The item that was replaced; `None` if the key was created.
    pub(crate) before: Option<Item>,
    /// What the computation brought along with the value that was stored.
    pub(crate) with: T,
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
    /// The item that the last attempt read, if any.
    pub(crate) item: Option<Item>,
    /// The value that the last attempt sent, if any.
    pub(crate) after: Option<Vec<u8>>,
    pub(crate) tally: Tally,
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
    Declined,
    /// The expiry cannot be written.
    Expiry(ExpiryError),
    OutOfRetries,
    OutOfTime,
    Store(StoreError),
}

impl From<Refusal> for Why {
    fn from(refusal: Refusal) -> Why {
        match refusal {
            Refusal::Missing => Why::Missing,
            Refusal::Conflict => Why::Conflict,
            Refusal::Unsuitable(reason) => Why::Unsuitable(reason),
            Refusal::Expiry(error) => Why::Expiry(error),
            Refusal::Declined => Why::Declined,
        }
    }
}

impl Why {
    /// Whether it ended because attempts kept losing until the retries or the time were used up.
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
        Progress::default().stop(why)
    }
}

/// Updates `plan.key` to what `compute` makes of the current item, by compare-and-swap.
///
/// `compute` sees the item (`None` if the key is missing) and returns the new value or declines; it is called once per
/// attempt, always with a value read after the last wait. Nothing of a failed attempt stays behind: what came with its
/// value is dropped with it.
pub(crate) fn update<T>(
    store: &mut dyn Store,
    plan: &Plan,
    pacer: &mut dyn Pacer,
    compute: Compute<'_, T>,
) -> Result<Updated<T>, Box<Stopped>> {
    let progress = Progress::default();
    let run = Loop {
        store,
        plan,
        pacer,
        progress,
    };
    run.finish(compute)
}

/// How far the loop is.
#[derive(Default)]
pub(super) struct Progress {
    /// What this attempt has read.
    pub(super) item: Option<Item>,
    /// What this attempt has sent without success.
    after: Option<Vec<u8>>,
    /// When this attempt began, since the loop did.
    pub(super) started: Duration,
    tally: Tally,
}

impl Progress {
    /// Begins another attempt: neither what an earlier one read nor what it sent is of any worth.
    fn begin(&mut self) {
        self.item = None;
        self.after = None;
    }

    pub(super) fn stop(self, why: Why) -> Box<Stopped> {
        Box::new(Stopped {
            why,
            item: self.item,
            after: self.after,
            tally: self.tally,
        })
    }
}

/// One run of [`update`].
pub(super) struct Loop<'a> {
    pub(super) store: &'a mut dyn Store,
    pub(super) plan: &'a Plan,
    pub(super) pacer: &'a mut dyn Pacer,
    pub(super) progress: Progress,
}

impl Loop<'_> {
    /// Attempts it until it is done or there is no more to be tried.
    pub(super) fn finish<T>(mut self, compute: Compute<'_, T>) -> Result<Updated<T>, Box<Stopped>> {
        loop {
            match self.attempt(compute) {
                Ok(Some(updated)) => return Ok(updated),
                Ok(None) => {}
                Err(why) => return Err(self.progress.stop(why)),
            }
        }
    }

    /// Reads, computes and swaps once. `None`: it lost, the wait is over, and there may be another attempt.
    fn attempt<T>(&mut self, compute: Compute<'_, T>) -> Result<Option<Updated<T>>, Why> {
        self.progress.started = self.pacer.elapsed();
        let read = self.store.read(&self.plan.key, self.plan.want);
        let (swap, with) = self.begin(read, compute)?;
        let before = self.progress.item.as_ref();
        let answer = swap_settled(self.store, &swap, before, self.pacer);
        self.end(swap, with, answer)
    }

    /// Begins an attempt with what was read: the swap that is to be sent now, and what came with its value.
    pub(super) fn begin<T>(
        &mut self,
        read: Result<Option<Item>, StoreError>,
        compute: Compute<'_, T>,
    ) -> Result<(Swap, T), Why> {
        self.progress.begin();
        self.progress.item = read.map_err(Why::Store)?;
        match self.prepare(compute) {
            Ok(prepared) => {
                self.progress.tally.attempts += 1;
                Ok(prepared)
            }
            Err(why) => {
                give_back(self.store, &self.plan.key, self.progress.item.as_ref());
                Err(why)
            }
        }
    }

    /// Ends an attempt with what became of its swap. `None`: it lost, the wait is over, and there may be another one.
    pub(super) fn end<T>(
        &mut self,
        swap: Swap,
        with: T,
        answer: Result<Written, StoreError>,
    ) -> Result<Option<Updated<T>>, Why> {
        match answer {
            Ok(Written::Stored(token)) => Ok(Some(self.stored(&swap, token, with))),
            answer => {
                self.progress.after = Some(swap.value);
                self.lost(answer.map_err(Why::Store)?)?;
                Ok(None)
            }
        }
    }

    /// Computes the swap for the item just read, or why there is none.
    fn prepare<T>(&mut self, compute: Compute<'_, T>) -> Result<(Swap, T), Why> {
        let item = self.progress.item.as_ref();
        let computed = match compute(item) {
            Ok(computed) => computed,
            Err(refusal) => {
                if let Refusal::Expiry(_) = refusal {
                    // What else speaks against the write is told first.
                    terms(self.store, self.plan, item)?;
                }
                return Err(self.declined(refusal));
            }
        };
        let expiry = terms(self.store, self.plan, item)?;
        let flags = item.map_or(0, |item| item.flags);
        let swap = Swap {
            key: self.plan.key.clone(),
            value: computed.value,
            flags: self.plan.flags.unwrap_or(flags),
            expiry,
            condition: item.map_or(Condition::Absent, |item| Condition::Token(item.token)),
            proof: self
                .plan
                .exactly_once
                .then(|| Token::proof(self.pacer.random())),
            tell_token: self.plan.tell_token,
        };
        Ok((swap, computed.with))
    }

    /// An item that is not the one expected is an attempt that lost, although its swap was not even sent.
    fn declined(&mut self, refusal: Refusal) -> Why {
        if refusal == Refusal::Conflict {
            self.progress.tally.attempts += 1;
            self.progress.tally.conflicts += 1;
        }
        refusal.into()
    }

    fn stored<T>(&mut self, swap: &Swap, token: Option<Token>, with: T) -> Updated<T> {
        let tally = self.progress.tally;
        self.pacer.stored(tally.attempts, token);
        if let (Some(proof), Some(token)) = (swap.proof, token)
            && proof != token
        {
            self.pacer.proof_ignored(token);
        }
        let before = self.progress.item.take();
        let ttl = self.plan.expiry.ttl(before.as_ref());
        Updated {
            before,
            with,
            token,
            ttl,
            flags: swap.flags,
            tally,
        }
    }

    /// Counts a lost attempt and waits as the policy says, or ends the loop.
    fn lost(&mut self, outcome: Written) -> Result<(), Why> {
        let tally = &mut self.progress.tally;
        tally.conflicts += 1;
        let random = fraction(self.pacer.random());
        let elapsed = self.pacer.elapsed();
        let loss = Loss {
            lost: tally.conflicts,
            took: elapsed.saturating_sub(self.progress.started),
            elapsed,
            round_trip: self.store.round_trip(&self.plan.key),
        };
        let next = self.plan.policy.next(&loss, random);
        self.pacer.lost(&Lost {
            attempt: tally.attempts,
            token: self.progress.item.as_ref().map(|item| item.token),
            outcome,
            next,
        });
        match next {
            Next::Retry(time) => {
                self.pacer.wait(time);
                Ok(())
            }
            Next::OutOfRetries => Err(Why::OutOfRetries),
            Next::OutOfTime => Err(Why::OutOfTime),
        }
    }
}

/// Reads the item that somebody is about to work on: `plan` would have it written back, and it is an error here and not
/// afterwards if the server does not let that be. `is_fit` says first what else speaks against it.
pub(crate) fn read_ahead(
    store: &mut dyn Store,
    plan: &Plan,
    is_fit: impl FnOnce(&Item) -> Result<(), Refusal>,
) -> Result<Item, Why> {
    let item = store.read(&plan.key, plan.want).map_err(Why::Store)?;
    give_back(store, &plan.key, item.as_ref());
    let item = item.ok_or(Why::Missing)?;
    is_fit(&item)?;
    terms(store, plan, Some(&item))?;
    Ok(item)
}

/// What the server has to agree to before a write over `item` is sent; its expiry.
fn terms(store: &mut dyn Store, plan: &Plan, item: Option<&Item>) -> Result<Expiry, Why> {
    if plan.exactly_once {
        // Before anything else that an old server cannot do: with what cures that, it could not do this either.
        store.takes_proof(&plan.key).map_err(Why::Store)?;
    }
    let now = match plan.expiry.lifetime(item) {
        Some(_) => store.now(&plan.key).map_err(Why::Store)?,
        None => None,
    };
    let expiry = plan.expiry.apply(item, now).map_err(Why::Expiry);
    if plan.exactly_once && expiry.is_err() {
        // What it is not known to lack yet would be told only by the write that there will not be.
        store.try_proof(&plan.key).map_err(Why::Store)?;
    }
    expiry
}

/// The read may have taken the right to renew the item, and nothing will be written: somebody else shall have it.
pub(super) fn give_back(store: &mut dyn Store, key: &Key, item: Option<&Item>) {
    if let Some(item) = item.filter(|item| item.freshness.won()) {
        // If it cannot be given back, the item's next writer clears it; there is nothing better to do.
        let _ = store.release(key, item.token);
    }
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
            ..RetryPolicy::DOUBLING
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

    /// Appends an `x` and brings along what was there; a missing key is declined.
    fn append(item: Option<&Item>) -> Result<Computed<Vec<u8>>, Refusal> {
        let with = item.ok_or(Refusal::Missing)?.value.clone();
        let mut value = with.clone();
        value.push(b'x');
        Ok(Computed { value, with })
    }

    fn run(store: &mut Scripted, plan: &Plan) -> (Result<Updated<Vec<u8>>, Box<Stopped>>, Still) {
        let mut clock = Still::default();
        let outcome = update(store, plan, &mut clock, &mut append);
        (outcome, clock)
    }

    #[test]
    fn what_cannot_be_written_back_is_known_before_the_work_on_it() {
        let kept = |ttl| {
            let item = Item {
                ttl,
                ..item("a", 1)
            };
            let mut store = Scripted::new().read(Some(item));
            read_ahead(&mut store, &plan(), |_| Ok(())).map(|item| item.value)
        };
        assert_eq!(kept(Ttl::Never), Ok(b"a".to_vec()));
        assert_eq!(kept(Ttl::Unknown), Err(Why::Expiry(ExpiryError::Unseen)));
        let adrift = Err(Why::Expiry(ExpiryError::Adrift));
        assert_eq!(kept(Ttl::Seconds(9)), adrift);
        let mut store = Scripted::new().read(None);
        let missing = read_ahead(&mut store, &plan(), |_| Ok(()));
        assert_eq!(missing, Err(Why::Missing));
        let proving = Plan {
            exactly_once: true,
            ..plan()
        };
        let mut store = Scripted::new().read(Some(item("a", 1)));
        store.refuses_proof = true;
        let refused = read_ahead(&mut store, &proving, |_| Ok(()));
        assert!(matches!(refused, Err(Why::Store(StoreError::NoProof(_)))));
    }

    #[test]
    fn a_right_to_renew_is_given_back_before_somebody_works_on_the_item() {
        let won = Item {
            freshness: Freshness::Recache { won: true },
            ..item("a", 1)
        };
        let mut store = Scripted::new().read(Some(won));
        let unfit = Refusal::Unsuitable("no".into());
        let read = read_ahead(&mut store, &plan(), |_| Err(unfit));
        assert_eq!(read, Err(Why::Unsuitable("no".into())));
        assert_eq!(store.finish(), ["read", "release 1"]);
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
            (store.swaps[1].value.as_slice(), updated.token),
            (b"bx".as_slice(), Some(token(3)))
        );
        assert_eq!(updated.with, b"b", "not what the lost attempt brought");
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
    fn who_met_no_queue_waits_no_longer_than_the_way_takes() {
        for (round_trip, expected) in [
            (None, [0, 100_000]),
            (Some(Duration::from_micros(300)), [0, 300]),
        ] {
            let mut store = Scripted::new();
            store.round_trip = round_trip;
            for number in 1..=2 {
                store = store
                    .read(Some(item("a", number)))
                    .swap(Ok(Written::Conflict));
            }
            store = store.read(Some(item("a", 3))).stored(4);
            let policy = RetryPolicy::COUNTER;
            let (outcome, clock) = run(&mut store, &Plan { policy, ..plan() });
            outcome.unwrap();
            assert_eq!(clock.waits, expected.map(Duration::from_micros));
        }
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
        let mut compute = |item: Option<&Item>| {
            let value = item.map_or(b"first".to_vec(), |item| item.value.clone());
            Ok(Computed { value, with: () })
        };
        update(&mut store, &plan(), &mut Still::default(), &mut compute).unwrap();
        assert_eq!(store.swaps[1].value, b"5");
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
        update::<()>(&mut store, &plan(), &mut Still::default(), &mut decline).unwrap_err();
        assert_eq!(store.finish(), ["read", "release 9"]);
    }

    #[test]
    fn an_item_that_is_not_the_one_expected_is_an_attempt_that_lost() {
        let tally = |refusal: Refusal| {
            let mut store = Scripted::new().read(Some(item("a", 1)));
            let mut decline = |_: Option<&Item>| Err(refusal.clone());
            let outcome = update::<()>(&mut store, &plan(), &mut Still::default(), &mut decline);
            assert_eq!(store.finish(), ["read"]);
            let tally = outcome.unwrap_err().tally;
            (tally.attempts, tally.conflicts)
        };
        assert_eq!(tally(Refusal::Conflict), (1, 1));
        assert_eq!(tally(Refusal::Missing), (0, 0));
        assert_eq!(tally(Refusal::Declined), (0, 0));
        assert_eq!(tally(Refusal::Unsuitable("no number".into())), (0, 0));
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

    /// An old server shows no expiry either, and to give one would not help.
    #[test]
    fn a_server_that_takes_no_proof_is_told_before_what_else_it_cannot_do() {
        let hidden = Item {
            ttl: Ttl::Unknown,
            ..item("a", 1)
        };
        let ended = |exactly_once: bool| {
            let mut store = Scripted::new().read(Some(hidden.clone()));
            store.refuses_proof = true;
            let plan = Plan {
                exactly_once,
                ..plan()
            };
            let outcome = run(&mut store, &plan).0;
            assert!(store.swaps.is_empty());
            outcome.unwrap_err().why
        };
        assert!(matches!(ended(true), Why::Store(StoreError::NoProof(_))));
        assert!(matches!(ended(false), Why::Expiry(_)));
    }

    /// Told to give an expiry, the user would come back only to hear that it cannot be done at all.
    #[test]
    fn where_there_will_be_no_write_the_server_is_asked_whether_it_takes_a_proof() {
        let ended = |ttl, refuses: bool| {
            let item = Item {
                ttl,
                ..item("a", 1)
            };
            let mut store = Scripted::new().read(Some(item));
            store.refuses_proof_if_tried = refuses;
            if ttl == Ttl::Never {
                store = store.stored(2);
            }
            let plan = Plan {
                exactly_once: true,
                ..plan()
            };
            let outcome = run(&mut store, &plan).0;
            (outcome.map_err(|stopped| stopped.why), store.finish())
        };
        let tried = ["read", "try proof"].map(String::from);
        let (outcome, calls) = ended(Ttl::Seconds(9), true);
        assert!(matches!(outcome, Err(Why::Store(StoreError::NoProof(_)))));
        assert_eq!(calls, tried);
        let (outcome, calls) = ended(Ttl::Seconds(9), false);
        assert_eq!(outcome, Err(Why::Expiry(ExpiryError::Adrift)));
        assert_eq!(calls, tried);
        let (outcome, calls) = ended(Ttl::Never, true);
        assert!(outcome.is_ok());
        assert_eq!(calls, ["read", "swap 1"]);
    }

    #[test]
    fn a_proof_that_the_item_does_not_carry_is_told() {
        let exactly_once = Plan {
            exactly_once: true,
            ..plan()
        };
        let proof = Token::proof(u64::MAX);
        for (stored, ignored) in [(token(2), vec![token(2)]), (proof, vec![])] {
            let mut store = Scripted::new()
                .read(Some(item("a", 1)))
                .swap(Ok(Written::Stored(Some(stored))));
            let (outcome, clock) = run(&mut store, &exactly_once);
            assert_eq!(outcome.unwrap().token, Some(stored));
            assert_eq!(clock.ignored, ignored);
        }
    }

    #[test]
    fn random_bits_become_a_fraction() {
        assert!(fraction(0).abs() < f64::EPSILON);
        assert!((0.999..=1.0).contains(&fraction(u64::MAX)));
    }
}
