//! A scripted store for the unit tests of the domain: it answers what the test says and records what it was asked.

use std::collections::VecDeque;
use std::time::Duration;

use super::pacer::{Lost, Pacer};
use super::store::{Failure, Fault, Found, InWindow};
use super::update::Plan;
use super::{
    Condition, Counter, Expiry, ExpiryRule, Freshness, Glance, Item, Key, Process, RetryPolicy,
    Store, StoreError, Swap, Take, Token, Ttl, Want, Written,
};

pub(crate) fn token(number: u64) -> Token {
    Token::new(number).unwrap()
}

pub(crate) fn key() -> Key {
    Key::new("k").unwrap()
}

pub(crate) fn item(value: &str, number: u64) -> Item {
    Item {
        value: value.into(),
        size: value.len(),
        token: token(number),
        flags: 0,
        ttl: Ttl::Never,
        expires_at: None,
        freshness: Freshness::Fresh,
    }
}

pub(crate) fn swap(number: u64, proof: Option<u64>) -> Swap {
    Swap {
        key: key(),
        value: b"new".to_vec(),
        flags: 0,
        expiry: Expiry::Never,
        condition: Condition::Token(token(number)),
        proof: proof.map(token),
        tell_token: false,
    }
}

pub(crate) fn cut() -> StoreError {
    StoreError::Unknown(Failure {
        fault: Fault::Cut,
        message: "cut".into(),
    })
}

pub(crate) fn silent() -> StoreError {
    StoreError::Unknown(Failure {
        fault: Fault::Silent,
        message: "silent".into(),
    })
}

/// A plan with so many retries, without waits.
pub(crate) fn plan(max_retries: u32) -> Plan {
    let policy = RetryPolicy {
        max_retries,
        ..RetryPolicy::ONCE
    };
    let (expiry, flags, want) = (ExpiryRule::Keep, None, Want::Value);
    Plan {
        key: key(),
        expiry,
        flags,
        want,
        policy,
        exactly_once: false,
        tell_token: false,
    }
}

/// A clock that stands still unless the loop waits, and chance that always draws the most.
#[derive(Default)]
pub(crate) struct Still {
    pub(crate) now: Duration,
    pub(crate) waits: Vec<Duration>,
    pub(crate) lost: Vec<Written>,
    /// Tokens of items that do not carry their proof.
    pub(crate) ignored: Vec<Token>,
}

impl Pacer for Still {
    fn elapsed(&self) -> Duration {
        self.now
    }
    fn random(&mut self) -> u64 {
        u64::MAX
    }
    fn wait(&mut self, time: Duration) {
        self.now += time;
        self.waits.push(time);
    }
    fn lost(&mut self, attempt: &Lost) {
        self.lost.push(attempt.outcome);
    }
    fn unanswered(&mut self, _: &Failure) {}
    fn proof_ignored(&mut self, token: Token) {
        self.ignored.push(token);
    }
    fn stored(&mut self, _: u32, _: Option<Token>) {}
}

enum Answer {
    Read(Result<Option<Item>, StoreError>),
    Swap(Result<Written, StoreError>),
    Delete(Result<Written, StoreError>),
    Again(Result<(Written, Option<Token>), StoreError>),
    Found(Result<Found, StoreError>),
    Add(Result<Option<(Counter, Option<Token>)>, StoreError>),
}

/// Answers in the order given; any other question panics, and so do answers that nobody asked for.
#[derive(Default)]
pub(crate) struct Scripted {
    answers: VecDeque<Answer>,
    calls: Vec<String>,
    pub(crate) swaps: Vec<Swap>,
    /// Whether it is a server that takes no token of our own.
    pub(crate) refuses_proof: bool,
    /// Whether that shows only when it is asked.
    pub(crate) refuses_proof_if_tried: bool,
    pub(crate) round_trip: Option<Duration>,
}

impl Scripted {
    pub(crate) fn new() -> Scripted {
        Scripted::default()
    }

    fn then(mut self, answer: Answer) -> Scripted {
        self.answers.push_back(answer);
        self
    }

    pub(crate) fn read(self, item: Option<Item>) -> Scripted {
        self.then(Answer::Read(Ok(item)))
    }

    pub(crate) fn read_fails(self, error: StoreError) -> Scripted {
        self.then(Answer::Read(Err(error)))
    }

    pub(crate) fn swap(self, answer: Result<Written, StoreError>) -> Scripted {
        self.then(Answer::Swap(answer))
    }

    pub(crate) fn delete(self, answer: Result<Written, StoreError>) -> Scripted {
        self.then(Answer::Delete(answer))
    }

    pub(crate) fn stored(self, number: u64) -> Scripted {
        self.swap(Ok(Written::Stored(Some(token(number)))))
    }

    pub(crate) fn again(self, answer: Result<(Written, Option<Token>), StoreError>) -> Scripted {
        self.then(Answer::Again(answer))
    }

    /// A new connection, which leads to this process and this item.
    pub(crate) fn finds(self, process: Process, item: Option<Item>) -> Scripted {
        self.then(Answer::Found(Ok(Found { process, item })))
    }

    /// A new connection that fails as well.
    pub(crate) fn finds_nobody(self, error: StoreError) -> Scripted {
        self.then(Answer::Found(Err(error)))
    }

