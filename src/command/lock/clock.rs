//! The clock by which a lease is held.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// It goes on while the machine sleeps, as the lease on the server does.
#[cfg(any(target_os = "linux", target_os = "android"))]
const CLOCK: ClockId = ClockId::Boottime;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const CLOCK: ClockId = ClockId::Monotonic;

/// A time that never goes back, from an unknown beginning.
pub(super) fn now() -> Duration {
    let time = clock_gettime(CLOCK);
    // Neither is ever negative.
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on() {
        let before = now();
        std::thread::sleep(Duration::from_millis(2));
        let after = now();
        assert!(after >= before + Duration::from_millis(2));
        assert!(after < before + Duration::from_mins(1));
    }
}
