//! Who fights over which key, from the lines of a server's log: pure data and rules, no sockets, no clock, no printing.
//!
//! A [`Line`] of the log describes one store or one connection. The [`Tally`] counts stores and
//! swaps per key and per client: [`Clients`](clients::Clients) knows which connection wrote, and a [`Top`](top::Top)
//! keeps memory bounded however many keys there are. A [`Report`] is the result.

pub(crate) mod clients;
pub(crate) mod line;
pub(crate) mod pattern;
pub(crate) mod report;
pub(crate) mod tally;
pub(crate) mod top;

pub(crate) use line::{Line, Mutation, Outcome};
pub(crate) use pattern::Pattern;
pub(crate) use report::{By, Report, Scope};
pub(crate) use tally::Tally;
