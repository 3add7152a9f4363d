//! What compare-and-swap is, as pure data and rules: no sockets, no clock, no printing.
//!
//! A [`Store`] is read for an [`Item`] (value, flags, expiry and the [`Token`] of that moment). A [`Swap`] carries
//! the token back; the store answers [`Written::Stored`], [`Written::Conflict`] (somebody wrote in between) or
//! [`Written::Missing`] (the key is gone). [`update`](update::update) is the loop around it: read, compute, swap,
//! and by the [`RetryPolicy`] wait and read again. A swap whose answer was lost is settled by
//! [`resolve`](resolve::swap_settled) or reported as unknown, and never repeated with a new token.

pub(crate) mod counter;
pub(crate) mod delete;
pub(crate) mod expiry;
pub(crate) mod fetch;
pub(crate) mod increment;
pub(crate) mod item;
pub(crate) mod key;
pub(crate) mod lease;
pub(crate) mod lookups;
pub(crate) mod mutation;
pub(crate) mod pacer;
pub(crate) mod resolve;
pub(crate) mod retry;
pub(crate) mod shown;
pub(crate) mod store;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod token;
pub(crate) mod update;
pub(crate) mod watch;
pub(crate) mod windows;

pub(crate) use counter::Counter;
pub(crate) use expiry::{Expiry, ExpiryRule};
pub(crate) use increment::Method;
pub(crate) use item::{Freshness, Item, Ttl};
pub(crate) use key::Key;
pub(crate) use retry::{Loss, Next, RetryPolicy};
pub(crate) use store::{
    Condition, ErrorKind, Found, Glance, Looked, Process, Store, StoreError, Swap, Take, Want,
    Written,
};
pub(crate) use token::Token;
