//! The seam between a session and the words that its server understands: how each question is put, and what its answer
//! means.
//!
//! A [`Dialect`] is all of a server's language: [`Meta`](meta::Meta) that of memcached 1.6 in its three forms, with the classic
//! `cas` where `ms` would endanger the item; [`Draft`](meta::Draft) that of 1.5.19 to 1.5.22; [`Classic`](classic::Classic) what
//! is left. [`choice`] has the list; which one it is, the answers show ([`ReplyError::Speaks`]).

mod answer;
pub(crate) mod choice;
mod classic;
mod language;
mod meta;
pub(crate) mod reply;
pub(crate) mod request;

pub(crate) use self::answer::{Answer, Answered};
pub(crate) use self::language::Language;
pub(crate) use self::reply::ReplyError;
pub(crate) use self::request::Request;
use super::facts::Route;
use super::wire::Wire;
use crate::cas::{Counter, Item, Key, Swap, Token, Ttl, Want, Written};

/// How questions are put and answers are understood. Each question has its answer behind it; questions that go out in one
/// write are answered in turn. An answer that names a key must name the one that was asked for.
pub(crate) trait Dialect: Sync {
    /// Whether a key can be sent at all.
    fn carries(&self, key: &Key) -> bool;

    /// Whether a write by meta command is sure to be understood: else the value of an `ms` may be taken for commands, and an
    /// `md` may find no token to be the right one.
    fn is_sure_of_meta(&self) -> bool;

    /// What there is to be asked beside value, token and flags.
    fn tells(&self) -> Tells;

    /// Asks what shows whether this dialect is understood, where the first question does not.
    fn ask_hello(&self, _: &mut Request) {}
    fn hello(&self, _: &mut Wire) -> Result<(), ReplyError> {
        Ok(())
    }

    /// Asks for an item without moving it in the LRU; the answer to it bears the number. A recache win may come with it.
    fn ask_item(&self, request: &mut Request, key: &Key, want: Want, number: usize);
    fn item(
        &self,
        wire: &mut Wire,
        key: &Key,
        want: Want,
        number: usize,
    ) -> Result<Seen, ReplyError>;

    /// Asks for an item with its value by as few words as can be. Its token is surely the value's only if the server cannot
    /// count with that value.
    fn ask_item_once(&self, request: &mut Request, key: &Key, number: usize) {
        self.ask_item(request, key, Want::Value, number);
    }
    fn item_once(&self, wire: &mut Wire, key: &Key, number: usize) -> Result<Seen, ReplyError> {
        self.item(wire, key, Want::Value, number)
    }
    /// Whether the server's arithmetic could take the value for a number, so that one look at it is not enough.
    fn can_be_counted_with(&self, _value: &[u8]) -> bool {
        false
    }

    /// Asks for token and time left, and disturbs nothing.
    fn ask_glance(&self, request: &mut Request, key: &Key);
    /// `None` on a miss. The token is 0 where compare-and-swap is off.
    fn glance(&self, wire: &mut Wire, key: &Key) -> Result<Option<(u64, Ttl)>, ReplyError>;

    /// Asks for an item so that no recache win can come with it, if that can be asked for this key.
    fn ask_undisturbed(&self, request: &mut Request, key: &Key) -> bool;
    fn undisturbed(&self, wire: &mut Wire, key: &Key) -> Result<Option<Undisturbed>, ReplyError>;

    /// Whether several writes can go out together, each with a no-op behind it.
    fn writes_in_windows(&self) -> bool {
        false
    }

    /// Asks for a swap, and for what must be known behind it.
    fn ask_swap(&self, request: &mut Request, attempt: Attempt);
    fn swap(&self, wire: &mut Wire, attempt: Attempt) -> Result<Answered, ReplyError>;

    /// Asks whether a swap may bring a token of its own, where a write by meta command is understood; nothing is written.
    fn ask_proof(&self, _: &mut Request) {}
    fn proof(&self, _: &mut Wire) -> Result<bool, ReplyError> {
        Err(nothing_was_asked())
    }

    /// Asks the server to add by its own arithmetic; a missing key stays missing.
    fn ask_add(&self, request: &mut Request, key: &Key, delta: u64);
    fn add(
        &self,
        wire: &mut Wire,
        key: &Key,
    ) -> Result<Option<(Counter, Option<Token>)>, ReplyError>;

    /// Asks the server to delete an item.
    fn ask_delete(&self, request: &mut Request, key: &Key);
    fn delete(&self, wire: &mut Wire, key: &Key) -> Result<(), ReplyError>;

    /// Asks the server to delete an item if it has this token, if that can be asked.
    fn ask_delete_if(&self, _: &mut Request, _: &Key, _: Token) -> bool {
        false
    }
    fn delete_if(&self, _: &mut Wire, _: &Key) -> Result<Deleted, ReplyError> {
        Err(nothing_was_asked())
    }

    /// Asks the server to take a recache win back, if that can be asked so.
    fn ask_release(&self, _: &mut Request, _: &Key, _: Token, _: Release) -> bool {
        false
    }
    /// Whether the item had the token.
    fn release(&self, _: &mut Wire) -> Result<bool, ReplyError> {
        Err(nothing_was_asked())
    }
}

/// The dialect does not know the question.
fn nothing_was_asked() -> ReplyError {
    ReplyError::Rejected("nothing was asked".into())
}

/// How a recache win is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    /// If the item has the token still, which it keeps.
    KeepingToken,
    /// If the item has the token still; it gets a new one.
    Guarded,
    /// Whatever the item is; it gets a new token.
    Unguarded,
}

/// What a server tells beside value, token and flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tells {
    /// When an item expires.
    pub(crate) expiry: bool,
    /// What the server says of itself: its clock, its limits, its process.
    pub(crate) statistics: bool,
}

/// A swap, the way that it travels, and whether to ask in the same write which token the item has afterwards.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) swap: &'a Swap,
    pub(crate) route: Route,
    pub(crate) looking: bool,
}

/// What became of a delete by token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deleted {
    pub(crate) written: Written,
    /// The token that the item has now, if it was asked for and came back.
    pub(crate) token: Option<Token>,
    /// Whether all answers came, so that the connection can be used again.
    pub(crate) complete: bool,
}

/// What a read shows.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Token and time left as the server wrote them: what differs between two looks if something happened between them.
    pub(crate) state: (Option<u64>, Option<i64>),
    /// The item; `None` on a miss or at the moment of expiry.
    pub(crate) item: Result<Option<Item>, Unfit>,
}

/// Why an item that was shown cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Its token is 0: the server does no compare-and-swap.
    NoCas,
    /// Token, expiry or flags are missing.
    Incomplete,
}

/// An item that was read so that no recache win could come with it.
#[derive(Debug)]
pub(crate) struct Undisturbed {
    pub(crate) value: Vec<u8>,
    pub(crate) flags: u32,
    pub(crate) token: u64,
    /// Whether the item had this token also just before the value was read. If not, it may be another value's.
    pub(crate) certain: bool,
}
