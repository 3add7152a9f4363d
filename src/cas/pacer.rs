//! Time and randomness for the loop of a write, and the progress it reports while it runs.

use std::time::Duration;

use super::store::Failure;
use super::{Key, Next, Token, Written};

/// Time and randomness, which the loop itself does not have.
pub(crate) trait Pacer {
    /// Says which key the next calls are about, where there are several.
    fn turn_to(&mut self, _: &Key) {}
    /// Time since the loop began.
    fn elapsed(&self) -> Duration;
    /// 64 random bits.
    fn random(&mut self) -> u64;
    /// Waits.
    fn wait(&mut self, time: Duration);
    /// Called for each lost attempt, before the wait that follows.
    fn lost(&mut self, attempt: &Lost);
    /// Called for a swap without an answer, before its outcome is looked for.
    fn unanswered(&mut self, failure: &Failure);
    /// Is told that the item was stored under another token than the proof.
    fn proof_ignored(&mut self, token: Token);
    /// Called for the attempt that was stored, with the token it used.
    fn stored(&mut self, attempt: u32, token: Option<Token>);
}

/// A lost attempt, as reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost {
    /// 1 for the first attempt.
    pub(crate) attempt: u32,
    /// The token it carried; `None` if it tried to create the key.
    pub(crate) token: Option<Token>,
    /// [`Written::Conflict`] or [`Written::Missing`].
    pub(crate) outcome: Written,
    pub(crate) next: Next,
}