    pub(crate) fn added(self, answer: Option<(u64, u64)>) -> Scripted {
        self.then(Answer::Add(Ok(answer.map(|(value, number)| {
            (Counter::from(value), Some(token(number)))
        }))))
    }

    /// What was asked, in order; panics if the script was not used up.
    pub(crate) fn finish(self) -> Vec<String> {
        assert!(
            self.answers.is_empty(),
            "{} answers were never asked for; calls: {:?}",
            self.answers.len(),
            self.calls
        );
        self.calls
    }

    fn next(&mut self, call: String) -> Answer {
        self.calls.push(call);
        self.answers
            .pop_front()
            .unwrap_or_else(|| panic!("no answer left for {:?}", self.calls))
    }

    fn name(condition: Condition) -> String {
        match condition {
            Condition::Token(token) => token.to_string(),
            Condition::Absent => "absent".into(),
        }
    }
}

impl Store for Scripted {
    fn server(&self, _: &Key) -> String {
        "server".into()
    }

    fn round_trip(&self, _: &Key) -> Option<Duration> {
        self.round_trip
    }

    fn takes_proof(&self, _: &Key) -> Result<(), StoreError> {
        if self.refuses_proof {
            return Err(StoreError::NoProof("no proof".into()));
        }
        Ok(())
    }

    fn try_proof(&mut self, key: &Key) -> Result<(), StoreError> {
        self.takes_proof(key)?;
        self.calls.push("try proof".into());
        if self.refuses_proof_if_tried {
            return Err(StoreError::NoProof("no proof".into()));
        }
        Ok(())
    }

    /// The answers of so many reads.
    fn look(&mut self, keys: &[Key]) -> Result<Vec<Option<Item>>, StoreError> {
        let answer = |key: &Key| match self.next(format!("look {key}")) {
            Answer::Read(answer) => answer,
            _ => panic!("unexpected look: {:?}", self.calls),
        };
        keys.iter().map(answer).collect()
    }

    fn look_through(&mut self, _: &[Key], _: Take<'_>) {
        unreachable!("the domain only looks at what it writes")
    }

    fn glance(&mut self, _: &[Key]) -> Result<Vec<Option<Glance>>, StoreError> {
        unreachable!("the domain polls nothing here")
    }

    fn read(&mut self, _: &Key, _: Want) -> Result<Option<Item>, StoreError> {
        let Answer::Read(answer) = self.next("read".into()) else {
            panic!("unexpected read: {:?}", self.calls)
        };
        answer
    }

    fn read_window(&mut self, keys: &[Key]) -> Vec<Result<InWindow, StoreError>> {
        self.calls.push("together".into());
        let read = |key| self.read(key, Want::Value).map(InWindow::Read);
        keys.iter().map(read).collect()
    }

    fn swap_window(&mut self, swaps: &[Swap]) -> Vec<Result<Written, StoreError>> {
        self.calls.push("together".into());
        swaps.iter().map(|swap| self.swap(swap)).collect()
    }

    fn delete_window(&mut self, items: &[(&Key, Token)]) -> Vec<Result<Written, StoreError>> {
        self.calls.push("together".into());
        let delete = |&(key, token): &(&Key, Token)| self.delete_if(key, token);
        items.iter().map(delete).collect()
    }

    fn instance(&mut self, _: &Key) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    fn now(&mut self, _: &Key) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    fn swap(&mut self, swap: &Swap) -> Result<Written, StoreError> {
        self.swaps.push(swap.clone());
        let call = format!("swap {}", Scripted::name(swap.condition));
        let Answer::Swap(answer) = self.next(call) else {
            panic!("unexpected swap: {:?}", self.calls)
        };
        answer
    }

    fn swap_again(&mut self, swap: &Swap) -> Result<(Written, Option<Token>), StoreError> {
        let call = format!("swap again {}", Scripted::name(swap.condition));
        let Answer::Again(answer) = self.next(call) else {
            panic!("unexpected repeat: {:?}", self.calls)
        };
        answer
    }

    fn add(&mut self, _: &Key, delta: u64) -> Result<Option<(Counter, Option<Token>)>, StoreError> {
        let Answer::Add(answer) = self.next(format!("add {delta}")) else {
            panic!("unexpected add: {:?}", self.calls)
        };
        answer
    }

    fn delete(&mut self, _: &Key) -> Result<(), StoreError> {
        self.calls.push("delete".into());
        Ok(())
    }

    fn delete_if(&mut self, _: &Key, token: Token) -> Result<Written, StoreError> {
        let Answer::Delete(answer) = self.next(format!("delete {token}")) else {
            panic!("unexpected delete: {:?}", self.calls)
        };
        answer
    }

    fn release(&mut self, _: &Key, token: Token) -> Result<(), StoreError> {
        self.calls.push(format!("release {token}"));
        Ok(())
    }

    fn reconnect(&mut self, _: &Key) -> Result<Process, StoreError> {
        unreachable!("a swap that was lost is looked for, too")
    }

    fn look_again(&mut self, _: &Key) -> Result<Found, StoreError> {
        let Answer::Found(answer) = self.next("look again".into()) else {
            panic!("unexpected look: {:?}", self.calls)
        };
        answer
    }
}
