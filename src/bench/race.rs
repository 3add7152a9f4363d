//! What the workers of a trial share.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use super::trial::Until;

/// What the workers share.
pub(super) struct Race<'a> {
    /// All workers connect and learn about their server before the first increment.
    pub(super) start: Barrier,
    pub(super) until: Until,
    /// Increments begun, where their number ends the trial.
    pub(super) begun: AtomicU64,
    /// Up once no other increment may begin.
    pub(super) over: &'a AtomicBool,
}

impl Race<'_> {
    /// Whether a worker may begin another increment.
    pub(super) fn goes_on(&self, started: Instant) -> bool {
        if self.over.load(Ordering::Relaxed) {
            return false;
        }
        match self.until {
            Until::Time(time) => started.elapsed() < time,
            Until::Increments(all) => self.begun.fetch_add(1, Ordering::Relaxed) < all,
        }
    }
}
