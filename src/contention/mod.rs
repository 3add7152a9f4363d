//! Who fights over which key, from the stores of a server's log: pure data and rules, no sockets, no clock, no printing.
//!
//! A [`Mutation`](crate::cas::mutation::Mutation) is one store that somebody tried. The [`Tally`] counts stores and swaps
//! per key, client, host and prefix; a [`Top`](top::Top) keeps memory bounded however many keys there are. [`Findings`] are
//! the result, of one server's log or [joined](Findings::joined) of several.

pub(crate) mod counts;
mod fights;
pub(crate) mod findings;
mod join;
pub(crate) mod load;
pub(crate) mod pattern;
pub(crate) mod prefix;
mod ranking;
pub(crate) mod series;
pub(crate) mod sort;
pub(crate) mod storm;
pub(crate) mod tally;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod timeline;
pub(crate) mod top;

pub(crate) use counts::Counts;
pub(crate) use findings::{By, Findings, Reading, Scope, Watched};
pub(crate) use pattern::Pattern;
pub(crate) use prefix::Prefixes;
pub(crate) use sort::Sort;
pub(crate) use tally::Tally;
pub(crate) use timeline::Timeline;
