//! What can be learnt of the reads of others: one lookup of a key, by whom, and whether it was there.

use std::sync::Arc;

use super::mutation::Writer;

/// A lookup of a key that belongs to no store.
#[derive(Debug, Clone)]
pub(crate) struct Fetch<'a> {
    /// When, by the server's clock, in microseconds of unix time.
    pub(crate) at: Option<u64>,
    pub(crate) key: &'a [u8],
    pub(crate) end: Lookup,
    /// The connection that asked.
    pub(crate) client: &'a Arc<Writer>,
}

/// How a lookup ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// The key was there.
    Hit,
    /// It was not.
    Missing,
    /// Its time was over: this lookup found that out.
    Expired,
    /// It was older than a `flush_all`: this lookup found that out.
    Flushed,
}

impl Fetch<'_> {
    /// Whether the key was there.
    pub(crate) fn is_hit(&self) -> bool {
        self.end == Lookup::Hit
    }
}
