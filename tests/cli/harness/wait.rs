//! Waiting for something to become true: polling with a deadline, never sleeping and hoping.

use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for what should happen at once, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The least `--for` of a watch that must have seen a good server by its end: it bounds each exchange as well, and less than
/// the limit that every other command has is not enough on a machine that stands still for a moment.
pub(crate) const A_LOOK: &str = "1s";

const POLL: Duration = Duration::from_millis(1);

/// Polls until `probe` yields a value; fails the test with `what` when [`PATIENCE`] is used up.
#[track_caller]
pub(crate) fn until<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, probe).unwrap_or_else(|| panic!("waited {PATIENCE:?} in vain: {what}"))
}

/// Polls until `probe` yields a value; `None` when the limit is used up.
pub(crate) fn within<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = probe() {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(POLL);
    }
}
