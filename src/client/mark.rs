//! What matches an answer to its question.

use std::fmt;

/// What a command that writes carries, and its answer brings back: another one with each request of a session, so that no
/// answer is taken for that of another command, however often a peer repeats it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mark(usize);

impl Mark {
    /// The mark of the request after this one's.
    pub(crate) fn next(self) -> Mark {
        Mark(self.0.wrapping_add(1))
    }

    /// The mark in an opaque; reads have plain numbers there.
    pub(crate) fn of_opaque(opaque: &str) -> Option<Mark> {
        opaque.strip_prefix('w')?.parse().ok().map(Mark)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "w{}", self.0)
    }
}
