//! Who holds the lock if we do.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::process;
use std::time::SystemTime;

use crate::cas::lease::Owner;

/// Who we are, and nobody else is.
pub(super) fn owner() -> Owner {
    let host = rustix::system::uname();
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    // Each has keys of its own from the system's source of randomness.
    let random = || u128::from(RandomState::new().build_hasher().finish());
    Owner::new(
        host.nodename().to_bytes(),
        process::id(),
        since.map_or(0, |since| since.as_secs()),
        random() << 64 | random(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_owners_are_the_same() {
        let owners: std::collections::HashSet<_> = (0..1000).map(|_| owner().value()).collect();
        assert_eq!(owners.len(), 1000);
    }
}
