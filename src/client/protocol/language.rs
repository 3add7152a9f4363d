//! The dialects that memcached has had, and the one place where one is chosen.
//!
//! Which one a server speaks is recognised by its answer to the first question, never by its version: what answers may be a
//! proxy, which tells another's version or none (protocol.md 13).

use super::Dialect;
use super::meta::{Age, Meta};

/// What a server understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// Meta commands whose misses are marked too: memcached 1.6.18 and newer.
    Meta,
    /// Meta commands whose misses are a bare `EN`: 1.6.10 to 1.6.17.
    BareMiss,
    /// Meta commands that say `OK` for `HD`: 1.6.0 to 1.6.9.
    FirstMeta,
}

impl Language {
    /// How it is spoken.
    pub(crate) fn dialect(self) -> &'static dyn Dialect {
        match self {
            Language::Meta => &Meta(Age::Marked),
            Language::BareMiss => &Meta(Age::BareMiss),
            Language::FirstMeta => &Meta(Age::First),
        }
    }

    /// What kind of server this seems to be, for messages: nothing to speak of if it is an ordinary one.
    pub(crate) fn peer(self) -> Option<&'static str> {
        match self {
            Language::Meta => None,
            Language::BareMiss => Some("memcached 1.6.10 to 1.6.17"),
            Language::FirstMeta => Some("memcached 1.6.0 to 1.6.9"),
        }
    }
}
