//! The rules of a lock: a lease on a key, held by the one whose random value the item carries.
//!
//! Pure decisions over what was sent, when, and what came back ([`hold`], [`steps`]), and the exchanges that follow from them:
//! a [`Bid`] for a lease, and its [`Keep`].
//!
//! - **Who holds it** is decided by the value ([`Owner`]), never by a token alone: a token may mean another item after a
//!   restart (protocol.md 2.3). Each renewal and each release therefore reads first, and carries the token just read
//!   only if the value is ours. This also settles every lost answer: whatever became of the write, the next look tells.
//! - **How long it is held** is decided by our own clock, counted from *before* the write was sent ([`Lease`]). The clock
//!   must go on while the machine sleeps (`CLOCK_BOOTTIME`), or a lease would seem to last over the night.
//! - **Slots** ([`Slots`]) are so many leases on keys of their own.

mod bid;
mod hold;
mod keep;
mod owner;
mod slots;
mod steps;
mod write;

pub(crate) use bid::{Bid, Held, Tried};
pub(crate) use hold::{Due, Lease, Terms};
pub(crate) use keep::{Answered, Keep};
pub(crate) use owner::Owner;
pub(crate) use slots::{Polling, Slots};
pub(crate) use steps::{Loss, Release, Renewal};
