//! The clock and the random numbers for the loop of the domain, and what `-v` says about each lost attempt.

use std::borrow::Cow;
use std::thread;
use std::time::{Duration, Instant};

use crate::cas::pacer::{Lost, Pacer};
use crate::cas::store::Failure;
use crate::cas::{Key, Next, Token, Written};
use crate::output::Output;

/// The clock of one operation.
pub(crate) struct TellingPacer<'a> {
    started: Instant,
    key: Cow<'a, Key>,
    out: &'a mut Output,
}

impl<'a> TellingPacer<'a> {
    pub(crate) fn start(key: &'a Key, out: &'a mut Output) -> TellingPacer<'a> {
        TellingPacer {
            started: Instant::now(),
            key: Cow::Borrowed(key),
            out,
        }
    }
}

impl Pacer for TellingPacer<'_> {
    fn turn_to(&mut self, key: &Key) {
        if *self.key != *key {
            self.key = Cow::Owned(key.clone());
        }
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn random(&mut self) -> u64 {
        fastrand::u64(..)
    }

    fn wait(&mut self, time: Duration) {
        thread::sleep(time);
    }

    fn lost(&mut self, lost: &Lost) {
        let reason = match (lost.outcome, lost.token) {
            (Written::Missing, _) => "the key was deleted in between".to_string(),
            (_, None) => "another writer created the key".to_string(),
            (_, Some(token)) => format!("another writer replaced token {token}"),
        };
        let next = match lost.next {
            Next::Retry(Duration::ZERO) => "again at once".into(),
            Next::Retry(time) => format!("again in {:.2} ms", time.as_secs_f64() * 1000.0),
            Next::OutOfRetries => "no retries left".into(),
            Next::OutOfTime => "no time left".into(),
        };
        self.out.detail(&format!(
            "{}: attempt {} lost: {reason}; {next}",
            self.key, lost.attempt
        ));
    }

    fn unanswered(&mut self, failure: &Failure) {
        self.out.detail(&format!(
            "{}: {}; asking what became of it",
            self.key, failure.message
        ));
    }

    fn proof_ignored(&mut self, token: Token) {
        self.out.message(&format!(
            "note: {} was stored under token {token} instead of the proof of --exactly-once, which something between \
             here and the server takes away: a lost answer could not be resolved by it",
            self.key
        ));
    }

    fn stored(&mut self, attempt: u32, token: Option<Token>) {
        let token = token.map_or("a token unknown".into(), |token| format!("token {token}"));
        let time = self.started.elapsed().as_secs_f64() * 1000.0;
        self.out.detail(&format!(
            "{}: attempt {attempt} stored with {token} after {time:.1} ms",
            self.key
        ));
    }
}
