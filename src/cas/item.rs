//! What one read saw of a key.

use super::Token;

/// An item as one read saw it: everything that a swap must give back, from one reply (protocol.md rule 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// The bytes stored; empty if the read did not ask for them ([`Want::Meta`](super::Want)).
    pub(crate) value: Vec<u8>,
    /// How long the value is, in bytes, also where it was not asked for.
    pub(crate) size: usize,
    /// The token of this state.
    pub(crate) token: Token,
    /// Client flags: opaque to the server; many clients keep the value's type in them.
    pub(crate) flags: u32,
    /// The time left as the server reported it.
    pub(crate) ttl: Ttl,
    /// The moment of expiry in seconds of the *server's* clock, where this read established it.
    pub(crate) expires_at: Option<u64>,
    /// Whether the value is current.
    pub(crate) freshness: Freshness,
}

impl Item {
    /// Whether this is `before`, to the last detail that a swap could overwrite: token, value, flags and moment of expiry.
    pub(crate) fn is_as_it_was(&self, before: &Item) -> bool {
        let same_expiry = match (self.ttl, before.ttl) {
            // What nobody can see is overwritten only by an expiry that the user gave.
            (Ttl::Never, Ttl::Never) | (Ttl::Unknown, Ttl::Unknown) => true,
            // A moment that is not known is not known to be the same.
            (Ttl::Seconds(_), Ttl::Seconds(_)) => {
                self.expires_at.is_some() && self.expires_at == before.expires_at
            }
            _ => false,
        };
        same_expiry
            && (self.token, self.flags, &self.value) == (before.token, before.flags, &before.value)
    }
}

/// Time left until an item expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ttl {
    /// The item has no expiry.
    Never,
    /// Whole seconds left.
    Seconds(u64),
    /// The server does not tell.
    Unknown,
}

/// Whether a value is current, and whether this read took the right to renew it (protocol.md 1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// An ordinary value.
    Fresh,
    /// Invalidated: the value is outdated and one reader (`won`) is expected to renew it.
    Stale { won: bool },
    /// A lease: the key was vivified empty and one reader (`won`) is expected to fill it. Its length 0 is no value.
    Placeholder { won: bool },
    /// Ordinary, but close enough to its expiry that one reader (`won`) is expected to renew it.
    Recache { won: bool },
}

impl Freshness {
    /// Whether this read took the only right to renew the item, which is meant for other clients.
    pub(crate) fn won(self) -> bool {
        match self {
            Freshness::Fresh => false,
            Freshness::Stale { won }
            | Freshness::Placeholder { won }
            | Freshness::Recache { won } => won,
        }
    }

    /// The word for people and JSON; `None` for a value that needs no remark.
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Freshness::Fresh | Freshness::Recache { .. } => None,
            Freshness::Stale { .. } => Some("stale"),
            Freshness::Placeholder { .. } => Some("placeholder"),
        }
    }
}
