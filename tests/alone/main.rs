//! End-to-end tests that need the machine for themselves: they start dozens of processes, or measure time or memory.
//!
//! A target of its own, as cargo runs one target after the other: nothing of `cli` runs beside these tests, and among
//! them each waits for its turn.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

#[path = "../cli/harness/mod.rs"]
#[expect(
    dead_code,
    reason = "the harness is that of `cli`, which uses all of it"
)]
mod harness;

mod foreign; // Writers that are not ours: pymemcache.
mod hostile; // Peers that flood.

// The tests.
mod arithmetic; // Swaps beside the server's own arithmetic.
mod concurrency; // Many writers at once.
mod contended; // 64 processes on one key.
mod crowd; // `contention` over three servers, against the writers' own counts.
mod expiry; // A hot key on older servers keeps its moment of expiry.
mod locks; // Holders that are killed or cut off, and those who wait.
mod memory; // Floods against every command: time and peak of memory.
mod observed; // `contention` against the writers' own counts, and its memory.
mod readers; // `contention --reads` against the readers' own counts.
mod soak; // A long run in bad weather, short in the suite.
mod updates; // 32 processes edit one JSON array through jq.

static TURN: RwLock<()> = RwLock::new(());

/// Waits until no other test runs; none begins as long as the guard is held.
fn alone() -> RwLockWriteGuard<'static, ()> {
    TURN.write().unwrap_or_else(PoisonError::into_inner)
}

/// The same beside tests that ask for the same: those of which several make up one long run.
fn with_its_like() -> RwLockReadGuard<'static, ()> {
    TURN.read().unwrap_or_else(PoisonError::into_inner)
}
