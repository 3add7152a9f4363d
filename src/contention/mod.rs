//! Who fights over which key, from the stores of a server's log: pure data and rules, no sockets, no clock, no printing.
//!
//! A [`Mutation`](crate::cas::mutation::Mutation) is one store that somebody tried. The [`Tally`] counts stores and swaps
//! per key and per client; a [`Top`](top::Top) keeps memory bounded however many keys there are. [`Findings`] are the
//! result.

pub(crate) mod counts;
pub(crate) mod findings;
pub(crate) mod pattern;
mod ranking;
pub(crate) mod tally;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod top;

pub(crate) use counts::Counts;
pub(crate) use findings::{By, Findings, Scope};
pub(crate) use pattern::Pattern;
pub(crate) use tally::Tally;
