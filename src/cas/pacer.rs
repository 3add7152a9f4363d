//! Time and chance for the loop of a write, and what it tells of itself while it runs.

use std::time::Duration;

use super::store::Failure;
use super::{Next, Token, Written};

/// Time and chance, which the loop itself does not have.
pub(crate) trait Pacer {
    /// Time since the loop began.
    fn elapsed(&self) -> Duration;
    /// 64 random bits.
    fn random(&mut self) -> u64;
    /// Waits.
    fn wait(&mut self, time: Duration);
    /// Hears of each lost attempt, before the wait that follows it.
    fn lost(&mut self, attempt: &Lost);
    /// Hears of a swap that got no answer, before its outcome is asked for.
    fn unanswered(&mut self, failure: &Failure);
    /// Hears of the attempt that was stored, and by which token.
    fn stored(&mut self, attempt: u32, token: Option<Token>);
}

/// A lost attempt, for those who watch the loop.
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
